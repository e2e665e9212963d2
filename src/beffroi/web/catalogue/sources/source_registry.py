"""Registry of the sources: the only writers of their rows, one ledger line an act.

In: what a person decided, already checked by a form, or what the host declared (`person` is None). Out: the source. No line of the
ledger holds a secret or a name.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.utils import timezone

from beffroi.lake.sources import Secret
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.platform.rights.active_roles import load_active_roles

from ..errors import CatalogueError
from ..models import Dataset, Fetch, Source
from . import connections, source_state
from .fetch_schedules import Schedule
from .models import EXPECTED
from .promises import Promise

MANAGE: Final = "source.manage"


@dataclass(frozen=True)
class Clause:
    """Who owes the data, by which contract. An empty `debtor`: nobody does."""

    kind: str = ""
    debtor: str = ""
    contact: str = ""
    contract: str = ""
    article: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Settings:
    """All the settings of a source besides its connection. `dataset` None: one is opened at the first arrival."""

    title: str
    dataset: Dataset | None
    dataset_title: str
    mode: str
    schedule: Schedule
    owner: Person
    promise: Promise = field(default_factory=Promise)
    clause: Clause = field(default_factory=Clause)
    key: tuple[str, ...] = ()


@act("source.add", "ajout d'une source", right=MANAGE)
def add(
    territory: Territory, person: Person | None, spec: dict[str, Any], secret: Secret, settings: Settings
) -> Recorded[Source]:
    """Write the source down. Its first fetch is due at once; nothing is owed before its first deadline."""
    _check(territory, settings)
    kind = str(spec.get("kind", EXPECTED))
    source = Source(territory=territory, kind=kind, spec=spec, sealed_secret=connections.seal_secret(secret))
    _fill(source, settings)
    source.next_at = None if source.expected else timezone.now()
    source.save()
    source_state.refresh(source)
    return Recorded(source, _ledger_details(source))


@act("source.change", "réglage d'une source", right=MANAGE)
def change(source: Source, person: Person | None, settings: Settings) -> Recorded[Source]:
    """Change everything but where it is and its secret."""
    _check(source.territory, settings, source)
    before = _ledger_details(source) | _clause_of(source)
    rhythm = source.rhythm
    _fill(source, settings)
    if source.rhythm != rhythm and not source.expected:
        source.next_at = source.schedule.next_after(timezone.now())
    source.save()
    source_state.refresh(source)
    after = _ledger_details(source) | _clause_of(source)
    fields = sorted(name for name, value in after.items() if before[name] != value)
    return Recorded(source, {**_ledger_details(source), "fields": fields})


def _fill(source: Source, settings: Settings) -> None:
    source.title, source.owner = " ".join(settings.title.split())[:200], settings.owner
    source.dataset, source.dataset_title = (
        settings.dataset,
        "" if settings.dataset else settings.dataset_title,
    )
    source.mode, source.key = settings.mode, list(settings.key)
    source.rhythm = settings.schedule.to_dict()
    promise, clause = settings.promise, settings.clause
    source.promised, source.promised_every = promise.unit, promise.every
    source.grace, source.first_due = promise.grace, promise.first
    source.debtor_kind, source.debtor = clause.kind if clause.debtor else "", clause.debtor
    source.contact, source.contract, source.article = clause.contact, clause.contract, clause.article
    source.clause_since, source.clause_until = clause.since, clause.until


def _ledger_details(source: Source) -> dict[str, Any]:
    """The details of a source for the ledger: no address, no name."""
    return {
        "kind": source.kind,
        "dataset": source.dataset_id,
        "mode": source.mode,
        "rhythm": source.rhythm,
        "promised": [source.promised, source.promised_every, source.grace],
        "clause": source.owed_by_contract,
    }


def _clause_of(source: Source) -> dict[str, Any]:
    names = ("title", "owner_id", "first_due", "debtor_kind", "debtor", "contact", "contract", "article",
             "clause_since", "clause_until", "key")  # fmt: skip
    return {name: getattr(source, name) for name in names}


def _check(territory: Territory, settings: Settings, source: Source | None = None) -> None:
    if not settings.title.strip():
        raise CatalogueError("Une source a besoin d'un nom. Rien n'est enregistré.")
    if (
        Source.objects.of(territory)
        .filter(title__iexact=settings.title.strip())
        .exclude(pk=source.pk if source else None)
        .exists()
    ):
        raise CatalogueError(f"Une source s'appelle déjà « {settings.title} ». Choisissez un autre nom.")
    if settings.dataset is not None and settings.dataset.territory_id != territory.pk:
        raise CatalogueError("Ce jeu de données n'est pas de ce territoire. Rien n'est enregistré.")
    if settings.dataset is None and not settings.dataset_title.strip():
        raise CatalogueError(
            "Choisissez le jeu à remplir, ou donnez un titre au nouveau. Rien n'est enregistré."
        )
    if not load_active_roles(settings.owner, territory):
        raise CatalogueError("Le responsable doit être membre de ce territoire. Rien n'est enregistré.")
    if not may(settings.owner, "dataset.deposit", settings.dataset or territory):
        raise CatalogueError(
            f"{settings.owner} ne peut pas déposer de données : ce qui arrive serait refusé. Rien n'est enregistré. "
            "Choisissez un responsable qui peut déposer, par exemple un agent."
        )
    if settings.mode == Source.Mode.UPSERT and not settings.key:
        raise CatalogueError("Pour mettre à jour ligne par ligne, dites quelles colonnes font la clé.")
    if settings.clause.since and settings.clause.until and settings.clause.until < settings.clause.since:
        raise CatalogueError("La clause finit avant de commencer. Corrigez ses dates. Rien n'est enregistré.")


@act("source.secret", "changement du secret d'une source", right=MANAGE)
def new_secret(source: Source, person: Person | None, secret: Secret) -> Recorded[Source]:
    """Replace the secret; the old one is forgotten at once, and the source is read again soon."""
    source.sealed_secret = connections.seal_secret(secret)
    if source.state == Source.State.ACTIVE and source.failures:
        source.next_at = timezone.now()
    source.save(update_fields=["sealed_secret", "next_at"])
    return Recorded(source)


@act(
    "source.pause",
    "mise en pause d'une source",
    right=MANAGE,
    done="« {it.title} » est en pause : elle n'est plus relevée. Ce qu'elle promet reste dû.",
)
def pause(source: Source, person: Person) -> Recorded[Source] | Unchanged[Source]:
    """Fetch it no more until it is resumed."""
    if source.state == Source.State.PAUSED:
        return Unchanged(source)
    source.state, source.note, source.next_at = Source.State.PAUSED, "", None
    source.save(update_fields=["state", "note", "next_at"])
    return Recorded(source)


@act(
    "source.resume",
    "remise en service d'une source",
    right=MANAGE,
    done="« {it.title} » est remise en service.",
)
def resume(source: Source, person: Person) -> Recorded[Source] | Unchanged[Source]:
    """Fetch it again, from its next time on."""
    if source.state == Source.State.ACTIVE:
        return Unchanged(source)
    source.state, source.note, source.failures, source.trouble = Source.State.ACTIVE, "", 0, ""
    source.next_at = None if source.expected else source.schedule.next_after(timezone.now())
    source.save(update_fields=["state", "note", "failures", "trouble", "next_at"])
    return Recorded(source)


@act("source.remove", "suppression d'une source", right=MANAGE)
def remove(source: Source, person: Person) -> Recorded[None]:
    """Delete the source, its secret and the history of its fetches. What it delivered stays in the catalogue."""
    running = source.fetches.filter(state=Fetch.State.RUNNING).values_list("job_key", flat=True)
    alive = Job.objects.of(source.territory).filter(key__in=list(running))
    if alive.filter(state__in=[Job.State.WAITING, Job.State.RUNNING]).exists():
        raise CatalogueError("Une relève est en cours. Attendez sa fin, puis supprimez la source.")
    key, poured = f"source:{source.pk}", source.fetches.filter(state=Fetch.State.POURED).count()
    source.delete()
    return Recorded(None, {"poured": poured}, key)

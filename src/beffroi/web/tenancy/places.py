"""Competences of a territory and its open features: the services of « Réglages → Collectivité ».

In: an administrator of the territory, or an operator of the host for rooms and systems. Out: rows, and a ledger line a
change. A territory that has described no competence is not judged: everything is proposed to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from beffroi.lake.reference import competences as law
from beffroi.web.platform import feature_switches, ledger, scope
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import require, require_host
from beffroi.web.ui.form_errors import FieldError

from . import hosting
from .models import Competence


class PlaceError(FieldError):
    """A refusal told to a person, in French."""


def furnish(territory: Territory) -> list[str]:
    """What every founding writes beside the territory: its relation with the host, and what the law makes it exercise.

    The keys of these competences: the founding's own ledger line carries them.
    """
    with scope.inside(territory):
        hosting.begin(territory)
        return _load(territory)


@act("competence.load", "inscription des compétences prévues par la loi", right="territory.settings")
def load_legal(territory: Territory, by: Person) -> Recorded[int] | Unchanged[int]:
    """Write what the law gives to this kind and was never written here; how many lines that made."""
    keys = _load(territory)
    if not keys:
        return Unchanged(0)
    details = {"keys": keys, "read": law.load_competences().consulted.isoformat()}
    return Recorded(len(keys), details, f"territory:{territory.pk}")


def _load(territory: Territory) -> list[str]:
    known = set(Competence.objects.of(territory).values_list("key", flat=True))
    new = [(c, text) for c, text in law.founding_competences(territory.kind) if c.key not in known]
    Competence.objects.bulk_create(
        Competence(territory=territory, key=c.key, obligatory=text.obligatory, source=_source(text)[:300])
        for c, text in new
    )
    return [c.key for c, _ in new]


def _source(text: law.Law) -> str:
    return f"{text.source} ({text.note})" if text.note else text.source


@act("competence.add", "ajout d'une compétence", right="territory.settings")
def add_competence(
    territory: Territory, by: Person | None, key: str, *, since: date, legal_act: str
) -> Recorded[Competence]:
    """Write that the territory exercises this, since when, by which legal act. `by` is None for the host's own commands."""
    found = law.load_competences().competences.get(key)
    if found is None:
        raise PlaceError(f"« {key} » n'est pas une compétence connue. Choisissez-en une dans la liste.")
    if not legal_act.strip():
        raise PlaceError(
            "Donnez l'acte qui confie cette compétence : délibération, arrêté, statuts, convention."
        )
    text = found.for_kind(territory.kind)
    if Competence.objects.of(territory).filter(key=key, until=None).exists():
        raise PlaceError(f"« {found.title} » est déjà dans la liste. Rien n'a changé.")
    row: Competence = Competence.objects.create(
        territory=territory,
        key=key,
        obligatory=False if text is None else text.obligatory,
        source="" if text is None else _source(text)[:300],
        legal_act=legal_act.strip()[:200],
        since=since,
    )
    return Recorded(row, {"key": key, "since": since.isoformat(), "deed": row.legal_act})


@act("competence.remove", "fin d'une compétence", right="territory.settings")
def end_competence(row: Competence, by: Person, *, until: date, legal_act: str) -> Recorded[Competence]:
    """Write that the territory no longer exercises this: the row stays as history."""
    if not legal_act.strip():
        raise PlaceError("Donnez l'acte qui retire cette compétence : délibération, arrêté, statuts.")
    if row.since is not None and until < row.since:
        raise PlaceError("La fin est avant le début. Corrigez la date.")
    if row.until is not None:
        raise PlaceError("Cette compétence avait déjà été retirée. Rien n'a changé.")
    row.until, row.end_legal_act = until, legal_act.strip()[:200]
    row.save(update_fields=["until", "end_legal_act"])
    return Recorded(row, {"key": row.key, "until": until.isoformat(), "deed": row.end_legal_act})


@dataclass(frozen=True)
class Fit:
    """Whether something may serve here; `why` says in French why not, empty when it may."""

    ok: bool
    why: str = ""


@cached_read
def exercised(territory: Territory) -> frozenset[str] | None:
    """The keys in force today; None when the territory has described none."""
    rows = list(Competence.objects.of(territory).values_list("key", "since", "until"))
    today = timezone.localdate()
    if not rows:
        return None
    return frozenset(
        key
        for key, since, until in rows
        if (since is None or since <= today) and (until is None or until > today)
    )


def fits(territory: Territory, competences: Sequence[str], *, known: frozenset[str] | None = None) -> Fit:
    """Whether the territory exercises one of these; none asked, or none described here, always fits."""
    known = exercised(territory) if known is None else known
    if not competences or known is None or known.intersection(competences):
        return Fit(True)
    wanted = " ou ".join(f"« {law.title(key)} »" for key in competences)
    return Fit(False, f"{territory.name} n'exerce pas la compétence {wanted}.")


def system_fits(territory: Territory, system: str, competences: Sequence[str]) -> Fit:
    """Whether a system may be proposed, adopted and run here."""
    by = feature_switches.closed_by(territory, f"system:{system}")
    if by:
        return Fit(
            False,
            f"Ce service est fermé ici {'par l’hébergeur' if by == feature_switches.BY_HOST else 'par votre administrateur'}.",
        )
    return fits(territory, competences)


def switch(
    territory: Territory, closed: set[str], known: set[str], *, by: Person | None, as_host: bool
) -> int:
    """Close `closed` and open the rest of `known` (« room:studio », « system:canteen »); how many changed.

    Each side governs its own closings: what the host closes the territory cannot open, and the host leaves alone what
    the territory closed, unless it closes it too. `by` is None for the host's own commands. Raises PlaceError.
    """
    if by is not None and as_host:
        require_host(by, "host.settings")
    elif by is not None:
        require(by, "territory.settings", territory)
    with scope.host() if as_host else scope.inside(territory), transaction.atomic():
        row = Territory.objects.select_for_update().get(pk=territory.pk)
        changed = {
            what: wanted
            for what in sorted(known)
            if (wanted := _wanted(row.closed.get(what, ""), what in closed, as_host))
            != row.closed.get(what, "")
        }
        if not changed:
            return 0
        if (
            by is not None
            and not as_host
            and "few_rooms" in row.safeguards
            and any(not who for who in changed.values())
        ):
            raise PlaceError(
                "Les salles fermées au départ sont protégées. Rien n'a changé. Levez d'abord ce réglage, plus bas sur cette page."
            )
        row.closed = {what: who for what, who in (row.closed | changed).items() if who}
        row.save(update_fields=["closed"])
        subject, payload = f"territory:{territory.pk}", {"closed": changed}
        if as_host:
            hosting.both_chains(territory, "territory.switch", by, subject, payload)
        else:
            ledger.append(territory, "territory.switch", by, subject, payload)
    territory.closed = row.closed
    return len(changed)


def _wanted(current: str, close: bool, as_host: bool) -> str:
    if as_host:
        return feature_switches.BY_HOST if close else ("" if current == feature_switches.BY_HOST else current)
    if current == feature_switches.BY_HOST:
        return current
    return feature_switches.BY_TERRITORY if close else ""


def set_contact(territory: Territory, by: Person | None, *, contact: str, seat: str) -> None:
    """Correct who to talk to and where the authority sits. `by` is None for the host's own commands."""
    if by is not None:
        require(by, "territory.settings", territory)
    with transaction.atomic():
        row = Territory.objects.select_for_update().get(pk=territory.pk)
        before = (row.contact, row.seat)
        row.contact, row.seat = contact.strip()[:300], seat.strip()[:200]
        if before == (row.contact, row.seat):
            return
        row.save(update_fields=["contact", "seat"])
        after = (row.contact, row.seat)
        fields = [n for n, old, new in zip(("contact", "seat"), before, after, strict=True) if old != new]
        ledger.append(territory, "territory.contact", by, f"territory:{territory.pk}", {"fields": fields})
    territory.contact, territory.seat = row.contact, row.seat

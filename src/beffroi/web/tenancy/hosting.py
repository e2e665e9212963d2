"""Hosting contracts: who runs the instance, under which contract each territory is hosted, which ones lack one.

In: operators and the host's commands (`by` is None). Out: rows of the host, a line on the host's chain and on the
territory's. Until a legal act is recorded a territory is in preparation: it publishes nothing and reads no personal data.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.lake.reference.kinds import kind_name, siren_is_valid
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import HostOperator, Person, Territory, TerritoryFigures
from beffroi.web.platform.rights import require_host
from beffroi.web.ui.form_errors import FieldError

from .models import Host, Hosting

PREPARATION = (
    "« {name} » est en préparation : l'acte qui confie ses données à l'hébergeur (RGPD, article 28 ou 26) n'est pas "
    "enregistré. Rien n'a été publié ni lu. L'hébergeur l'enregistre sur sa page « Hébergement »."
)
BAD_SIREN = (
    "« {siren} » n'est pas un SIREN : il en faut les neuf chiffres, dont le dernier est une clé. Vérifiez-le."
)


class HostingError(FieldError):
    """A refusal told to a person, in French."""


@dataclass(frozen=True)
class HostingContract:
    """What is written of a relation: its role, and the legal act if there is one yet."""

    role: str
    reference: str = ""
    signed_on: date | None = None
    signatory: str = ""
    purpose: str = ""
    file_name: str = ""
    since: date | None = None
    until: date | None = None


def the_host() -> Host | None:
    """Who runs this instance; None before the first founding."""
    return Host.objects.order_by("pk").first()


def both_chains(
    territory: Territory, act: str, by: Person | None, subject: str, payload: dict[str, Any]
) -> None:
    """The same line on the host's chain and on the territory's: each keeps its own proof. Call from the host's scope."""
    ledger.append(None, act, by, subject, payload)
    with scope.inside(territory):
        ledger.append(territory, act, by, subject, payload)


def begin(territory: Territory) -> Hosting:
    """What every founding writes, inside the new territory: the host's first name, the relation, the figures' row.

    The first territory is the host's own. The next ones wait for their legal act, unless they are invented.
    """
    first = not Territory.objects.exclude(pk=territory.pk).exists()
    if first:
        host = the_host() or Host()
        host.name, host.siren, host.contact = territory.name, territory.siren, territory.contact
        host.save()
    TerritoryFigures.objects.create(territory=territory)
    role = Hosting.Role.OWN if first or territory.is_fictional else Hosting.Role.PROCESSOR
    hosting: Hosting = Hosting.objects.create(territory=territory, role=role)
    return hosting


def name_host(*, name: str, siren: str, contact: str, by: Person | None) -> Host:
    """Say who runs this instance. Raises HostingError for an empty name or a wrong SIREN."""
    if by is not None:
        require_host(by, "host.settings")
    if not name.strip():
        raise HostingError("L'hébergeur a besoin d'un nom. Rien n'a changé.")
    if siren and not siren_is_valid(siren):
        raise HostingError(f"{BAD_SIREN.format(siren=siren)} Rien n'a changé.")
    with scope.host(), transaction.atomic():
        host = the_host() or Host()
        host.name, host.siren, host.contact = name.strip(), siren, contact.strip()
        host.save()
        ledger.append(None, "host.name", by, "host", {"name": host.name, "siren": host.siren})
    return host


def set_host_operator(person: Person, *, active: bool, by: Person | None) -> bool:
    """Give or end the role of host operator; says whether anything changed."""
    if by is not None:
        require_host(by, "host.settings")
    with scope.host(), transaction.atomic():
        open_rows = HostOperator.objects.filter(person=person, until=None)
        if open_rows.exists() == active:
            return False
        if active:
            HostOperator.objects.create(person=person)
        else:
            open_rows.update(until=timezone.now())
        ledger.append(None, "host.operator", by, f"person:{person.pk}", {"active": active})
    return True


def operators() -> list[HostOperator]:
    return list(HostOperator.objects.filter(until=None).select_related("person").order_by("person__name"))


def in_force(territory: Territory) -> Hosting | None:
    """The latest relation of the host with this territory."""
    found: Hosting | None = Hosting.objects.of(territory).first()
    return found


def in_force_for_request(territory: Territory) -> Hosting | None:
    """The same, read once for the cards and steps of one page: for what a page shows, never before an act."""
    if "_hosting_in_force" not in territory.__dict__:
        territory.__dict__["_hosting_in_force"] = in_force(territory)
    found: Hosting | None = territory.__dict__["_hosting_in_force"]
    return found


def hosts_itself(territory: Territory, relation: Hosting | None) -> bool:
    """Whether this territory, by its latest relation, is the host of this instance: of invented ones, the first is."""
    if relation is None or relation.role != Hosting.Role.OWN:
        return False
    return not territory.is_fictional or not Territory.objects.filter(pk__lt=territory.pk).exists()


def state_of(territory: Territory, hosting: Hosting | None) -> str:
    """« demonstration », « own », « recorded », « expired » or « missing »."""
    if territory.is_fictional:
        return "demonstration"
    if hosting is None or not hosting.recorded:
        return "missing"
    if hosting.role == Hosting.Role.OWN:
        return "own"
    return "expired" if hosting.expired else "recorded"


def in_preparation(territory: Territory) -> bool:
    """Whether the territory still waits for its first legal act. A legal act that has expired warns, and cuts nothing."""
    if territory.is_fictional:
        return False
    with scope.inside(territory):
        return state_of(territory, in_force(territory)) == "missing"


def preparation_notice(territory: Territory) -> str:
    return PREPARATION.format(name=territory.name)


def record_contract(territory: Territory, contract: HostingContract, *, by: Person | None) -> Hosting:
    """Write the legal act of the relation. The same reference corrects it; another one opens a new relation, and ends the last."""
    if by is not None:
        require_host(by, "host.settings")
    _check(territory, contract)
    with scope.host(), transaction.atomic():
        Territory.objects.select_for_update().get(pk=territory.pk)
        with scope.inside(territory):
            last = in_force(territory)
            same = last is not None and (not last.recorded or last.reference == contract.reference)
            hosting = last if last is not None and same else Hosting(territory=territory)
            hosting.role = contract.role
            hosting.reference, hosting.signed_on = contract.reference.strip(), contract.signed_on
            hosting.signatory, hosting.purpose = contract.signatory.strip(), contract.purpose.strip()
            hosting.file_name = contract.file_name.strip()
            hosting.since = contract.since or contract.signed_on or timezone.localdate()
            hosting.until = contract.until
            hosting.save()
            if last is not None and not same and (last.until is None or last.until > hosting.since):
                last.until = hosting.since
                last.save(update_fields=["until"])
        both_chains(
            territory,
            "hosting.deed",
            by,
            f"territory:{territory.pk}",
            {
                "role": hosting.role,
                "reference": hosting.reference,
                "signed_on": hosting.signed_on.isoformat() if hosting.signed_on else None,
                "since": hosting.since.isoformat(),
                "until": hosting.until.isoformat() if hosting.until else None,
            },
        )
    return hosting


def _check(territory: Territory, contract: HostingContract) -> None:
    if contract.role not in Hosting.Role.values:
        raise HostingError(
            f"Rôle inconnu : « {contract.role} ». Rôles possibles : {', '.join(Hosting.Role.values)}."
        )
    if contract.role == Hosting.Role.OWN:
        host = the_host()
        if host is None or not (territory.is_fictional or (host.siren and host.siren == territory.siren)):
            raise HostingError(
                f"« {territory.name} » n'a pas le SIREN de l'hébergeur : elle ne peut pas être l'hébergeur lui-même. "
                "Choisissez l'article 28 (sous-traitant) ou l'article 26 (responsables conjoints)."
            )
        return
    if bool(contract.reference.strip()) != bool(contract.signed_on):
        raise HostingError("Un acte a une référence et une date : donnez les deux, ou aucune pour l'instant.")
    if contract.signed_on is not None and contract.signed_on > timezone.localdate():
        raise HostingError("La date de l'acte est à venir. Enregistrez-le le jour où il est signé.")
    start = contract.since or contract.signed_on
    if contract.until is not None and start is not None and contract.until < start:
        raise HostingError("La fin de la relation est avant son début. Corrigez l'une des deux dates.")


def suspend(territory: Territory, why: str, *, by: Person | None) -> None:
    """Suspend a territory: nobody enters any more; data, published or not, are kept and no longer shown."""
    if by is not None:
        require_host(by, "host.settings")
    if not why.strip():
        raise HostingError("Dites pourquoi : les membres du territoire liront ce motif.")
    _set_suspension(territory, "territory.suspend", why.strip(), by)


def reopen(territory: Territory, *, by: Person | None) -> None:
    """Let the members in again."""
    if by is not None:
        require_host(by, "host.settings")
    _set_suspension(territory, "territory.reopen", "", by)


def _set_suspension(territory: Territory, act: str, why: str, by: Person | None) -> None:
    with scope.host(), transaction.atomic():
        row = Territory.objects.select_for_update().get(pk=territory.pk)
        if bool(why) == (row.suspended_at is not None):
            return
        row.suspended_at, row.suspended_why = (timezone.now(), why[:300]) if why else (None, "")
        row.save(update_fields=["suspended_at", "suspended_why"])
        both_chains(territory, act, by, f"territory:{territory.pk}", {"why": why})
    territory.suspended_at, territory.suspended_why = row.suspended_at, row.suspended_why


def set_quota(territory: Territory, quota: int | None, *, by: Person | None) -> bool:
    """Reserve so many bytes to a territory, or no longer (None); says whether anything changed."""
    if by is not None:
        require_host(by, "host.settings")
    if quota is not None and quota <= 0:
        raise HostingError("La place réservée doit être d'au moins un octet. Rien n'a changé.")
    with scope.host(), transaction.atomic():
        row = Territory.objects.select_for_update().get(pk=territory.pk)
        if row.quota == quota:
            return False
        row.quota = quota
        row.save(update_fields=["quota"])
        both_chains(territory, "hosting.quota", by, f"territory:{territory.pk}", {"bytes": quota})
    territory.quota = quota
    return True


REGISTER_HEAD = (
    "collectivité", "nature", "SIREN", "hébergeur", "SIREN de l'hébergeur", "rôle de l'hébergeur", "état de l'acte",
    "référence", "date de l'acte", "signataire", "objet", "fichier", "depuis", "jusqu'au",
)  # fmt: skip
STATES = {
    "demonstration": "démonstration, sans acte",
    "own": "l'hébergeur lui-même",
    "recorded": "acte enregistré",
    "expired": "acte échu",
    "missing": "acte à enregistrer",
}


def register_rows(*, by: Person) -> list[tuple[str, ...]]:
    """The register of the host's relations, past and present: what the DPO keeps and shows. Asks `host.enter`."""
    require_host(by, "host.enter")
    with scope.host():
        host = the_host()
        rows = list(
            Hosting.objects.select_related("territory").order_by(
                "territory__name", "territory_id", "since", "pk"
            )
        )
        ledger.append(None, "hosting.export", by, "hosting", {"relations": len(rows)})
    return [_register_line(row, host) for row in rows]


def _register_line(row: Hosting, host: Host | None) -> tuple[str, ...]:
    territory = row.territory
    return (
        territory.name, kind_name(territory.kind), territory.siren,
        host.name if host else "", host.siren if host else "",
        row.get_role_display(), STATES[state_of(territory, row)],
        row.reference, _day(row.signed_on), row.signatory, row.purpose, row.file_name,
        _day(row.since), _day(row.until),
    )  # fmt: skip


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""

"""Hosting file of the instance as it is: applying it changes nothing.

In: the instance. Out: YAML. Secrets are never written, nor what the file does not govern (data, AI services, closed rooms).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q
from django.utils import timezone

from beffroi.lake.reference.kinds import KINDS
from beffroi.recipes import strict_yaml
from beffroi.text import WEEKDAYS
from beffroi.web.catalogue.models import Source
from beffroi.web.catalogue.sources.fetch_schedules import Schedule, Unit
from beffroi.web.catalogue.sources.models import EXPECTED
from beffroi.web.platform import scope
from beffroi.web.platform.models import Delegation, Membership, Territory
from beffroi.web.platform.rights import BUNDLES
from beffroi.web.tenancy import hosting
from beffroi.web.tenancy.models import Competence, Hosting, IdentityProvider

from .declared_people import is_claimed
from .declared_providers import declared
from .file_differences import local_day
from .hosting_plan import of_all_territories


def dump() -> str:
    """The YAML of this instance."""
    host = hosting.the_host()
    running, contracts, sourced = of_all_territories()
    data: dict[str, Any] = {"version": 1}
    if host is not None:
        data["host"] = _filled({"name": host.name, "siren": host.siren, "contact": host.contact})
    data["territories"] = [
        _territory(each, running.get(each.pk, []), contracts.get(each.pk), has_sources=each.pk in sourced)
        for each in Territory.objects.all()
    ]
    return strict_yaml.dump(data)


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [], (), {})}


def _territory(
    territory: Territory, rows: list[Membership], contract: Hosting | None, *, has_sources: bool
) -> dict[str, Any]:
    listed = territory.is_fictional or (territory.kind in KINDS and KINDS[territory.kind].listed)
    by_hand = {
        "name": territory.name,
        "kind": territory.kind,
        "siren": territory.siren,
        "population": territory.population,
        "communes": territory.members,
    }
    with scope.inside(territory):
        return _filled(
            {
                **({"place": territory.code} if listed or not territory.siren else by_hand),
                "seat": territory.seat,
                "contact": territory.contact,
                "hosting": _contract(contract),
                "quota": territory.quota >> 30 if territory.quota else None,
                "members": _members(rows),
                "competences": _competences(territory),
                "delegations": _delegations(territory),
                "providers": [
                    _filled({"issuer": row.issuer, **declared(row)})
                    for row in IdentityProvider.objects.of(territory)
                ],
                "sources": _sources(territory) if has_sources else [],
            }
        )


def _contract(contract: Hosting | None) -> dict[str, Any] | None:
    if contract is None or not contract.reference:
        return None
    names = ("role", "reference", "signed_on", "signatory", "purpose", "until")
    return _filled({name: getattr(contract, name) for name in names})


def _members(rows: Iterable[Membership]) -> list[dict[str, Any]]:
    people: dict[str, list[Membership]] = {}
    for row in rows:
        if not is_claimed(row):
            people.setdefault(row.person.email, []).append(row)
    return [_member(email, people[email]) for email in sorted(people)]


def _member(email: str, rows: list[Membership]) -> dict[str, Any]:
    roles = [(row.role, _terms(row)) for row in sorted(rows, key=lambda row: (row.role, row.resource))]
    member: dict[str, Any] = {"email": email, "name": rows[0].person.name}
    act = {name: value for _, terms in roles for name, value in terms.items() if name.startswith("legal_act")}
    dates = [{name: value for name, value in terms.items() if name not in act} for _, terms in roles]
    names = [role for role, _ in roles]
    if all(each == dates[0] and "limited_to" not in each for each in dates):
        for bundle in BUNDLES:
            if sorted(names) == sorted(bundle.roles_for(mandate=bool(act))):
                return {**member, "as": bundle.key, **dates[0], **act}
        return {**member, "roles": names, **dates[0], **act}
    return {**member, "roles": [{"role": role, **terms} if terms else role for role, terms in roles]}


def _terms(row: Membership) -> dict[str, Any]:
    """The dates, the resource and the legal act of one role; a start that is past is history."""
    since = local_day(row.since)
    return _filled(
        {
            "since": since if since and since > timezone.localdate() else None,
            "until": local_day(row.last_day),
            "limited_to": row.resource,
            "legal_act": row.legal_act_reference,
            "legal_act_date": row.legal_act_date,
        }
    )


def _competences(territory: Territory) -> list[dict[str, Any]]:
    """Those that a legal act entrusts; the law's own come with the territory."""
    rows = Competence.objects.of(territory).filter(until=None).exclude(legal_act="").order_by("key")
    return [
        {"key": row.key, "since": row.since, "legal_act": row.legal_act}
        for row in rows
        if row.since is not None
    ]


def _delegations(territory: Territory) -> list[dict[str, Any]]:
    now = timezone.now()
    rows = (
        Delegation.objects.of(territory)
        .filter(Q(until=None) | Q(until__gt=now), revoked_at=None)
        .select_related("delegator", "delegate")
        .order_by("pk")
    )
    return [
        _filled(
            {
                "from": row.delegator.email,
                "to": row.delegate.email,
                "subject": row.object,
                "legal_act": row.legal_act_reference,
                "legal_act_date": row.legal_act_date,
                "since": _future(local_day(row.since)),
                "until": local_day(row.last_day),
            }
        )
        for row in rows
    ]


def _future(day: date | None) -> date | None:
    return day if day and day > timezone.localdate() else None


def _sources(territory: Territory) -> list[dict[str, Any]]:
    rows = Source.objects.of(territory).exclude(kind=EXPECTED).select_related("owner", "dataset")
    return [_source(row) for row in rows]


def _source(row: Source) -> dict[str, Any]:
    return _filled(
        {
            "title": row.title,
            "connection": _filled(dict(row.spec)),
            "dataset": row.dataset.slug if row.dataset else row.dataset_title,
            "mode": row.mode,
            "key": list(row.key),
            "schedule": _rhythm(row.schedule),
            "owner": row.owner.email if row.owner else None,
        }
    )


def _rhythm(schedule: Schedule) -> dict[str, Any]:
    """What a schedule of this unit depends on."""
    fields: dict[Unit, dict[str, Any]] = {
        "minute": {"every": schedule.every},
        "hour": {"every": schedule.every},
        "day": {"at": schedule.at},
        "week": {"weekday": WEEKDAYS[schedule.weekday], "at": schedule.at},
        "month": {"day": schedule.day, "at": schedule.at},
        "never": {},
    }
    return {"unit": schedule.unit, **fields[schedule.unit]}

"""What this room says of a system on the page where its proposals are decided: what closed it, where results are noted."""

from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from beffroi.web.decisions.system_facts import SystemFacts
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from . import manifests
from .cards import use_of
from .life import gates
from .models import Run, SystemUse
from .services import recording


def facts(person: Person, territory: Territory, system: str, day: date | None) -> SystemFacts | None:
    use, manifest = use_of(territory, system), manifests.installed(system)
    if use is None or use.declared or manifest is None:
        return None
    address = {"slug": territory.slug, "system": system}
    return SystemFacts(
        closed=" ".join(gates.forbidding(use)),
        records=tuple(_records(use, person, day)),
        morning_url=reverse("system-morning", kwargs=address)
        if may(person, "system.read", territory)
        else "",
        priority=_priority(use) if day is None else (),
    )


def _priority(use: SystemUse) -> tuple[str, ...]:
    """The order of the last run, which its morning follows: read alone, for an outcome is long."""
    runs = use.runs.filter(verb=Run.Verb.RUN, state=Run.State.DONE).order_by("-at", "-pk")
    return tuple(runs.values_list("outcome__priority", flat=True).first() or ())


def _records(use: SystemUse, person: Person, day: date | None) -> list[tuple[str, str]]:
    """The pages where people note what they saw, the day filled in."""
    found = []
    for schema in recording.recordable(use):
        if not recording.may_record(use, person, schema):
            continue
        page = {"slug": use.territory.slug, "system": use.system, "table": schema.name}
        first_date = next((need.name for need in schema.columns if need.type == "date"), None)
        begun = f"?{urlencode({first_date: day.isoformat()})}" if first_date and day else ""
        found.append((schema.recorded, reverse("system-record", kwargs=page) + begun))
    return found


def titles(territory: Territory, systems: list[str]) -> dict[str, str]:
    """The titles of those that are installed."""
    known = ((system, manifests.installed(system)) for system in systems)
    return {system: manifest.title for system, manifest in known if manifest is not None}

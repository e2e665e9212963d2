"""Sections that every plan has: services and their limits, consequences, people, whom to call, tests, corrections."""

from datetime import date

from beffroi.guides.plan import STATES
from beffroi.web.cyber.incidents import calls
from beffroi.web.guides.services.plans import actions_of
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import french_date

from ..essential_services.impact import DURATIONS, LEVELS, in_words
from ..essential_services.outages import by_shortest_outage, service_lines
from ..essential_services.services import name_of, services_of
from . import continuity_tests, sections
from .sections import BOTH, Block, Section


def register_all() -> None:
    for key, title, order, plans, build in (
        ("services", "Les services et leurs limites", 20, BOTH, _services),
        ("consequences", "Ce que coûte un arrêt", 30, frozenset({"pca"}), _consequences),
        ("people", "Qui répond de chaque service", 40, BOTH, _people),
        ("calls", "Qui appeler", 50, BOTH, _calls),
        ("tests", "Essais", 80, BOTH, _tests),
        ("corrections", "Corrections en cours", 85, BOTH, _corrections),
    ):
        sections.register(Section(key, title, order, plans, build))


def _services(territory: Territory) -> list[Block]:
    lines = by_shortest_outage(service_lines(territory))
    return sections.table(
        ("Service", "Arrêt supportable", "Validé", "Jours où il ne peut pas s'arrêter"),
        (
            (
                line.name,
                in_words(line.hours),
                french_date(line.validation.at, hour=False) if line.validation else "non",
                line.entry.values.get("critical_days"),
            )
            for line in lines
        ),
    )


def _consequences(territory: Territory) -> list[Block]:
    rows = []
    for line in by_shortest_outage(service_lines(territory)):
        levels = [line.grid.worst(each) for each in DURATIONS]
        if any(level is not None for level in levels):
            words = (LEVELS[level] if level is not None else None for level in levels)
            rows.append((line.name, *words, line.grid.cost))
    return sections.table(("Service", *(each.title for each in DURATIONS), "Coût"), rows)


def _people(territory: Territory) -> list[Block]:
    rows = [
        (name_of(entry), entry.values.get("head"), entry.values.get("deputy"))
        for entry in services_of(territory)
        if "head" in entry.values or "deputy" in entry.values
    ]
    return sections.table(("Service", "Responsable", "Remplaçant"), rows)


def _calls(territory: Territory) -> list[Block]:
    contacts = calls.contacts(territory)
    return sections.table(
        ("Qui", "Pourquoi", "Téléphone ou site"),
        ((one.name, one.why, one.phone or one.web or one.address) for one in contacts),
    )


def _tests(territory: Territory) -> list[Block]:
    lines = continuity_tests.calendar(territory)
    return sections.table(
        ("Essai", "Dernier", "Résultat", "Prochain"),
        ((line.name, _day(line.last_on), line.result, _day(line.next_on)) for line in lines),
    )


def _corrections(territory: Territory) -> list[Block]:
    actions = actions_of(territory, continuity_tests.plan())
    return sections.table(
        ("Correction", "Qui", "Pour le", "État"),
        (
            (str(action), action.owner, _day(action.due_on), STATES[action.state])  # type: ignore[index]
            for action in actions
            if action.state in ("accepted", "begun")
        ),
    )


def _day(day: date | None) -> str:
    return french_date(day) if day else ""

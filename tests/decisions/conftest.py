"""A canteen's proposals, and the people around them, as the tests of this room need them."""

import secrets
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from beffroi.home import Home
from beffroi.systems.contract import Explanation, ProposedAct
from beffroi.web.decisions import contesting
from beffroi.web.decisions.contesting import Submission
from beffroi.web.decisions.models import Contestation, Proposal
from beffroi.web.decisions.services import propose
from beffroi.web.platform.models import Person, Territory
from places import a_person, a_territory


def an_act(
    subject: str = "Repas du lundi 30 novembre, école Jean-Moulin", value: float = 120.0
) -> ProposedAct:
    return ProposedAct(
        subject=subject,
        value=value,
        unit="repas",
        low=value - 12,
        high=value + 12,
        reasons=("Les quatre derniers lundis ont servi 118 à 124 repas.",),
        evidence={"recent": [{"date": "2026-11-23", "value": 118}, {"date": "2026-11-16", "value": 124}]},
        day=date(2026, 11, 30),
        place="Jean-Moulin",
    )


MONDAY = date(2026, 11, 30)


def an_order(place: str = "Jean-Moulin", value: float = 120.0, **changes: Any) -> ProposedAct:
    """Meals of one canteen, with the four last Mondays: an ordinary line of its day unless something is changed."""
    habit = changes.pop("habit", (value - 2, value + 3, value - 4, value + 1))
    mondays = [(MONDAY - timedelta(weeks=weeks)).isoformat() for weeks in range(1, len(habit) + 1)]
    evidence = {"last_comparable": dict(zip(mondays, habit, strict=True))} | changes.pop("evidence", {})
    day = changes.get("day", MONDAY)
    fields = {"subject": f"{place}, {day}", "key": f"{day}/{place}", "place": place, "evidence": evidence}
    return replace(an_act(value=value), **(fields | changes))


EXPLANATION = Explanation(
    contribution="Le calcul range les demandes ; une commission décide.",
    data=("Quotient familial, déclaré par la famille",),
    parameters=("Quotient familial : 60 % du rang", "Nombre d'enfants : 40 % du rang"),
    operations=("Somme pondérée", "Rang parmi les demandes complètes"),
)
OWN_TEXT = (
    "Madame, votre demande passe après douze autres dont les revenus sont plus faibles ; nous avons relu votre dossier "
    "et votre situation professionnelle."
)


def a_case(case: str = "dossier 2026-114", effect: str = "favourable", **changes: Any) -> ProposedAct:
    """A proposal about somebody: a place in a nursery, for one."""
    fields = {
        "subject": f"Place en crèche, {case}",
        "value": 1.0,
        "unit": "place",
        "low": 0.0,
        "high": 1.0,
        "reasons": (
            "Le quotient familial de ce dossier est parmi les douze plus bas de la liste d'attente.",
        ),
        "evidence": {"rank": 7},
        "confidence": 0.82,
        "case": case,
        "effect": effect,
        "explanation": EXPLANATION,
    }
    return ProposedAct(**(fields | changes))


def proposals_of(territory: Territory, *acts: ProposedAct, run: str = "run-1") -> list[Proposal]:
    return propose(territory, system="canteen", system_version="1.0", run=run, acts=acts or (an_act(),))


@pytest.fixture
def territory(db: None) -> Territory:
    return a_territory(fictional=False)


@pytest.fixture
def elected(territory: Territory) -> Person:
    return a_person(territory, "decider")


@pytest.fixture
def proposal(territory: Territory) -> Proposal:
    return proposals_of(territory)[0]


@pytest.fixture
def case(territory: Territory) -> Proposal:
    """A favourable proposal about somebody: refusing it is unfavourable."""
    return proposals_of(territory, a_case())[0]


@pytest.fixture
def reader(territory: Territory) -> Person:
    """Who reads what another prepared."""
    return a_person(territory, "supervisor", email="relecture@example.org")


@pytest.fixture
def demo_home(tmp_path: Path, settings: object) -> Home:
    home = Home(tmp_path / "home")
    home.create(demo=True)
    settings.HOME = home  # type: ignore[attr-defined]
    return home


GIVEN = Submission(
    about="Ma demande de place en crèche",
    contested="Le nombre d'enfants retenu pour Léa est faux : nous en avons trois, et non un.",
    requested_remedy="Que le dossier soit relu.",
)
ANSWER = (
    "Bonjour, nous avons repris votre dossier pièce par pièce ce matin : le livret de famille montre bien trois enfants, "
    "et le calcul n'en comptait qu'un."
)

UNTIED = "Cette demande ne porte sur aucune décision prise par la commune."


def a_contestation(territory: Territory, **changes: str) -> Contestation:
    given = replace(GIVEN, **changes)
    return contesting.submit(territory, given, key=secrets.token_urlsafe(24)).contestation

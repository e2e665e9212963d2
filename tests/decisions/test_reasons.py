"""The reasons of a decision: ready-made ones that fit the system, and a person's own words where its last measure advises against it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from beffroi.systems.manifest import UsualReasons
from beffroi.web.decisions import notices
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import DecisionError, decide, decide_day
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import MONDAY, an_order, proposals_of
from decisions.test_day_page import SLOT, page_of, read, sent, signed_in, url

pytestmark = pytest.mark.django_db
READY_MADE = "Cohérent avec ce que nous savons"
OWN = "Kermesse de l'école ce jour-là"


@pytest.fixture
def lines(territory: Territory) -> list[Proposal]:
    return proposals_of(territory, an_order("Anatole"), an_order("Berthe"))


@pytest.fixture
def advised_against(
    territory: Territory, lines: list[Proposal], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    notice = replace(notices.notice_for(territory, "canteen"), find_advice=lambda: "Faites sans.")
    monkeypatch.setattr(notices, "_tellers", [lambda *_: notice])
    yield


@pytest.mark.parametrize(("verdict", "value"), [("accept", None), ("change", 110.0)])
@pytest.mark.parametrize(
    "reason", [READY_MADE, f"{READY_MADE}. ok", "Les quatre derniers lundis ont servi 118 à 124 repas."]
)
def test_a_result_advised_against_is_not_retained_for_a_ready_made_reason(
    lines: list[Proposal], advised_against: None, elected: Person, verdict: str, value: Any, reason: str
) -> None:
    with pytest.raises(DecisionError, match="vos propres mots"):
        decide(lines[0], elected, verdict, value=value, reason=reason)
    assert not Decision.objects.exists()


def test_it_is_retained_with_ones_own_words_and_refused_without(
    lines: list[Proposal], advised_against: None, elected: Person
) -> None:
    decide(lines[0], elected, "accept", reason=f"{READY_MADE}. {OWN}")
    decide(lines[1], elected, "refuse", reason="Données erronées ou incomplètes")
    assert Decision.objects.count() == 2


def test_a_day_advised_against_asks_for_ones_own_words_too(
    territory: Territory, lines: list[Proposal], advised_against: None, elected: Person
) -> None:
    client, there = signed_in(elected), url("decisions-accept", territory, SLOT)
    refused = client.post(there, sent(*lines))
    html = read(refused)
    assert refused.status_code == 422 and "un motif tout prêt ne suffit pas" in html
    assert html.index("un motif tout prêt ne suffit pas") < html.index("<table")
    assert not Decision.objects.exists()
    assert client.post(there, sent(*lines, words=OWN)).status_code == 302
    assert {d.reason for d in Decision.objects.all()} == {f"{READY_MADE}. {OWN}"}


def test_ready_made_reasons_are_those_of_the_system_else_those_of_any(
    territory: Territory, lines: list[Proposal], elected: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Sortie, fête ou classe absente" in page_of(elected, territory)
    other = replace(notices.notice_for(territory, "canteen"), reasons=UsualReasons())
    monkeypatch.setattr(notices, "_tellers", [lambda *_: other])
    html = page_of(elected, territory)
    assert "Sortie, fête" not in html and "Corrigé après vérification" in html
    reply = signed_in(elected).post(
        url("decisions-accept", territory, SLOT), sent(*lines, usual="Sortie, fête ou classe absente")
    )
    assert reply.status_code == 422 and not Decision.objects.exists()
    with pytest.raises(DecisionError, match="Il manque le motif"):
        decide_day(
            territory,
            elected,
            system="canteen",
            day=MONDAY,
            values={one.pk: 120.0 for one in lines},
            reason="",
        )

"""Seeing public space is off by default, and watching it to punish or to alert is refused, by the gate of the law."""

import pytest

from beffroi.web.platform.models import Person
from beffroi.web.trust.legal import services
from beffroi.web.workshop.life import gates
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from trust.answering import answers

pytestmark = pytest.mark.django_db


def closed(use: SystemUse, state: State) -> dict[str, str]:
    return {gate.key: found.message for gate, found in gates.judged(use, state) if not found.open}


@pytest.mark.requirement("R48")
def test_seeing_public_space_is_off_until_its_papers_are_there_even_for_mere_statistics(
    use: SystemUse, dpo: Person
) -> None:
    kept = services.answer(use, dpo, answers(street_vision="yes"), signed_role="DPO")
    assert kept.risk_class == "high" and not kept.refused
    assert "analyse d'impact" in closed(use, State.SANDBOX)["papers"]
    assert kept.frozen.reasons[0].cited[0].article == "règle de prudence de Beffroi"
    assert not kept.frozen.fria_by_law  # a rule of prudence never passes for the law


@pytest.mark.parametrize(
    "question", ["street_offences", "street_alerts", "public_faces", "street_sound", "plates"]
)
@pytest.mark.requirement("R48")
def test_watching_the_street_to_punish_or_to_alert_is_refused_with_its_source(
    use: SystemUse, dpo: Person, question: str
) -> None:
    kept = services.answer(use, dpo, answers(**{question: "yes", "street_vision": "yes"}), signed_role="DPO")
    assert kept.refused
    told = closed(use, State.CHECKED)["prohibited"]
    assert "CNIL" in told or "loi n°" in told
    assert "relevé le 26 novembre 2026" in told


@pytest.mark.requirement("R48")
def test_not_knowing_whether_it_sees_the_street_opens_nothing(use: SystemUse, dpo: Person) -> None:
    services.answer(use, dpo, answers(street_vision="unknown"), signed_role="DPO")
    assert closed(use, State.CHECKED).keys() >= {"prohibited"}

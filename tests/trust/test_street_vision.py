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


@pytest.mark.requirement("R48")
def test_counting_on_the_cameras_of_the_street_is_closed_until_a_jurist_has_signed(
    use: SystemUse, dpo: Person
) -> None:
    counts = {"street_vision": "yes", "street_cameras": "yes"}
    services.answer(use, dpo, answers(**counts, street_cameras_signed="unknown"), signed_role="DPO")
    assert "Un juriste a-t-il signé" in closed(use, State.CHECKED)["prohibited"]
    kept = services.answer(use, dpo, answers(**counts, street_cameras_signed="no"), signed_role="DPO")
    told = closed(use, State.CHECKED)["prohibited"]
    assert kept.refused and "à vérifier" in told and "n° 506370" in told
    services.answer(use, dpo, answers(**counts, street_cameras_signed="yes"), signed_role="DPO")
    assert "prohibited" not in closed(use, State.CHECKED)
    assert "analyse d'impact" in closed(use, State.SANDBOX)["papers"], (
        "and still with the papers of high risk"
    )


def test_the_gate_cites_the_council_of_state(use: SystemUse, dpo: Person) -> None:
    services.answer(use, dpo, answers(street_alerts="yes"), signed_role="DPO")
    told = closed(use, State.CHECKED)["prohibited"]
    assert "Conseil d'État, 30 janvier 2026, n° 506370, commune de Nice" in told
    assert "L. 251-2" in told and "relevé le 2 décembre 2026" in told

"""R48. Dangerous public-security use treated with great prudence.

Accepted when vision on public space is off by default, and needs the committee's opinion. Here: the law's gate; the opinion
is the committee's gate.
"""

import pytest

from beffroi.web.territories.models import Person
from beffroi.web.trust.legal import services
from beffroi.web.workshop.life import gates
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from trust.answering import answers

pytestmark = pytest.mark.django_db


def closed(use: SystemUse, state: State) -> dict[str, str]:
    return {gate.key: found.told for gate, found in gates.judged(use, state) if not found.open}


def test_r48_seeing_public_space_is_off_until_its_papers_are_there_even_for_mere_statistics(
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
def test_r48_watching_the_street_to_punish_or_to_alert_is_refused_with_its_source(
    use: SystemUse, dpo: Person, question: str
) -> None:
    kept = services.answer(use, dpo, answers(**{question: "yes", "street_vision": "yes"}), signed_role="DPO")
    assert kept.refused
    told = closed(use, State.CHECKED)["prohibited"]
    assert "CNIL" in told or "loi n°" in told
    assert "relevé le 26 novembre 2026" in told


def test_r48_not_knowing_whether_it_sees_the_street_opens_nothing(use: SystemUse, dpo: Person) -> None:
    services.answer(use, dpo, answers(street_vision="unknown"), signed_role="DPO")
    assert closed(use, State.CHECKED).keys() >= {"prohibited"}

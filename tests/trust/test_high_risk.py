"""High risk: impact analysis, certificate, supervisor and committee, by the law's gate alone then by all the gates in turn."""

from datetime import date

import pytest

from beffroi.web.platform.models import Person
from beffroi.web.trust.legal import services
from beffroi.web.workshop.errors import GateClosed
from beffroi.web.workshop.life import gates
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import law, prepare, step
from rings import representatives
from trust.answering import POINTS, answers
from trust.committee import opined, papers

pytestmark = pytest.mark.django_db
AREAS = {
    "education and training": "education",
    "social aid": "essential_services",
    "public security": "law_enforcement",
    "employment": "employment",
}
HIGH = ["education", "essential_services", "law_enforcement", "street_vision"]


# Which answers make a high risk, the next test says of each; here the whole way, once in the quick ring.
@pytest.mark.parametrize("area", representatives(HIGH, ["street_vision"]))
@pytest.mark.requirement("R47")
@pytest.mark.requirement("R48")
def test_a_high_risk_system_meets_every_gate_one_after_the_other(measured: SystemUse, area: str) -> None:
    use = measured
    prepare(use, State.CHECKED)
    law(use, **{area: "yes"})
    step(use, State.CHECKED)
    prepare(use, State.SANDBOX)
    with pytest.raises(GateClosed, match="analyse d'impact"):
        step(use, State.SANDBOX)
    papers(use)
    step(use, State.SANDBOX)
    prepare(use, State.PRODUCTION)
    with pytest.raises(GateClosed, match="comité d'éthique"):
        step(use, State.PRODUCTION)
    opined(use)
    step(use, State.PRODUCTION)


@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS.keys())
@pytest.mark.requirement("R47")
def test_no_high_risk_system_goes_on_without_its_impact_analysis_and_its_certificate(
    use: SystemUse, dpo: Person, area: str
) -> None:
    def judged() -> list[gates.Judgement]:
        """What the gate of the papers says before each state that it guards."""
        states = (State.SANDBOX, State.PRODUCTION, State.REVIEWED)
        return [{gate.key: one for gate, one in gates.judged(use, state)}["papers"] for state in states]

    assert services.answer(use, dpo, answers(**{area: "yes"}), signed_role="DPO").risk_class == "high"
    assert all("analyse d'impact" in one.message and "certificat" in one.message for one in judged())
    services.certify(use, dpo, text="n° 2027-114", body="Organisme d'essai", day=date(2026, 1, 5))
    assert all(not one.open and "analyse d'impact" in one.message for one in judged())
    services.assess(use, dpo, POINTS)
    assert all(one.open and one.evidence["class"] == "high" for one in judged())


@pytest.mark.requirement("R47")
def test_an_exemption_is_never_for_a_system_that_profiles(use: SystemUse, dpo: Person) -> None:
    narrow = {"essential_services": "yes", "narrow_task": "preparatory"}
    assert services.answer(use, dpo, answers(**narrow), signed_role="DPO").risk_class == "minimal"
    profiled = services.answer(use, dpo, answers(**narrow, profiling="yes"), signed_role="DPO")
    assert profiled.risk_class == "high"

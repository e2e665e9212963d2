"""R47. High-risk (education, training, social aid, public security): certified system, fundamental-rights impact analysis,
human control.

Accepted when the state machine needs the impact analysis, the reference of a certificate and a supervisor. Here: what the
gate of the law asks; the supervisor is the workshop's gate.
"""

from datetime import date

import pytest

from beffroi.web.territories.models import Person
from beffroi.web.trust.legal import services
from beffroi.web.workshop.life import gates
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from trust.answering import POINTS, answers

pytestmark = pytest.mark.django_db
AREAS = {
    "education and training": "education",
    "social aid": "essential_services",
    "public security": "law_enforcement",
    "employment": "employment",
}


@pytest.mark.parametrize("area", AREAS.values(), ids=AREAS.keys())
@pytest.mark.parametrize("state", [State.SANDBOX, State.PRODUCTION, State.REVIEWED])
def test_r47_no_high_risk_system_goes_on_without_its_impact_analysis_and_its_certificate(
    use: SystemUse, dpo: Person, area: str, state: State
) -> None:
    def judged() -> gates.Judgement:
        (found,) = [judgement for gate, judgement in gates.judged(use, state) if gate.key == "papers"]
        return found

    assert services.answer(use, dpo, answers(**{area: "yes"}), signed_role="DPO").risk_class == "high"
    assert "analyse d'impact" in judged().told and "certificat" in judged().told
    services.certify(use, dpo, text="n° 2027-114", body="Organisme d'essai", day=date(2026, 1, 5))
    assert not judged().open and "analyse d'impact" in judged().told
    services.assess(use, dpo, POINTS)
    assert judged().open
    assert judged().evidence["class"] == "high"


def test_r47_an_exemption_is_never_for_a_system_that_profiles(use: SystemUse, dpo: Person) -> None:
    narrow = {"essential_services": "yes", "narrow_task": "preparatory"}
    assert services.answer(use, dpo, answers(**narrow), signed_role="DPO").risk_class == "minimal"
    profiled = services.answer(use, dpo, answers(**narrow, profiling="yes"), signed_role="DPO")
    assert profiled.risk_class == "high"

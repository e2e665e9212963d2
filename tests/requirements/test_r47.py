"""R47. High-risk (education, training, social aid, public security): certified system, fundamental-rights impact analysis,
human control.

Accepted when the state machine needs the impact analysis, the reference of a certificate and a supervisor (the law's own gate:
`test_r47_law.py`).
"""

import pytest

from beffroi.web.workshop.errors import GateClosed
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import law, prepare, step
from trust.committee import opined, papers

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("area", ["education", "essential_services", "law_enforcement", "street_vision"])
def test_r47_and_r48_a_high_risk_system_meets_every_gate_one_after_the_other(
    measured: SystemUse, area: str
) -> None:
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

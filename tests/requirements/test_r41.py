"""R41: explicable, never a black box."""

import pytest

from beffroi.systems import readability
from beffroi.systems.runner import execute, sample
from systems.reports import canteen_point


def test_r41_each_proposal_of_the_canteen_has_reasons_in_plain_french() -> None:
    outcome = execute("canteen", "run", sample("canteen"), {"days": 4}).outcome
    assert outcome is not None and outcome.proposals
    for proposal in outcome.proposals:
        reading = readability.read("\n".join(proposal.reasons))
        assert len(proposal.reasons) >= 2
        assert reading.plain and reading.french >= readability.FRENCH


@pytest.mark.slow
@pytest.mark.xdist_group("canteen_report")
def test_r41_the_scale_bars_what_does_not_explain_itself() -> None:
    assert canteen_point("reasons").ok
    individual = canteen_point("individual")
    assert individual.ok and individual.blocking

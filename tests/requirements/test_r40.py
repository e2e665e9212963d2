"""Contest, correct the error and repair: request, answer of a person, correction, line of the ledger, learning note."""

import pytest

from beffroi.web.decisions import contesting
from beffroi.web.decisions.case_corrections import correct_case
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import Contestation, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.territories import ledger
from beffroi.web.territories.models import Person
from decisions.conftest import ANSWER, a_contestation

pytestmark = pytest.mark.django_db


def test_r40_an_error_is_confirmed_corrected_written_and_learned_from(
    case: Proposal, elected: Person
) -> None:
    decision = decide(case, elected, "change", value=0.5, reason="Mi-temps", unfavourable=False)
    row = a_contestation(case.territory)
    contesting.tie(row, elected, case)
    contesting.answer(row, elected, "confirmed", ANSWER, "Compter les enfants du livret de famille.")
    row = Contestation.objects.get()
    assert row.case_to_correct
    correct_case(decision, elected, Choice("accept", None, "Trois enfants"), row)
    row = Contestation.objects.get()
    assert not row.case_to_correct and row.learned
    assert row.decision is not None and row.decision.standing == ("accept", 1.0)
    acts = [line.act for line in ledger.sealed_lines(case.territory)]
    for act in ("contestation.receive", "contestation.tie", "contestation.answer", "decision.correct"):
        assert act in acts

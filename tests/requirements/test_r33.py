"""Extreme caution for unfavourable decisions: a second reader, and a text written by a human."""

import pytest

from beffroi.web.decisions import second_reading
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.territories.models import Person
from decisions.conftest import OWN_TEXT

pytestmark = pytest.mark.django_db


def test_r33_an_unfavourable_decision_asks_a_text_and_a_second_reader(
    case: Proposal, elected: Person, reader: Person
) -> None:
    with pytest.raises(DecisionError, match="seconde personne"):
        decide(case, elected, "refuse", reason="Rang insuffisant")
    with pytest.raises(DecisionError, match="propres mots"):
        second_reading.prepare(case, elected, Choice("refuse", None, "Rang", text=str(case.reasons[0])))
    prepared = second_reading.prepare(case, elected, Choice("refuse", None, "Rang", text=OWN_TEXT))
    with pytest.raises(DecisionError, match="autre personne"):
        second_reading.confirm(prepared, elected, "Vu", version=1)
    assert not Decision.objects.exists()
    decision = second_reading.confirm(prepared, reader, "Pièces vérifiées", version=1)
    assert (decision.second_reader, decision.text) == (reader, OWN_TEXT)

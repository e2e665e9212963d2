"""What each option of a dial would give, shown above the dial: a table whose key bears the name of the dial's setting."""

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string

from beffroi.systems.manifest import Dial, OutputTable
from beffroi.web.workshop.presentation.morning import Part
from beffroi.web.workshop.presentation.reading import OutputView

DIAL = Dial(setting="shortage_risk", label="Manque accepté", help="Choisissez.", options=(1.0, 2.0))


def _told(key: str) -> str:
    columns = (
        {"name": "choice", "label": "Manque", "type": "text", "role": "place"},
        {"name": "too_many", "label": "Repas en trop attendus", "type": "integer", "unit": "repas"},
        {"name": key, "label": "Risque", "type": "number", "role": "key"},
    )
    output = OutputTable.model_validate({"name": "risk", "title": "Les choix", "columns": columns})
    rows = [
        {"choice": "1 %", "too_many": 1234, key: 1.0},
        {"choice": "2 %", "too_many": 617, key: 2.0},
    ]
    part = Part(OutputView(output, rows), [], None, "")
    return render_to_string("workshop/choices.html", {"read": SimpleNamespace(parts=[part]), "dial": DIAL})


def test_what_each_choice_would_give_is_read_before_choosing() -> None:
    told = _told("shortage_risk").replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert "ce que donnerait chaque choix" in told
    assert "1 234" in told and "617" in told
    assert told.index("1 234") < told.index("617")
    assert "Risque" not in told


@pytest.mark.parametrize("key", ["pipe", "risk"])
def test_a_table_with_another_key_says_nothing_of_the_choice(key: str) -> None:
    assert not _told(key).strip()

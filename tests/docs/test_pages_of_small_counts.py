"""The page on small counts gives the rules that the house applies, and says what is left to check."""

from datetime import date
from pathlib import Path

import pytest

from beffroi.lake.protections import RULES, Rule, rules_on
from beffroi.recipes.disclosure import MAX_EARLIER

PAGE = Path(__file__).resolve().parents[2] / "docs/petits-effectifs.md"


@pytest.mark.parametrize("rule", rules_on(date.today()).values(), ids=lambda rule: rule.key)
def test_each_rule_in_force_has_its_line(rule: Rule) -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {rule.label} |")]
    assert len(lines) == 1
    _, floor, dominance, source = (cell.strip() for cell in lines[0].strip("|").split("|"))
    assert floor == str(rule.floor)
    assert dominance == (f"{100 * rule.dominance:g} % d'un total" if rule.dominance else "")
    assert ("à vérifier" in source) == ("Manuel" not in rule.source)


def test_the_page_says_how_many_figures_are_compared() -> None:
    assert MAX_EARLIER == 24
    assert "vingt-quatre analyses" in PAGE.read_text("utf-8")
    assert len({rule.key for rule in RULES}) == 4

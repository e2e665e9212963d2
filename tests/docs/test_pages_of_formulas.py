"""The page of formulas lists the functions that exist, as the code describes them."""

import re
from types import ModuleType

from beffroi.recipes import formula


def test_the_page_of_formulas_is_what_the_code_describes(generate: ModuleType, pages: dict[str, str]) -> None:
    written = generate.block_of(pages["docs/formules.md"])
    assert written == generate.formulas(), "run: .venv/bin/python docs/generate.py"


def test_every_function_has_its_row(generate: ModuleType) -> None:
    rows = [line for line in generate.formulas().splitlines() if line.startswith("| `")]
    assert len(rows) == len(formula.describe())
    for function in formula.describe():
        assert [row for row in rows if row.startswith(f"| `{function.signature}` |")], function.name
    # A bar would cut a cell in two.
    assert all(row.count("|") == 4 for row in rows)


def test_the_functions_that_the_page_speaks_of_exist(pages: dict[str, str]) -> None:
    spoken = set(re.findall(r"`([A-Z][A-Z.]+)`", pages["docs/formules.md"]))
    known = {function.name for function in formula.describe()} | {"VRAI", "FAUX"}
    assert len(spoken) >= 8
    assert spoken - known == set()

"""The page of rights is the table that the code applies."""

from types import ModuleType


def test_the_page_of_rights_is_the_table_that_the_code_applies(
    generate: ModuleType, pages: dict[str, str]
) -> None:
    written = generate.block_of(pages["docs/rights.md"])
    assert written == generate.rights(), "run: .venv/bin/python docs/generate.py"


def test_every_act_has_a_row_and_every_role_a_column(generate: ModuleType) -> None:
    from beffroi.web.territories.rights import ACTS, ROLES

    rows = [line for line in generate.rights().splitlines() if line.startswith("| ")]
    assert len(rows) == len(ACTS) + 2
    assert all(row.count(" | ") == len(ROLES) for row in rows)

"""The page of rights is the table that the code applies."""

from types import ModuleType


def test_the_page_of_rights_is_the_table_that_the_code_applies(
    generate: ModuleType, pages: dict[str, str]
) -> None:
    written = generate.block_of(pages["docs/rights.md"])
    assert written == generate.rights(), "run: .venv/bin/python docs/generate.py"


def test_every_act_has_a_row_that_names_exactly_the_roles_that_have_it(generate: ModuleType) -> None:
    from beffroi.web.platform.rights import ACTS, RIGHTS, ROLES

    rows = [line for line in generate.rights().splitlines() if line.startswith("| ")]
    for act in ACTS:
        (row,) = [line for line in rows if f"(`{act}`)" in line]
        named = row.split(" | ")[1].removesuffix(" |").replace(" (les siens)", "").split(", ")
        given = [label for role, label in ROLES.items() if act in RIGHTS[role]]
        assert ", ".join(named) == (", ".join(given) or "personne"), act


def test_every_role_has_a_row_with_its_code(generate: ModuleType) -> None:
    from beffroi.web.platform.rights import ROLES

    rows = generate.rights().splitlines()
    for role, label in ROLES.items():
        assert [line for line in rows if line.startswith(f"| {label} | `{role}` |")], role

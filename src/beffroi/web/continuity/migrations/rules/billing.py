"""Rules of the database on billing statements: what they are made of never changes, they are checked once, by a second person."""

from beffroi.web.platform.triggers import (
    by_a_person,
    immutable,
    is_human,
    no_replace,
    refuse,
    same_territory,
    set_once,
)

STATEMENT = "continuity_billingstatement"

RULES = [
    immutable(
        f"{STATEMENT}_frozen",
        STATEMENT,
        (
            "territory_id", "service", "label", "first_day", "last_day", "sources", "result", "replaces_id", "by_id", "at",
        ),
        why="a corrected table makes another statement",
    ),
    refuse(f"{STATEMENT}_no_delete", "DELETE", STATEMENT),
    refuse(
        f"{STATEMENT}_inputs_only_erased",
        "UPDATE OF inputs",
        STATEMENT,
        condition="NEW.inputs IS NOT NULL",
        why="the tables of a statement are erased, never changed",
    ),
    no_replace(STATEMENT),
    by_a_person(STATEMENT, "by_id"),
    same_territory(STATEMENT, "replaces_id", STATEMENT),
    set_once(f"{STATEMENT}_checked_once", STATEMENT, "checked_at", why="a statement is checked once"),
    set_once(f"{STATEMENT}_erased_once", STATEMENT, "erased_at", why="what was erased stays so"),
    refuse(
        f"{STATEMENT}_checked_by_a_person",
        "UPDATE OF checked_by_id",
        STATEMENT,
        condition=f"NEW.checked_by_id IS NOT NULL AND NOT {is_human('NEW.checked_by_id')}",
        why="a program checks nothing",
    ),
]  # fmt: skip

"""Rules of the database on signed plans: an edition is written once, by a person, and follows the one before."""

# A condition of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from typing import Any

from beffroi.web.platform.triggers import append_only, by_a_person, refuse, same_key

EDITION = "continuity_planedition"
_BEFORE = f"SELECT coalesce(max(number), 0) FROM {EDITION} WHERE territory_id = NEW.territory_id AND kind = NEW.kind"
RULES: list[Any] = [
    *append_only(EDITION, taken=same_key("territory_id, kind, number")),
    by_a_person(EDITION, "by_id", why="a program signs nothing"),
    refuse(
        f"{EDITION}_in_order",
        "INSERT",
        EDITION,
        condition=f"NEW.number <> ({_BEFORE}) + 1",
        why="an edition follows the one before",
    ),
]

"""Rules of the database on paper forms: numbers allotted never overlap, and each ends once."""

# Names of our own tables and conditions of our own migrations: no text of a user is in this SQL.
# ruff: noqa: S608

from beffroi.web.platform.triggers import append_only, is_human, refuse, same_key, same_territory

RANGES, ENDS = "continuity_numberrange", "continuity_numberend"
_HERE = "territory_id = NEW.territory_id AND mark = NEW.mark AND counter = NEW.counter"
RULES = [
    *append_only(RANGES),
    refuse(
        f"{RANGES}_no_overlap",
        "INSERT",
        RANGES,
        condition=f"EXISTS (SELECT 1 FROM {RANGES} WHERE {_HERE} AND first <= NEW.last AND last >= NEW.first)",
        why="these numbers are allotted already",
    ),
    refuse(
        f"{RANGES}_by_a_person",
        "INSERT",
        RANGES,
        condition=f"NEW.allotted_by_id IS NOT NULL AND NOT {is_human('NEW.allotted_by_id')}",
        why="a program does not answer for a person",
    ),
    refuse(
        f"{RANGES}_reserve_of_the_kit",
        "INSERT",
        RANGES,
        condition="(NEW.allotted_by_id IS NULL) <> (NEW.counter = 'K')",
        why="only the reserve of the kit is allotted by the house, and only the house allots it",
    ),
    *append_only(ENDS, taken=same_key("range_id, rank, outcome")),
    same_territory(ENDS, "range_id", RANGES),
    refuse(f"{ENDS}_by_a_person", "INSERT", ENDS, condition=f"NOT {is_human('NEW.by_id')}",
           why="a program does not answer for a person"),
    refuse(
        f"{ENDS}_within_its_range",
        "INSERT",
        ENDS,
        condition=f"NOT EXISTS (SELECT 1 FROM {RANGES} WHERE id = NEW.range_id AND first <= NEW.rank AND last >= NEW.rank)",
        why="this number was never allotted",
    ),
    refuse(
        f"{ENDS}_once",
        "INSERT",
        ENDS,
        condition=(
            f"EXISTS (SELECT 1 FROM {ENDS} WHERE range_id = NEW.range_id AND rank = NEW.rank"
            " AND (outcome <> 'lost' OR NEW.outcome <> 'entered'))"
        ),
        why="this number has ended: only a lost sheet that is found again is entered",
    ),
]  # fmt: skip

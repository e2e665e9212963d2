"""Rules of the database on crisis: a journal is written once, an exercise stays one, a program activates and signs nothing."""

# Names of our own tables and conditions: no text of a user is in this SQL.
# ruff: noqa: S608

from typing import Any

from beffroi.web.platform.triggers import (
    append_only,
    by_a_person,
    immutable,
    is_human,
    no_replace,
    on_insert_or_update,
    refuse,
    same_key,
    same_territory,
    set_once,
)

CRISIS, ROLES, MERGES, LINES, POINTS, MESSAGES, VALIDATIONS, SHIFTS, SUPPORT = (
    "continuity_crisis",
    "continuity_roleassignment",
    "continuity_journalmerge",
    "continuity_journalline",
    "continuity_situationpoint",
    "continuity_crisismessage",
    "continuity_messagevalidation",
    "continuity_dutyshift",
    "continuity_supportcheck",
)
# Unique keys of each append-only table, beyond its identifier.
KEYS: dict[str, tuple[str, ...]] = {
    ROLES: (),
    MERGES: (),
    LINES: ("crisis_id, uuid",),
    POINTS: ("crisis_id, number",),
    MESSAGES: (),
    VALIDATIONS: ("message_id",),
    SHIFTS: (),
    SUPPORT: (),
}


def _of_one_kind(column: str) -> list[refuse]:
    """What a crisis names by this column is of its territory, and an exercise if and only if the crisis is one."""
    return on_insert_or_update(
        f"{CRISIS}_{column}_of_its_kind",
        CRISIS,
        (column,),
        condition=(
            f"NEW.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM guides_response WHERE id = NEW.{column}"
            " AND territory_id = NEW.territory_id AND is_exercise = NEW.is_exercise)"
        ),
        why="an exercise and a real crisis share nothing",
    )


RULES: list[Any] = [
    by_a_person(CRISIS, "activated_by_id", why="a program activates no cell"),
    immutable(
        f"{CRISIS}_frozen",
        CRISIS,
        (
            "territory_id",
            "uuid",
            "device",
            "label",
            "known",
            "is_exercise",
            "activated_by_id",
            "activated_at",
        ),
        why="what a crisis began as stays so",
    ),
    refuse(f"{CRISIS}_no_delete", "DELETE", CRISIS),
    no_replace(CRISIS, same_key("uuid")),
    *(
        set_once(f"{CRISIS}_{column}_once", CRISIS, column, why="written once")
        for column in ("run_id", "facts_id", "debrief_id", "closed_by_id", "closed_at")
    ),
    *(rule for column in ("run_id", "facts_id", "debrief_id") for rule in _of_one_kind(column)),
    refuse(
        f"{CRISIS}_closed_by_a_person",
        "UPDATE OF closed_by_id",
        CRISIS,
        condition=f"NEW.closed_by_id IS NOT NULL AND NOT {is_human('NEW.closed_by_id')}",
        why="a program closes no crisis",
    ),
    *(rule for table, keys in KEYS.items() for rule in append_only(table, taken=same_key(*keys))),
    *(same_territory(table, "crisis_id", CRISIS) for table in KEYS if table != VALIDATIONS),
    same_territory(VALIDATIONS, "message_id", MESSAGES),
    same_territory(LINES, "merge_id", MERGES),
    *(
        by_a_person(table, "by_id")
        for table in (ROLES, MERGES, POINTS, MESSAGES, VALIDATIONS, SHIFTS, SUPPORT)
    ),
    refuse(
        f"{LINES}_by_a_person",
        "INSERT",
        LINES,
        condition=f"NEW.person_id IS NOT NULL AND NOT {is_human('NEW.person_id')}",
        why="a program writes no line of the journal",
    ),
    refuse(
        f"{LINES}_of_its_kind",
        "INSERT",
        LINES,
        condition=(
            f"NOT EXISTS (SELECT 1 FROM {CRISIS} WHERE id = NEW.crisis_id AND is_exercise = NEW.is_exercise)"
        ),
        why="a line of an exercise is never in a real journal",
    ),
    refuse(
        f"{LINES}_of_its_merge",
        "INSERT",
        LINES,
        condition=(
            f"NEW.merge_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {MERGES} WHERE id = NEW.merge_id"
            " AND crisis_id = NEW.crisis_id)"
        ),
        why="a line comes from a journal of its own crisis",
    ),
]

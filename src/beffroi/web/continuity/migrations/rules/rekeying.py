"""Rules of the database on re-keying: who typed what stays; what was typed may only be erased."""

from beffroi.web.platform.triggers import (
    by_a_person,
    immutable,
    no_replace,
    refuse,
    same_key,
    same_territory,
    set_once,
)

RANGES = "continuity_numberrange"
BATCHES, FORMS, ENTRIES, REFUSED, SCANS = (
    "continuity_rekeyingbatch",
    "continuity_rekeyedform",
    "continuity_formentry",
    "continuity_refusedentry",
    "continuity_scannedpage",
)
FROZEN = {
    BATCHES: ("territory_id", "form", "edition_id", "rows_edition_id", "mark", "counter", "day",
              "is_exercise", "opened_by_id", "opened_at"),
    FORMS: ("territory_id", "batch_id", "range_id", "rank", "number", "at"),
    ENTRIES: ("territory_id", "form_id", "turn", "by_id", "at"),
    SCANS: ("territory_id", "name", "page", "read_code", "sha256", "size", "by_id", "at"),
}  # fmt: skip
RULES = [
    *(
        rule
        for table, columns in FROZEN.items()
        for rule in (
            immutable(f"{table}_frozen", table, columns),
            refuse(f"{table}_no_delete", "DELETE", table),
            no_replace(table, same_key(*(["range_id, rank"] if table == FORMS else []))),
        )
    ),
    by_a_person(BATCHES, "opened_by_id"),
    *(by_a_person(table, "by_id") for table in (ENTRIES, REFUSED, SCANS)),
    same_territory(FORMS, "batch_id", BATCHES),
    same_territory(FORMS, "range_id", RANGES),
    same_territory(ENTRIES, "form_id", FORMS),
    same_territory(REFUSED, "batch_id", BATCHES),
    set_once(f"{BATCHES}_closed_once", BATCHES, "closed_at", why="a closed batch stays so"),
    set_once(f"{FORMS}_erased_once", FORMS, "erased_at", why="what was erased stays so"),
    refuse(
        f"{FORMS}_not_written_again",
        "UPDATE OF answers",
        FORMS,
        condition="OLD.erased_at IS NOT NULL AND NEW.answers IS NOT NULL",
        why="what was erased stays so",
    ),
    refuse(
        f"{ENTRIES}_only_erased",
        "UPDATE OF answers",
        ENTRIES,
        condition="NEW.answers IS NOT NULL",
        why="what a person typed is never changed",
    ),
    refuse(
        f"{SCANS}_filed_once",
        "UPDATE OF range_id, rank",
        SCANS,
        condition="OLD.range_id IS NOT NULL",
        why="a page that was filed stays under its number",
    ),
]

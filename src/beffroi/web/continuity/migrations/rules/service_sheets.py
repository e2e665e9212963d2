"""Rules of the database on service sheets: approvals and trials are written once, by a person, on a sheet of their territory."""

from typing import Any

from beffroi.web.platform.triggers import append_only, by_a_person, same_territory

APPROVALS, TRIALS = "continuity_sheetapproval", "continuity_sheettrial"

RULES: list[Any] = [
    rule
    for table in (APPROVALS, TRIALS)
    for rule in (
        *append_only(table),
        by_a_person(table, "by_id"),
        same_territory(table, "entry_id", "guides_registerentry"),
    )
]

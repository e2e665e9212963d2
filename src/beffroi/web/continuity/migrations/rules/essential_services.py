"""Rules of the database on validated consequences: written once, by a person, in their own territory."""

from typing import Any

from beffroi.web.platform.triggers import append_only, by_a_person, same_key, same_territory

VALIDATION = "continuity_outagevalidation"
RULES: list[Any] = [
    *append_only(VALIDATION, taken=same_key("response_id")),
    by_a_person(VALIDATION, "by_id", why="a program validates nothing"),
    same_territory(VALIDATION, "response_id", "guides_response"),
    same_territory(VALIDATION, "entry_id", "guides_registerentry"),
]

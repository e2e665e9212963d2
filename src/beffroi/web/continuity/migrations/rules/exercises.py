"""Rules of the database on exercises: an event is written once, by a person, in a run that is an exercise."""

# Conditions of our own: no text of a user is in this SQL.

from beffroi.web.platform.triggers import append_only, by_a_person, refuse, same_key, same_territory

EVENT = "continuity_exerciseevent"
IMPORT = "continuity_exerciseimport"

RULES = [
    *append_only(EVENT),
    by_a_person(EVENT, "by_id"),
    same_territory(EVENT, "run_id", "guides_response"),
    refuse(
        f"{EVENT}_of_an_exercise",
        "INSERT",
        EVENT,
        condition="NOT EXISTS (SELECT 1 FROM guides_response WHERE id = NEW.run_id AND is_exercise)",
        why="an event of an exercise is not written in a real run",
    ),
]

IMPORT_RULES = [
    *append_only(IMPORT, taken=same_key("run_id", "territory_id, exercise")),
    by_a_person(IMPORT, "by_id"),
    same_territory(IMPORT, "run_id", "guides_response"),
    refuse(
        f"{IMPORT}_of_an_exercise",
        "INSERT",
        IMPORT,
        condition="NOT EXISTS (SELECT 1 FROM guides_response WHERE id = NEW.run_id AND is_exercise)",
        why="a real run is not taken back as an exercise",
    ),
]

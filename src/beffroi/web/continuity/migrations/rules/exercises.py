"""Rules of the database on exercises: an event is written once, by a person, in a run that is an exercise."""

# Conditions of our own: no text of a user is in this SQL.

from beffroi.web.platform.triggers import append_only, by_a_person, refuse, same_territory

EVENT = "continuity_exerciseevent"

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

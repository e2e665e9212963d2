"""The page that plays a whole exercise on a laptop by a double click: what it is given to begin with.

In: a scenario, a territory. Out: one HTML document. The rules of each act come from `exercise_acts`, so that the page refuses what would be
refused here. What it does: `frontend/src/offline/exercise.js`.
"""

from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from beffroi.guides.runbook import Runbook
from beffroi.web.platform.models import Territory

from ..models import ExerciseEvent
from ..offline_pages import pages
from . import exercise_acts, exercise_file, papers
from .presenting import short_title
from .timeline import SPEEDS


def name(scenario: Runbook) -> str:
    """Of its file, without extension: « EXERCICE-rancongiciel-dans-une-mairie »."""
    return f"EXERCICE-{slugify(short_title(scenario.title))}"


def document(scenario: Runbook, territory: Territory) -> str:
    return pages.exercise_page(seed(scenario, territory))


def seed(scenario: Runbook, territory: Territory) -> dict[str, Any]:
    """The scenario, whose exercise it is, and the rules of exercise_acts."""
    return {
        "name": name(scenario),
        "title": short_title(scenario.title),
        "simulated": territory.is_fictional,
        "territory": {"code": territory.code, "name": territory.name},
        "made_at": timezone.localtime().isoformat(timespec="seconds"),
        "scenario": scenario.model_dump(mode="json", by_alias=True),
        "rules": papers.RULES,
        "media": dict(exercise_acts.MEDIA),
        "verdicts": dict(exercise_acts.VERDICTS),
        "speeds": SPEEDS,
        "allowed": {state: sorted(each) for state, each in exercise_acts.ALLOWED.items()},
        "refusals": dict(exercise_acts.REFUSALS),
        "acts": dict(ExerciseEvent.Act.choices),
        "limits": {
            "latest": exercise_acts.LATEST,
            "text": exercise_acts.LONGEST_TEXT,
            "shortest_title": exercise_acts.SHORTEST_TITLE,
            "shortest_text": exercise_acts.SHORTEST_TEXT,
            "shortest_reaction": exercise_acts.SHORTEST_REACTION,
            "shortest_correction": exercise_file.SHORTEST_CORRECTION,
            "events": exercise_file.MOST_EVENTS,
            "corrections": exercise_file.MOST_CORRECTIONS,
            "bytes": exercise_file.MOST_BYTES,
            **exercise_file.LONGEST,
        },
    }

"""The page that plays a whole exercise on a laptop by a double click: what it is given to begin with.

In: a scenario, a territory. Out: one HTML document. The rules of each act come from `acts`, so that the page refuses what would be
refused here. What it does: `frontend/src/offline/exercise.js`.
"""

from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from beffroi.guides.runbook import Runbook
from beffroi.web.platform.models import Territory

from ..models import ExerciseEvent
from ..offline_pages import pages
from . import acts, exercise_file, papers
from .presenting import short_title
from .timeline import SPEEDS


def name(scenario: Runbook) -> str:
    """Of its file, without extension: « EXERCICE-rancongiciel-dans-une-mairie »."""
    return f"EXERCICE-{slugify(short_title(scenario.title))}"


def document(scenario: Runbook, territory: Territory) -> str:
    return pages.exercise_page(seed(scenario, territory))


def seed(scenario: Runbook, territory: Territory) -> dict[str, Any]:
    """The scenario, whose exercise it is, and the rules of acts."""
    return {
        "name": name(scenario),
        "title": short_title(scenario.title),
        "simulated": territory.is_fictional,
        "territory": {"code": territory.code, "name": territory.name},
        "made_at": timezone.localtime().isoformat(timespec="seconds"),
        "scenario": scenario.model_dump(mode="json", by_alias=True),
        "rules": papers.RULES,
        "media": dict(acts.MEDIA),
        "verdicts": dict(acts.VERDICTS),
        "speeds": SPEEDS,
        "allowed": {state: sorted(each) for state, each in acts.ALLOWED.items()},
        "refusals": dict(acts.REFUSALS),
        "acts": dict(ExerciseEvent.Act.choices),
        "limits": {
            "latest": acts.LATEST,
            "text": acts.LONGEST_TEXT,
            "shortest_title": acts.SHORTEST_TITLE,
            "shortest_text": acts.SHORTEST_TEXT,
            "shortest_reaction": acts.SHORTEST_REACTION,
            "shortest_correction": exercise_file.SHORTEST_CORRECTION,
            "events": exercise_file.MOST_EVENTS,
            "corrections": exercise_file.MOST_CORRECTIONS,
            "bytes": exercise_file.MOST_BYTES,
            **exercise_file.LONGEST,
        },
    }

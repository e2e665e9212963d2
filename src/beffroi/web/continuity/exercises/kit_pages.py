"""What exercises have in the offline kit: a page a scenario, to train on a laptop. No personal data: the scenarios are invented."""

from collections.abc import Iterator

from beffroi.web.platform.models import Territory

from ..offline_kit.parts import Part, WholePage, register
from . import playable_page, services
from .presenting import short_title


def exercise_pages(territory: Territory) -> Iterator[WholePage]:
    for scenario in services.scenarios():
        document = playable_page.document(scenario, territory)
        yield WholePage(
            playable_page.name(scenario).lower(), f"EXERCICE : {short_title(scenario.title)}", document
        )


def register_parts() -> None:
    """Called once, when the application is ready."""
    register(Part("exercises", "S'exercer, sans que rien ne sorte", 80, exercise_pages))

"""What the trust room tells citizens: recommendations with their answers, and a published report, in each territory."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from beffroi.web.trust.recommendations import services as recommendations
from beffroi.web.trust.report import publishing

if TYPE_CHECKING:
    from .world import Side


def furnish_reports(side: "Side") -> None:
    """All of it is public: it bears the public word. Called inside the territory."""
    person, word, today = side.people["everything"], side.words.public, timezone.localdate()
    for n in range(1 + side.words.more):
        row = recommendations.receive(
            side.territory,
            person,
            text=f"Que {word} publie le coût de ses services d'IA, {n}.",
            origin="council",
            received_on=today - timedelta(days=10),
        )
        recommendations.follow(row, person, "accepted", f"{word} le publie dans son rapport annuel, {n}.")
    side.facts["recommendation"] = row
    side.facts["publication"] = publishing.publish(side.territory, person, today.year)

"""What the invented town shows of its AI: recommendations of citizens, one with its answer, and this year's report, published.

In come the territory and its members; out go rows that say they are examples. Never for a real authority.
"""

from datetime import timedelta

from django.utils import timezone

from beffroi.web.platform.models import Territory
from beffroi.web.trust.recommendations import services as recommendations
from beffroi.web.trust.report import publishing

from .life import EXAMPLE
from .members import Members

RECOMMENDATIONS = (
    f"{EXAMPLE} : publier chaque année ce que coûtent les services d'IA, et ceux qui n'ont pas marché.",
    f"{EXAMPLE} : expliquer en mots simples chaque service d'IA à l'entrée du lieu où il sert.",
)
ANSWER = f"{EXAMPLE} : c'est fait. Le rapport annuel montre tous les services, et ce que l'on ne sait pas."


def open_to_citizens(territory: Territory, members: Members) -> None:
    """Two recommendations, then the report of the year so far."""
    today = timezone.localdate()
    first, _ = (
        recommendations.receive(
            territory,
            members.guide,
            text=text,
            origin="convention",
            received_on=today - timedelta(days=40 - 20 * rank),
        )
        for rank, text in enumerate(RECOMMENDATIONS)
    )
    recommendations.follow(first, members.decider, "accepted", ANSWER)
    publishing.publish(territory, members.guide, today.year)

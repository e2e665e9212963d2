"""What waits for who decides, on the home of a territory: the next stage of a plan, files that are finished and not decided."""

from typing import Any, Final

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse

from beffroi.guides import Guide, Plan
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .addresses import address
from .domains import domain_of
from .library import library
from .models import FollowedAction, Response, StageAcceptance

TOPIC: Final = "acceptance"
MOST: Final = 3
"""Cards of each sort."""


def acceptance_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """One card a plan whose next stage waits, one a file to decide; to who may accept them only. One query."""
    guides = {each.id: each for each in library().guides.values() if _may_accept(person, territory, each)}
    if not guides:
        return []
    followed, accepted, files = set(), set(), []
    for sort, guide, which in _rows(territory, guides).all():
        if sort == "action":
            followed.add(guide)
        elif sort == "stage":
            accepted.add((guide, which))
        else:
            files.append((guides[guide], int(which)))
    cards = []
    for key in sorted(followed):
        plan = guides[key]
        stages = plan.stages if isinstance(plan, Plan) else ()
        stage = next((each for each in stages if (key, each.key) not in accepted), None)
        if stage is not None:
            cards.append(
                _card(f"Étape à accepter : {stage.title}", plan.title, address(territory, plan), order=8)
            )
    return cards[:MOST] + [
        _card("Dossier à trancher", guide.title, reverse("response", args=[territory.slug, pk]), order=9)
        for guide, pk in sorted(files, key=lambda each: each[1])[:MOST]
    ]


def _may_accept(person: Person, territory: Territory, guide: Guide) -> bool:
    domain = domain_of(guide)
    return (
        domain is not None
        and (isinstance(guide, Plan) or bool(guide.decided_by))
        and may(person, domain.accept, territory)
    )


def _rows(territory: Territory, guides: dict[str, Guide]) -> QuerySet[Any, tuple[str, str, str]]:
    """The plans that are followed, the stages accepted, the files finished that nobody decided."""

    def text(value: str) -> Value:
        return Value(value, output_field=CharField())

    actions = FollowedAction.objects.of(territory).filter(plan__in=guides).exclude(state="refused")
    stages = StageAcceptance.objects.of(territory).filter(plan__in=guides)
    files = Response.objects.of(territory).filter(
        guide__in=guides, closed_at__isnull=False, arbitrations=None
    )
    return (
        actions.order_by()
        .values_list(text("action"), "plan", text(""))
        .union(
            stages.order_by().values_list(text("stage"), "plan", "stage"),
            files.order_by().values_list(text("file"), "guide", Cast("pk", CharField())),
        )
    )


def _card(title: str, text: str, url: str, *, order: int) -> HomeCard:
    return HomeCard(title, text, url, order=order, section=Section.TO_DO, topic=TOPIC)

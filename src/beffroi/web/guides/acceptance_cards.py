"""What waits for who decides, on the home of a territory: the next stage of a plan, files that are complete and not decided."""

from typing import Any, Final

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Guide, Plan, Questionnaire
from beffroi.guides.questionnaire import missing_answers
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .addresses import address
from .domains import domain_of
from .library import library
from .models import FollowedAction, Response, StageAcceptance, answers_of

TOPIC: Final = "acceptance"
MOST: Final = 3
"""Cards of each sort."""
MOST_READ: Final = 4
"""Files whose answers the home reads: one query each."""


def acceptance_cards(person: Person, territory: Territory) -> list[HomeCard]:
    """One card a plan whose next stage waits, one a file to decide; to who may accept them only. One query where no file waits."""
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
            files.append(int(which))
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
        _card(
            "Dossier à trancher",
            each.label or guides[each.guide].title,
            reverse("response", args=[territory.slug, each.pk]),
            order=9,
        )
        for each in _complete(territory, files)[:MOST]
    ]


def _complete(territory: Territory, keys: list[int]) -> list[Response]:
    """Those of these files that say all that a decision needs; no query where there is none."""
    if not keys:
        return []
    found = Response.objects.of(territory).filter(pk__in=keys).select_related("edition").order_by("pk")
    today = timezone.localdate()
    return [
        each
        for each in found[:MOST_READ]
        if isinstance(guide := each.edition.read(), Questionnaire)
        and not missing_answers(guide, answers_of(each), today)
    ]


def _may_accept(person: Person, territory: Territory, guide: Guide) -> bool:
    domain = domain_of(guide)
    return (
        domain is not None
        and (isinstance(guide, Plan) or bool(guide.decided_by))
        and may(person, domain.accept, territory)
    )


def _rows(territory: Territory, guides: dict[str, Guide]) -> QuerySet[Any, tuple[str, str, str]]:
    """The plans that are followed, the stages accepted, the files that nobody decided."""

    def text(value: str) -> Value:
        return Value(value, output_field=CharField())

    actions = FollowedAction.objects.of(territory).filter(plan__in=guides).exclude(state="refused")
    stages = StageAcceptance.objects.of(territory).filter(plan__in=guides)
    files = Response.objects.of(territory).filter(guide__in=guides, arbitrations=None)
    return (
        actions.order_by()
        .values_list(text("action"), "plan", text(""))
        .union(
            stages.order_by().values_list(text("stage"), "plan", "stage"),
            files.order_by().values_list(text("file"), "guide", Cast("pk", CharField())),
        )
        .order_by()
    )


def _card(title: str, text: str, url: str, *, order: int) -> HomeCard:
    return HomeCard(title, text, url, order=order, section=Section.TO_DO, topic=TOPIC)

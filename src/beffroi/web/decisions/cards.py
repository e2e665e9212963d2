"""What the decisions room says on a territory's home: how many proposals wait, and which contestations grow
old, how many drafts wait."""

from typing import Final

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from . import contest_reading, drafting, second_reading
from .inbox import may_decide, waiting

TOPIC: Final = "proposals"
CONTESTATIONS: Final = "contestations"


def waiting_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, "proposal.read", territory):
        return None
    count = waiting(territory).count()
    if not count:
        return None
    decides = may_decide(person, territory)
    who = "attendent votre décision" if decides else "attendent la décision d'un élu"
    if count == 1:
        who = who.replace("attendent", "attend")
    return HomeCard(
        title="À valider",
        text=f"proposition{'s' if count > 1 else ''} {who}. Un système propose, une personne décide.",
        url=reverse("decisions", kwargs={"slug": territory.slug}),
        count=count,
        order=10,
        section=Section.TO_DO if decides else Section.REST,
        topic=TOPIC,
    )


def second_readings_card(person: Person, territory: Territory) -> HomeCard | None:
    """The unfavourable decisions that others prepared and that this person may read a second time."""
    if not may(person, "decision.second_read", territory):
        return None
    count = second_reading.to_read(territory, person).count()
    if not count:
        return None
    return HomeCard(
        title="À relire",
        text=f"décision{'s' if count > 1 else ''} défavorable{'s' if count > 1 else ''}, à confirmer ou à rendre.",
        url=reverse("decisions-to-read", kwargs={"slug": territory.slug}),
        count=count,
        order=11,
        section=Section.TO_DO,
        topic=TOPIC,
    )


def contestations_card(person: Person, territory: Territory) -> HomeCard | None:
    """For who answers: how many wait, with the reminder at one month and the lateness at two."""
    if not may(person, "contestation.answer", territory):
        return None
    rows = list(contest_reading.listed(territory, "ouvertes"))
    if not rows:
        return None
    late, old = sum(row.late for row in rows), sum(row.to_remind and not row.late for row in rows)
    delays = [f"{late} en retard" * bool(late), f"{old} à mi-délai ou plus" * bool(old)]
    clock = ", ".join(part for part in delays if part)
    return HomeCard(
        title="Contestations",
        text=f"{'à laquelle' if len(rows) == 1 else 'auxquelles'} une personne doit répondre{f' ({clock})' if clock else ''}.",
        url=reverse("contestations", kwargs={"slug": territory.slug}),
        count=len(rows),
        order=12,
        section=Section.TO_DO,
        topic=CONTESTATIONS,
    )


def drafts_card(person: Person, territory: Territory) -> HomeCard | None:
    """For who may choose or rewrite one."""
    if not may(person, "draft.write", territory):
        return None
    count = drafting.listed(territory).count()
    if not count:
        return None
    one = count == 1
    return HomeCard(
        title="Brouillons de réponse",
        text=f"préparé{'' if one else 's'} par un système automatisé, à choisir, récrire ou écarter.",
        url=reverse("reply-drafts", kwargs={"slug": territory.slug}),
        count=count,
        order=14,
        section=Section.TO_DO,
        topic=TOPIC,
    )

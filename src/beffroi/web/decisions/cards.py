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


def _card(
    territory: Territory,
    page: str,
    count: int,
    order: int,
    title: str,
    words: tuple[str, str],
    *,
    section: Section = Section.TO_DO,
    topic: str = TOPIC,
) -> HomeCard | None:
    """`words`: what follows the count, for one and for several; None where nothing waits."""
    if not count:
        return None
    url = reverse(page, kwargs={"slug": territory.slug})
    return HomeCard(title, words[count > 1], url, count=count, order=order, section=section, topic=topic)


def waiting_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, "proposal.read", territory):
        return None
    decides = may_decide(person, territory)
    whose = "votre décision" if decides else "la décision d'un élu"
    after = f"{whose}. Un système propose, une personne décide."
    words = f"proposition attend {after}", f"propositions attendent {after}"
    section = Section.TO_DO if decides else Section.REST
    count = waiting(territory).count()
    return _card(territory, "decisions", count, 10, "À valider", words, section=section)


def second_readings_card(person: Person, territory: Territory) -> HomeCard | None:
    """The unfavourable decisions that others prepared and that this person may read a second time."""
    if not may(person, "decision.second_read", territory):
        return None
    after = "à confirmer ou à rendre."
    words = f"décision défavorable, {after}", f"décisions défavorables, {after}"
    count = second_reading.to_read(territory, person).count()
    return _card(territory, "decisions-to-read", count, 11, "À relire", words)


def contestations_card(person: Person, territory: Territory) -> HomeCard | None:
    """For who answers: how many wait, with the reminder at one month and the lateness at two."""
    if not may(person, "contestation.answer", territory):
        return None
    rows = list(contest_reading.listed(territory, "ouvertes"))
    late, old = sum(row.late for row in rows), sum(row.to_remind and not row.late for row in rows)
    delays = [f"{late} en retard" * bool(late), f"{old} à mi-délai ou plus" * bool(old)]
    clock = ", ".join(filter(None, delays))
    after = f"une personne doit répondre{f' ({clock})' if clock else ''}."
    words = f"à laquelle {after}", f"auxquelles {after}"
    return _card(territory, "contestations", len(rows), 12, "Contestations", words, topic=CONTESTATIONS)


def drafts_card(person: Person, territory: Territory) -> HomeCard | None:
    """For who may choose or rewrite one."""
    if not may(person, "draft.write", territory):
        return None
    after = "par un système automatisé, à choisir, récrire ou écarter."
    words = f"préparé {after}", f"préparés {after}"
    count = drafting.listed(territory).count()
    return _card(territory, "reply-drafts", count, 14, "Brouillons de réponse", words)

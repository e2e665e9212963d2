"""Tabs of this room's pages: those that the reader may open, and how much waits behind each."""

from dataclasses import dataclass

from django.urls import reverse

from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from . import contest_reading, drafting, second_reading


@dataclass(frozen=True)
class Tab:
    label: str
    url: str
    count: int
    current: bool


def of(person: Person, territory: Territory, here: str = "") -> list[Tab]:
    """Tabs in the order of the work; `here`: the name of the page's own route."""
    counts = {
        "decisions-to-read": second_reading.to_read(territory, person).count,
        "contestations": contest_reading.listed(territory, "ouvertes").count,
        "reply-drafts": drafting.listed(territory).count,
    }
    drafts = drafting.any_here(territory)  # nobody is told of drafts where no system writes any
    tabs = (
        ("decisions", "À valider", "proposal.read"),
        ("decisions-all", "Toutes les propositions", "proposal.read"),
        ("decisions-to-read", "À relire", "decision.second_read"),
        ("reply-drafts", "Brouillons de réponse", "proposal.read"),
        ("offences", "Infractions à confirmer", "offence.read"),
        ("contestations", "Contestations", "contestation.read"),
        ("decisions-sheet", "Feuille du jour", "proposal.read"),
        ("decisions-history", "Historique", "proposal.read"),
        ("decisions-usage", "Usage", "usage.read"),
    )
    return [
        Tab(
            label,
            reverse(name, kwargs={"slug": territory.slug}),
            counts[name]() if name in counts else 0,
            name == here,
        )
        for name, label, act in tabs
        if may(person, act, territory) and (drafts or name != "reply-drafts")
    ]

"""What the decisions room says on a territory's home: how many proposals wait."""

from django.urls import reverse

from beffroi.web.territories.home import HomeCard
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import may

from .inbox import may_decide, waiting


def waiting_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, "proposal.read", territory):
        return None
    count = waiting(territory).count()
    if not count:
        return None
    who = "attendent votre décision" if may_decide(person, territory) else "attendent la décision d'un élu"
    if count == 1:
        who = who.replace("attendent", "attend")
    return HomeCard(
        title="À valider",
        text=f"proposition{'s' if count > 1 else ''} {who}. Un système propose, une personne décide.",
        url=reverse("decisions", kwargs={"slug": territory.slug}),
        count=count,
        order=10,
    )

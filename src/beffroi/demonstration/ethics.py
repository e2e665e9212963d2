"""The ethics committee of the invented town: its invented members, a session, an opinion on each system that
comes before it.

In come the territory and the demonstration's members; everything written here says that it is invented.
"""

from datetime import timedelta

from django.utils import timezone

from beffroi.web.platform.models import Territory
from beffroi.web.trust.committee import services as committee
from beffroi.web.trust.models import Seat
from beffroi.web.workshop.models import SystemUse

from .demonstrated_systems import CommitteeTexts, demonstrated_systems
from .life import EXAMPLE
from .members import Members

SEATS = (
    ("Ada Experte", "enseignante en statistique", Seat.Quality.EXPERT, "appel à candidatures"),
    ("Inès Membre", "médiatrice numérique", Seat.Quality.INDEPENDENT, "désignée par une association"),
    ("Basile Citoyen", "parent d'élève", Seat.Quality.CITIZEN, "tirage au sort parmi les volontaires"),
    ("Dana Citoyenne", "retraitée", Seat.Quality.CITIZEN, "tirage au sort parmi les volontaires"),
    ("Élie Conseiller", "conseiller délégué", Seat.Quality.ELECTED, "désigné par l'assemblée"),
)


def hear_the_committee(territory: Territory, members: Members) -> None:
    """Seat the committee, and hear it on the systems whose texts say what it answers."""
    uses = {use.system: use for use in SystemUse.objects.of(territory)}
    heard = [
        (uses[system.id], system.texts.committee)
        for system in demonstrated_systems()
        if system.texts.committee is not None and system.id in uses
    ]
    if heard and not Seat.objects.of(territory).exists():
        seats = _seats(territory, members)
        for use, texts in heard:
            _opinion(use, texts, seats, members)


def _seats(territory: Territory, members: Members) -> list[Seat]:
    return [
        committee.seat(
            territory,
            members.guide,
            name=f"{name} (membre inventé)",
            name_public=True,
            function=function,
            quality=quality,
            chosen=f"{EXAMPLE} : {chosen}",
            interests="aucun (inventé)",
            since=timezone.localdate() - timedelta(days=90),
            person=members.committee if quality == Seat.Quality.INDEPENDENT else None,
        )
        for name, function, quality, chosen in SEATS
    ]


def _opinion(use: SystemUse, texts: CommitteeTexts, seats: list[Seat], members: Members) -> None:
    for seat in seats:
        committee.declare(use, seat, members.guide, conflict=False, words="aucun lien (inventé)")
    session = committee.meet(
        use.territory,
        members.guide,
        session_date=timezone.localdate(),
        place="salle du conseil (inventée)",
        present=seats,
        minutes=f"{EXAMPLE} : {texts.minutes}",
    )
    opinion = committee.opine(
        use,
        members.committee,
        session,
        verdict="reserved",
        text=f"{EXAMPLE} : {texts.opinion}",
        reserves=list(texts.reserves),
        votes=(4, 0, 1),
    )
    committee.publish(opinion, members.guide)

"""The ethics committee of the invented town: its invented members, a session, an opinion on the canteen system.

In come the territory and the demonstration's members; everything written here says that it is invented.
"""

from datetime import timedelta

from django.utils import timezone

from beffroi.web.platform.models import Territory
from beffroi.web.trust.committee import services as committee
from beffroi.web.trust.models import Seat
from beffroi.web.workshop.models import SystemUse

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
    """Seat the committee, and hear it on the canteen system where there is one."""
    use = SystemUse.objects.of(territory).filter(system="canteen").first()
    if use is not None:
        _opinion(use, members)


def _opinion(use: SystemUse, members: Members) -> None:
    today = timezone.localdate()
    seats = [
        committee.seat(
            use.territory,
            members.guide,
            name=f"{name} (membre inventé)",
            name_public=True,
            function=function,
            quality=quality,
            chosen=f"{EXAMPLE} : {chosen}",
            interests="aucun (inventé)",
            since=today - timedelta(days=90),
            person=members.committee if quality == Seat.Quality.INDEPENDENT else None,
        )
        for name, function, quality, chosen in SEATS
    ]
    for seat in seats:
        committee.declare(use, seat, members.guide, conflict=False, words="aucun lien (inventé)")
    session = committee.meet(
        use.territory,
        members.guide,
        session_date=today,
        place="salle du conseil (inventée)",
        present=seats,
        minutes=f"{EXAMPLE} : la fiche et la mesure sont présentées ; le comité demande ce qui se passe un jour de grève.",
    )
    opinion = committee.opine(
        use,
        members.committee,
        session,
        verdict="reserved",
        text=f"{EXAMPLE} : le service prévoit des repas, jamais des personnes ; sa mesure est montrée, bonne ou mauvaise.",
        reserves=["Revenir devant le comité à la fin du bac à sable."],
        votes=(4, 0, 1),
    )
    committee.publish(opinion, members.guide)

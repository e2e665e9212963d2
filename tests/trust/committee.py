"""A committee for tests: five members, a session, and an opinion, by the real services."""

from datetime import date, timedelta

from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.committee import services
from beffroi.web.trust.legal import services as legal
from beffroi.web.trust.models import Opinion, Seat, Session
from beffroi.web.workshop.models import SystemUse
from life import Who, somebody

from .answering import POINTS

MEMBERS = (
    ("Ada Experte", "expert"),
    ("Inès Indépendante", "independent"),
    ("Claude Citoyen", "citizen"),
    ("Dana Citoyenne", "citizen"),
    ("Élie Élu", "elected"),
)
WHY = "Le comité a vu la fiche, la mesure et les limites ; il les trouve claires et suffisantes."


def last_month() -> date:
    return timezone.localdate() - timedelta(days=30)


def seated(territory: Territory, *, but: str = "", who: Who | None = None, mark: str = "") -> list[Seat]:
    """The members, `but` of one quality."""
    by = (who or (lambda role: somebody(territory, role)))("administrator")
    return [
        services.seat(
            territory,
            by,
            name=f"{name} {mark}".strip(),
            function="membre d'essai",
            quality=quality,
            chosen="Tirage au sort du 3 septembre 2026",
            interests="aucun",
            since=last_month() - timedelta(days=60),
        )
        for name, quality in MEMBERS
        if quality != but
    ]


def declared(use: SystemUse, seats: list[Seat], by: Person, *, in_conflict: str = "") -> None:
    for seat in seats:
        conflict = seat.name == in_conflict
        services.declare(
            use, seat, by, conflict=conflict, words="parts chez l'éditeur" if conflict else "aucun lien"
        )


def held(
    territory: Territory, seats: list[Seat], by: Person, mark: str = "", *, day: date | None = None
) -> Session:
    return services.meet(
        territory,
        by,
        session_date=day or timezone.localdate(),
        place="Salle du conseil",
        present=seats,
        minutes=f"Présentation du service, questions sur les erreurs, réponses, puis vote. {mark}",
    )


def opined(
    use: SystemUse,
    verdict: str = "favourable",
    *,
    published: bool = True,
    who: Who | None = None,
    mark: str = "",
) -> Opinion:
    """The whole way to an opinion: seats, interests, session, vote, publication."""
    who = who or (lambda role: somebody(use.territory, role))
    seats = list(Seat.objects.of(use.territory)) or seated(use.territory, who=who, mark=mark)
    declared(use, seats, who("administrator"))
    session = held(use.territory, seats, who("administrator"), mark)
    votes = (1, 4, 0) if verdict == "unfavourable" else (4, 1, 0)
    reserves = ["Revenir devant le comité dans six mois."] if verdict == "reserved" else []
    opinion = services.opine(
        use,
        who("committee_member"),
        session,
        verdict=verdict,
        text=f"{WHY} {mark}",
        reserves=reserves,
        votes=votes,
    )
    return services.publish(opinion, who("administrator")) if published else opinion


def papers(use: SystemUse) -> None:
    """What the law asks of a high-risk system beside its answers."""
    dpo = somebody(use.territory, "dpo")
    legal.assess(use, dpo, POINTS)
    legal.certify(use, dpo, text="Certificat d'essai 2026-1", body="Organisme d'essai", day=last_month())

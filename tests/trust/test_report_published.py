"""The annual public report on AI: published with the committee's opinions and the experiments that were stopped."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.committee import services as committee
from beffroi.web.trust.report import publishing
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import step
from places import a_person

pytestmark = [pytest.mark.django_db, pytest.mark.room("portal")]


@pytest.mark.requirement("R50")
def test_it_is_published_with_the_committees_opinions_and_the_stopped_experiments(
    measured: SystemUse, territory: Territory, steward: Person, client: Client
) -> None:
    Territory.objects.filter(pk=territory.pk).update(contact="Mairie")
    territory.refresh_from_db()
    keeper, since = a_person(territory, "administrator"), date(2026, 1, 5)
    qualities = ("expert", "independent", "citizen", "citizen", "elected")
    seats = [
        committee.seat(territory, keeper, name=f"Membre {n}", function="membre d'essai", quality=quality,
                       chosen="Tirage au sort de janvier", interests="aucun", since=since)
        for n, quality in enumerate(qualities)
    ]  # fmt: skip
    session = committee.meet(
        territory,
        keeper,
        session_date=timezone.localdate(),
        place="Salle du conseil",
        present=seats,
        minutes="Présentation du service, questions, réponses, puis un vote à main levée.",
    )
    for seat in seats:
        committee.declare(measured, seat, keeper, conflict=False, words="aucun lien")
    opinion = committee.opine(
        measured,
        a_person(territory, "committee_member"),
        session,
        verdict="unfavourable",
        text="Le comité trouve que la moyenne seule ne suffit pas à commander des repas.",
        votes=(1, 4, 0),
    )
    committee.publish(opinion, keeper)
    step(measured, State.STOPPED)
    publishing.publish(territory, steward, timezone.localdate().year)
    page = client.get(f"/p/{territory.slug}/rapport-ia/{timezone.localdate().year}/").text
    for words in ("défavorable", "la moyenne seule ne suffit pas", "arrêté", "Moyenne des repas"):
        assert words in page, words

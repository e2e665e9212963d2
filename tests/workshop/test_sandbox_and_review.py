"""A trial ends by itself, a review comes at its date, and what serves nobody is proposed for stopping."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.territories import home as home_cards
from beffroi.web.territories.models import Person, Territory
from beffroi.web.workshop import services, sheets
from beffroi.web.workshop.errors import GateClosed, NotAllowedToRun
from beffroi.web.workshop.life import stopping
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import LifeStep, Run, SystemUse
from life import carry, prepare, review, sandbox, somebody, step
from places import strongly

pytestmark = pytest.mark.django_db


def yesterday(use: SystemUse) -> None:
    """As if the last day of the trial had been yesterday."""
    SystemUse.objects.filter(pk=use.pk).update(sandbox_until=timezone.localdate() - timedelta(days=1))
    use.refresh_from_db()


def test_the_sandbox_ends_by_itself_on_its_last_day(tried: SystemUse, supervisor: Person) -> None:
    services.execute(tried, supervisor, "run")
    yesterday(tried)
    with pytest.raises(NotAllowedToRun, match="s'est arrêté de lui-même"):
        services.execute(tried, supervisor, "run")
    assert tried.state == State.SANDBOX  # a person says what comes next
    assert "sans décision" in stopping.reasons(tried)[0]
    (card,) = [
        c
        for c in home_cards.cards_for(somebody(tried.territory, "decider"), tried.territory)
        if "Moyenne" in c.title
    ]
    assert card.url.endswith("/etapes/")


def test_a_longer_trial_is_a_new_decision_with_a_later_end(tried: SystemUse, supervisor: Person) -> None:
    held = tried.sandbox_until
    with pytest.raises(GateClosed, match="plus lointaine"):
        step(tried, State.SANDBOX)
    later = (held or timezone.localdate()) + timedelta(days=90)
    services.answer(tried, supervisor, "sandbox", sandbox(ends_on=later.isoformat()))
    step(tried, State.SANDBOX)
    assert tried.sandbox_until == later
    assert LifeStep.objects.filter(use=tried, state="sandbox").count() == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_on": "2020-01-01", "starts_on": "2020-02-01"}, "finit avant de commencer"),
        ({"ends_on": "2030-01-01", "starts_on": "2026-01-01"}, "douze mois au plus"),
        ({"ends_on": "2026-04-01", "starts_on": "2026-01-01"}, "dites pourquoi"),
        ({"volunteers": " \n "}, "Volontaires"),
        ({"criterion": "oui"}, "trop courte"),
        ({"starts_on": "demain"}, "écrivez une date"),
        ({"couleur": "rouge"}, "n'a pas de question"),
    ],
)
def test_a_trial_that_says_too_little_is_refused_beside_the_question(
    bound: SystemUse, supervisor: Person, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(sheets.SheetRefused) as refused:
        services.answer(bound, supervisor, "sandbox", sandbox(**changes))
    assert any(words in fault.message for fault in refused.value.faults)
    assert not bound.sheets.exists()


def test_production_needs_a_benefit_measured_on_these_data(measured: SystemUse, supervisor: Person) -> None:
    use = carry(measured, "sandbox")
    prepare(use, State.PRODUCTION)
    services.execute(use, supervisor, "backtest", settings={"mode": "loses"})
    with pytest.raises(GateClosed, match="Mieux que sans IA"):
        step(use, State.PRODUCTION)
    services.execute(use, supervisor, "backtest")
    step(use, State.PRODUCTION)
    assert use.review_on is not None
    assert timedelta(days=150) < use.review_on - timezone.localdate() < timedelta(days=200)


def test_a_review_a_month_late_stops_the_forecasts_until_it_is_held(
    measured: SystemUse, supervisor: Person
) -> None:
    use = carry(measured, "production")
    SystemUse.objects.filter(pk=use.pk).update(review_on=timezone.localdate() - timedelta(days=31))
    use.refresh_from_db()
    with pytest.raises(NotAllowedToRun, match="revue de l'usage réel"):
        services.execute(use, supervisor, "run")
    services.execute(use, supervisor, "backtest")  # measuring goes on
    services.answer(use, supervisor, "review", review())
    step(use, State.REVIEWED)
    assert services.execute(use, supervisor, "run").state == Run.State.DONE
    with pytest.raises(GateClosed, match="faites-en une nouvelle"):
        step(use, State.REVIEWED)  # the same review does not serve twice


def test_a_review_without_benefit_leads_to_stopping(measured: SystemUse, supervisor: Person) -> None:
    use = carry(measured, "production")
    services.answer(use, supervisor, "review", review(worth_it="no"))
    with pytest.raises(GateClosed, match="arrêtez le service"):
        step(use, State.REVIEWED)
    step(use, State.STOPPED)
    with pytest.raises(NotAllowedToRun, match="arrêté"):
        services.execute(use, supervisor, "backtest")


def test_what_nobody_uses_and_what_brings_nothing_is_proposed_for_stopping(
    measured: SystemUse, supervisor: Person, territory: Territory
) -> None:
    use = carry(measured, "production")
    assert stopping.reasons(use) == []
    Run.objects.filter(use=use, verb="run").update(at=timezone.now() - timedelta(days=200))
    services.execute(use, supervisor, "backtest", settings={"mode": "loses"})
    told = " ".join(stopping.reasons(use))
    assert "ne montre pas de bénéfice" in told
    client = Client()
    strongly(client, somebody(territory, "decider"))
    there = reverse("system-life", kwargs={"slug": territory.slug, "system": "tiny"})
    assert "Arrêt proposé" in client.get(there).content.decode()
    use.refresh_from_db()
    assert use.state == State.PRODUCTION  # only a person stops it


def test_a_stopped_system_begins_again_at_the_idea_and_meets_every_gate_again(measured: SystemUse) -> None:
    use = carry(measured, "production")
    step(use, State.STOPPED)
    step(use, State.IDEA)
    assert (use.sandbox_until, use.review_on) == (None, None)
    carry(use, "sandbox")
    assert [s.state for s in use.steps.all()] == [
        "checked",
        "sandbox",
        "production",
        "stopped",
        "idea",
        "checked",
        "sandbox",
    ]


def test_the_figures_of_the_period_are_frozen_with_the_step(measured: SystemUse, supervisor: Person) -> None:
    use = carry(measured, "production")
    services.execute(use, supervisor, "run", settings={"margin": 20.0})
    services.execute(use, supervisor, "backtest")
    services.answer(use, supervisor, "review", review())
    step(use, State.REVIEWED)
    figures = use.steps.get(state="reviewed").figures
    assert (figures["forecasts"], figures["proposals"], figures["failures"]) == (1, 2, 0)
    assert figures["results"]["last"]["value"] == 3.0
    assert figures["energy_wh"]["value"] > 0 and figures["energy_wh"]["unknown"] == 0

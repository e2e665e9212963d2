"""A trial ends by itself, a review comes at its date, and what serves nobody is proposed for stopping."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.catalogue.sources.fetch_schedules import Schedule
from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.services import DecisionError, decide
from beffroi.web.platform import home_cards as home_cards
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import manifests, services, sheets
from beffroi.web.workshop.errors import GateClosed, NotAllowedToRun
from beffroi.web.workshop.life import serving, stopping
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import LifeStep, Run, SystemUse
from beffroi.web.workshop.services import runs
from life import carry, count, examined, executed, law, prepare, review, sandbox, somebody, step
from places import a_person, strongly

from .tiny import installed

pytestmark = pytest.mark.django_db


def yesterday(use: SystemUse) -> None:
    """As if the last day of the trial had been yesterday."""
    SystemUse.objects.filter(pk=use.pk).update(sandbox_until=timezone.localdate() - timedelta(days=1))
    use.refresh_from_db()


@pytest.mark.requirement("R98")
def test_the_sandbox_ends_by_itself_on_its_last_day(tried: SystemUse, supervisor: Person) -> None:
    executed(tried, supervisor, "run")
    yesterday(tried)
    with pytest.raises(NotAllowedToRun, match="s'est arrêté de lui-même"):
        executed(tried, supervisor, "run")
    assert tried.state == State.SANDBOX  # a person says what comes next
    assert "sans décision" in stopping.reasons(tried)[0]
    cards = home_cards.cards_for(somebody(tried.territory, "decider"), tried.territory)
    answered, to_decide = [card for card in cards if "Moyenne" in card.title]
    assert answered.url.endswith("/matin/")  # what it said on its last day stays
    assert to_decide.url.endswith("/etapes/")


@pytest.mark.requirement("R98")
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
        ({"couleur": "rouge"}, "pas de question « couleur »"),
    ],
)
def test_a_trial_that_says_too_little_is_refused_beside_the_question(
    bound: SystemUse, supervisor: Person, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(sheets.AnswersError) as refused:
        services.answer(bound, supervisor, "sandbox", sandbox(**changes))
    assert any(words in fault.message for fault in refused.value.faults)
    assert not bound.sheets.exists()


def test_a_trial_is_not_planned_for_another_year_nor_a_review_told_before_it_was_held(
    measured: SystemUse, supervisor: Person
) -> None:
    today = timezone.localdate()
    far = {
        "starts_on": (today + timedelta(days=1000)).isoformat(),
        "ends_on": (today + timedelta(days=1200)).isoformat(),
    }
    with pytest.raises(sheets.AnswersError, match="douze mois au plus"):
        services.answer(measured, supervisor, "sandbox", sandbox(**far))
    tomorrow = {
        "held_on": (today + timedelta(days=1)).isoformat(),
        "next_on": (today + timedelta(days=300)).isoformat(),
    }
    with pytest.raises(sheets.AnswersError, match="pas encore passé"):
        services.answer(measured, supervisor, "review", review(**tomorrow))


def test_a_review_of_before_production_does_not_serve(measured: SystemUse, supervisor: Person) -> None:
    use = carry(measured, "production")
    services.answer(
        use, supervisor, "review", review(held_on=(timezone.localdate() - timedelta(days=1)).isoformat())
    )
    with pytest.raises(GateClosed, match="faites-en une nouvelle"):
        step(use, State.REVIEWED)


@pytest.mark.parametrize(
    ("column", "days"),
    [("sandbox_until", 201), ("sandbox_until", 4000), ("review_on", 100), ("review_on", 4000)],
)
def test_the_database_moves_no_date_away_without_a_step(tried: SystemUse, column: str, days: int) -> None:
    later = timezone.localdate() + timedelta(days=days)
    with pytest.raises(DatabaseError, match="follows the last step"), transaction.atomic():
        SystemUse.objects.filter(pk=tried.pk).update(**{column: later})
    yesterday(tried)  # nearer stops it sooner
    with pytest.raises(DatabaseError, match="follows the last step"), transaction.atomic():
        SystemUse.objects.filter(pk=tried.pk).update(sandbox_until=timezone.localdate() + timedelta(days=202))


def test_what_opened_production_must_still_hold_at_each_forecast(
    measured: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    use = carry(measured, "production")
    assert executed(use, supervisor, "run").state == Run.State.DONE
    with installed(tmp_path / "again", version="2.0.0"):
        executed(use, supervisor, "backtest")
        with pytest.raises(NotAllowedToRun, match="n'a pas été examinée"):
            executed(use, supervisor, "run")
        examined(use, supervisor, "bronze")
        with pytest.raises(NotAllowedToRun, match="atteint le niveau « bronze »"):
            executed(use, supervisor, "run")
        examined(use, supervisor)
        assert executed(use, supervisor, "run").state == Run.State.DONE
    executed(use, supervisor, "backtest")
    untrained = a_person(use.territory, "supervisor", email="nouveau@example.org")
    services.supervise(use, supervisor, untrained)
    with pytest.raises(NotAllowedToRun, match="suspendu : La personne qui supervise n'a pas de formation"):
        executed(use, supervisor, "run")


def test_a_system_that_becomes_high_risk_in_production_stops_proposing(
    measured: SystemUse, supervisor: Person
) -> None:
    use = carry(measured, "production")
    law(use, essential_services="yes")
    with pytest.raises(NotAllowedToRun) as shut:
        executed(use, supervisor, "run")
    told = " ".join(shut.value.reasons)
    assert "le comité d'éthique doit donner son avis" in told and "l'analyse d'impact" in told
    services.answer(use, supervisor, "review", review())
    with pytest.raises(GateClosed, match="comité d'éthique"):
        step(use, State.REVIEWED)


def test_a_forecast_begun_before_the_stop_reaches_nobody(
    tried: SystemUse, supervisor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = runs._keep

    def stopped_meanwhile(*given: Any) -> Run:
        step(SystemUse.objects.get(pk=tried.pk), State.STOPPED)
        return kept(*given)

    monkeypatch.setattr(runs, "_keep", stopped_meanwhile)
    with pytest.raises(NotAllowedToRun, match="arrêté"):
        services.execute(tried, supervisor, "run")
    assert Run.objects.get(verb="run").state == Run.State.FAILED
    assert not Proposal.objects.exists()


def test_what_waits_of_a_stopped_system_is_withdrawn(tried: SystemUse, supervisor: Person) -> None:
    executed(tried, supervisor, "run")
    waiting = Proposal.objects.first()
    assert waiting is not None and waiting.waiting
    services.schedule(tried, supervisor, Schedule("day", at="06:00"))
    step(tried, State.STOPPED)
    assert (tried.rhythm, tried.next_at) == (None, None)
    waiting.refresh_from_db()
    assert not waiting.waiting and waiting.state == "retirée, service arrêté"
    with pytest.raises(DecisionError, match="le service est arrêté"):
        decide(waiting, somebody(tried.territory, "decider"), "accept", reason="Cela convient.")
    assert ledger.lines_of(tried.territory).last().detail.payload["withdrawn"] > 0


def test_a_way_counted_by_hand_that_does_better_keeps_the_system_out(
    measured: SystemUse, supervisor: Person
) -> None:
    use = carry(measured, "sandbox")
    prepare(use, State.PRODUCTION)
    best = measured.runs.filter(verb="backtest").latest("at").score["value"]
    count(use, supervisor, "Appeler les écoles", False, best - 1)
    count(
        use, supervisor, "Reprendre la moyenne du mois", False, best + 50
    )  # the last one written hides nothing
    with pytest.raises(GateClosed, match="ne fait pas mieux que la façon sans IA"):
        step(use, State.PRODUCTION)


def test_production_waits_while_a_guard_does_not_hold_and_never_for_a_bound(
    measured: SystemUse, supervisor: Person
) -> None:
    use = carry(measured, "sandbox")
    prepare(use, State.PRODUCTION)
    executed(use, supervisor, "backtest", settings={"mode": "short"})
    with pytest.raises(GateClosed, match="Repas manquants, 5,0 contre 2,0"):
        step(use, State.PRODUCTION)
    score = executed(use, supervisor, "backtest").score
    assert min(score["bounds"].values()) < score["value"]
    step(use, State.PRODUCTION)


def test_a_gap_between_groups_beyond_what_is_declared_stops_the_forecasts_and_is_told(
    measured: SystemUse, supervisor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = carry(measured, "production")
    declared = manifests.of(use).model_copy(update={"bias_gap": 5.0})
    monkeypatch.setattr(serving.manifests, "of", lambda _: declared)
    assert executed(use, supervisor, "run").state == Run.State.DONE
    executed(use, supervisor, "backtest", settings={"mode": "unfair"})
    with pytest.raises(NotAllowedToRun, match=r"« petits sites » et « grands sites » est de 8,0 .*que 5,0"):
        executed(use, supervisor, "run")
    executed(use, supervisor, "backtest")
    assert executed(use, supervisor, "run").state == Run.State.DONE


def test_production_needs_a_benefit_measured_on_these_data(measured: SystemUse, supervisor: Person) -> None:
    use = carry(measured, "sandbox")
    prepare(use, State.PRODUCTION)
    executed(use, supervisor, "backtest", settings={"mode": "loses"})
    with pytest.raises(GateClosed, match="Mieux que sans IA"):
        step(use, State.PRODUCTION)
    executed(use, supervisor, "backtest")
    step(use, State.PRODUCTION)
    assert use.review_on is not None
    assert timedelta(days=150) < use.review_on - timezone.localdate() < timedelta(days=200)


@pytest.mark.requirement("R69")
def test_a_review_a_month_late_stops_the_forecasts_until_it_is_held(
    measured: SystemUse, supervisor: Person
) -> None:
    use = carry(measured, "production")
    SystemUse.objects.filter(pk=use.pk).update(review_on=timezone.localdate() - timedelta(days=31))
    use.refresh_from_db()
    with pytest.raises(NotAllowedToRun, match="revue de l'usage réel"):
        executed(use, supervisor, "run")
    executed(use, supervisor, "backtest")  # measuring goes on
    services.answer(use, supervisor, "review", review())
    step(use, State.REVIEWED)
    assert executed(use, supervisor, "run").state == Run.State.DONE
    with pytest.raises(GateClosed, match="faites-en une nouvelle"):
        step(use, State.REVIEWED)  # the same review does not serve twice


def test_a_review_without_benefit_leads_to_stopping(measured: SystemUse, supervisor: Person) -> None:
    use = carry(measured, "production")
    services.answer(use, supervisor, "review", review(worth_it="no"))
    with pytest.raises(GateClosed, match="arrêtez le service"):
        step(use, State.REVIEWED)
    step(use, State.STOPPED)
    with pytest.raises(NotAllowedToRun, match="arrêté"):
        executed(use, supervisor, "backtest")


def test_what_nobody_uses_and_what_brings_nothing_is_proposed_for_stopping(
    measured: SystemUse, supervisor: Person, territory: Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = carry(measured, "production")
    assert stopping.reasons(use) == []
    Run.objects.filter(use=use, verb="run").update(at=timezone.now() - timedelta(days=200))
    now = timezone.now()
    with monkeypatch.context() as later:
        later.setattr(timezone, "now", lambda: now + timedelta(days=100))
        Run.objects.create(
            territory=territory,
            use=use,
            key=f"{use.pk}-202711010600",
            verb="run",
            state="done",
            version="1",
            seed=0,
        )
        told = " ".join(stopping.reasons(use))
        assert "Personne ne s'en est servi" in told and "suivis d'aucune décision" in told
    executed(use, supervisor, "backtest", settings={"mode": "loses"})
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
    assert (use.sandbox_until, use.review_on, use.next_at) == (None, None, None)
    with pytest.raises(GateClosed, match="Remplissez le questionnaire « A-t-on vraiment besoin") as shut:
        step(use, State.CHECKED)  # what was written in the former life opens nothing
    assert any("sans IA n'a été comptée" in reason for reason in shut.value.reasons)
    executed(use, somebody(use.territory, "supervisor"), "backtest")
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


@pytest.mark.requirement("R69")
def test_the_figures_of_the_period_are_frozen_with_the_step(measured: SystemUse, supervisor: Person) -> None:
    use = carry(measured, "production")
    executed(use, supervisor, "run", settings={"margin": 20.0})
    executed(use, supervisor, "backtest")
    services.answer(use, supervisor, "review", review())
    step(use, State.REVIEWED)
    figures = use.steps.get(state="reviewed").figures
    assert (figures["forecasts"], figures["proposals"], figures["failures"]) == (1, 2, 0)
    assert figures["results"]["last"]["value"] == 3.0
    assert figures["energy_wh"]["value"] > 0 and figures["energy_wh"]["unknown"] == 0

"""Real use is reviewed at fixed dates: what is late stops, what is unused or too often wrong is stopped or proposed for stopping."""

from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.web.platform.models import Person
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import GateClosed, NotAllowedToRun
from beffroi.web.workshop.life import stopping
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import Run, SystemUse
from beffroi.web.workshop.sheets import AnswersError
from life import carry, executed, review, step

pytestmark = pytest.mark.django_db


@pytest.mark.requirement("R69")
def test_a_review_names_the_next_one_within_a_year(measured: SystemUse, supervisor: Person) -> None:
    use = carry(measured, "production")
    with pytest.raises(GateClosed, match="Usage réel relu"):
        step(use, State.REVIEWED)
    too_far = (timezone.localdate() + timedelta(days=500)).isoformat()
    with pytest.raises(AnswersError, match="douze mois"):
        services.answer(use, supervisor, "review", review(next_on=too_far))
    services.answer(use, supervisor, "review", review())
    step(use, State.REVIEWED)
    assert use.review_on == timezone.localdate() + timedelta(days=180)


@pytest.mark.requirement("R69")
def test_what_is_reviewed_is_frozen_and_what_is_late_stops(measured: SystemUse, supervisor: Person) -> None:
    use = carry(measured, "reviewed")
    figures = use.steps.get(state="reviewed").figures
    assert {"forecasts", "proposals", "decided", "against_advice", "results", "energy_wh"} <= figures.keys()
    SystemUse.objects.filter(pk=use.pk).update(review_on=timezone.localdate() - timedelta(days=40))
    use.refresh_from_db()
    with pytest.raises(NotAllowedToRun, match="revue"):
        executed(use, supervisor, "run")


@pytest.mark.requirement("R69")
def test_what_nobody_uses_for_three_months_is_proposed_for_stopping(
    measured: SystemUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    use, now = carry(measured, "production"), timezone.now()
    for days, proposed in ((89, False), (91, True)):
        monkeypatch.setattr(stopping.timezone, "now", lambda days=days: now + timedelta(days=days))
        told = [why for why in stopping.reasons(use) if "Personne ne s'en est servi" in why]
        assert bool(told) == proposed
    assert use.state == State.PRODUCTION  # proposed: a person stops it


@pytest.mark.requirement("R69")
def test_a_forecast_made_meanwhile_counts_as_use(
    measured: SystemUse, supervisor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    use = carry(measured, "production")
    run = executed(use, supervisor, "run")
    Run.objects.filter(pk=run.pk).update(at=timezone.now() + timedelta(days=60))
    later = timezone.now() + timedelta(days=100)
    monkeypatch.setattr(stopping.timezone, "now", lambda: later)
    assert not [why for why in stopping.reasons(use) if "servi" in why]


@pytest.mark.requirement("R42")
def test_in_production_an_error_above_the_threshold_suspends_whoever_asks(
    measured: SystemUse, supervisor: Person
) -> None:
    use = carry(measured, "production")
    executed(use, supervisor, "backtest", settings={"mode": "loses"})
    with pytest.raises(NotAllowedToRun, match="suspendu"):
        executed(use, supervisor, "run", reason="J'y tiens, je réponds de tout.")
    executed(use, supervisor, "backtest")
    assert executed(use, supervisor, "run").state == "done"

"""Sandbox of six to twelve months with volunteers before generalising: dates, end and a person's decision."""

from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.web.platform.models import Person
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import NotAllowedToRun, WorkshopError
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.sheets import AnswersError
from life import WHY, carry, sandbox, somebody, step

pytestmark = pytest.mark.django_db


@pytest.mark.requirement("R98")
def test_nothing_is_generalised_without_a_sandbox(measured: SystemUse) -> None:
    use = carry(measured, "checked")
    with pytest.raises(WorkshopError, match="aucune étape ne se saute"):
        services.advance(use, somebody(use.territory, "decider"), State.PRODUCTION, reason=WHY)


@pytest.mark.requirement("R98")
def test_volunteers_and_six_to_twelve_months(bound: SystemUse, supervisor: Person) -> None:
    today = timezone.localdate()
    for days, words in ((60, "six mois"), (179, "six mois"), (400, "douze mois")):
        with pytest.raises(AnswersError, match=words):
            services.answer(
                bound, supervisor, "sandbox", sandbox(ends_on=(today + timedelta(days=days)).isoformat())
            )
    with pytest.raises(AnswersError, match="Volontaires"):
        services.answer(bound, supervisor, "sandbox", sandbox(volunteers=""))
    shortest = sandbox(ends_on=(today + timedelta(days=180)).isoformat())
    assert services.answer(bound, supervisor, "sandbox", shortest).answers["ends_on"] == shortest["ends_on"]


@pytest.mark.requirement("R98")
def test_it_ends_by_itself_and_a_person_decides_what_comes_next(tried: SystemUse, supervisor: Person) -> None:
    SystemUse.objects.filter(pk=tried.pk).update(sandbox_until=timezone.localdate() - timedelta(days=1))
    tried.refresh_from_db()
    with pytest.raises(NotAllowedToRun, match="terminé"):
        services.execute(tried, supervisor, "run")
    step(tried, State.STOPPED)
    taken = tried.steps.get(state="stopped")
    assert taken.person == supervisor and taken.reason == WHY

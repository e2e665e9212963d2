"""R98. Sandbox 6-12 months with volunteers before generalising.

Accepted when the state « sandbox » has dates, ends by itself, and a decision is recorded.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.web.territories.models import Person
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import NotAllowedToRun, WorkshopError
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.sheets import SheetRefused
from life import WHY, carry, sandbox, somebody, step

pytestmark = pytest.mark.django_db


def test_r98_nothing_is_generalised_without_a_sandbox(measured: SystemUse) -> None:
    use = carry(measured, "checked")
    with pytest.raises(WorkshopError, match="aucune étape ne se saute"):
        services.advance(use, somebody(use.territory, "decider"), State.PRODUCTION, reason=WHY)


def test_r98_volunteers_and_six_to_twelve_months(bound: SystemUse, supervisor: Person) -> None:
    today = timezone.localdate()
    for days, words in ((60, "six mois"), (400, "douze mois")):
        with pytest.raises(SheetRefused, match=words):
            services.answer(
                bound, supervisor, "sandbox", sandbox(ends_on=(today + timedelta(days=days)).isoformat())
            )
    with pytest.raises(SheetRefused, match="Volontaires"):
        services.answer(bound, supervisor, "sandbox", sandbox(volunteers=""))


def test_r98_it_ends_by_itself_and_a_person_decides_what_comes_next(
    tried: SystemUse, supervisor: Person
) -> None:
    SystemUse.objects.filter(pk=tried.pk).update(sandbox_until=timezone.localdate() - timedelta(days=1))
    tried.refresh_from_db()
    with pytest.raises(NotAllowedToRun, match="terminé"):
        services.execute(tried, supervisor, "run")
    step(tried, State.STOPPED)
    taken = tried.steps.get(state="stopped")
    assert taken.person == supervisor and taken.reason == WHY

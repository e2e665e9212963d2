"""A high-risk system waits for the committee's published opinion; only the elected body passes over an unfavourable one.

In the service and in the database.
"""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from beffroi.web.trust.committee import gates, services
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.errors import GateClosed, NotAllowedToRun
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import carry, law, prepare, somebody, step
from rings import representatives
from trust.committee import WHY, opined, papers
from workshop.test_life_paths import insert_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def high(measured: SystemUse) -> SystemUse:
    """A high-risk system that has everything for production but an opinion."""
    prepare(measured, State.CHECKED)
    law(measured, education="yes")
    papers(measured)
    step(measured, State.CHECKED)
    use = carry(measured, "sandbox")
    prepare(use, State.PRODUCTION)
    return use


def refused_by_the_database(use: SystemUse, state: str = "production") -> str:
    sql, row = insert_step(use, somebody(use.territory, "decider"), use.state, state)
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, row)
    return str(caught.value)


@pytest.mark.requirement("R51")
def test_a_high_risk_system_without_a_published_opinion_stays_out(high: SystemUse) -> None:
    with pytest.raises(GateClosed, match="comité d'éthique doit donner son avis"):
        step(high, State.PRODUCTION)
    assert "waits for a published opinion" in refused_by_the_database(high)
    opinion = opined(high, published=False)
    with pytest.raises(GateClosed, match="publié"):
        step(high, State.PRODUCTION)
    assert "waits to be published" in refused_by_the_database(high)
    services.publish(opinion, somebody(high.territory, "administrator"))
    step(high, State.PRODUCTION)


@pytest.mark.parametrize("verdict", representatives(["favourable", "reserved"], ["reserved"]))
@pytest.mark.requirement("R51")
def test_a_favourable_opinion_opens_with_its_reserves(high: SystemUse, verdict: str) -> None:
    opined(high, verdict)
    step(high, State.PRODUCTION)
    said = {gate["key"]: gate for gate in high.steps.get(state="production").gates}
    assert said["committee"]["evidence"]["verdict"] == verdict


@pytest.mark.requirement("R51")
def test_against_an_unfavourable_opinion_only_the_elected_body_passes(high: SystemUse) -> None:
    opinion = opined(high, "unfavourable")
    with pytest.raises(GateClosed, match="défavorable"):
        step(high, State.PRODUCTION)
    assert "an unfavourable opinion stands" in refused_by_the_database(high)
    today = timezone.localdate()
    said: dict[str, Any] = {
        "body": "Conseil municipal d'essai", "reference": "n° 2026-7", "day": today, "published_on": today, "reason": WHY,
    }  # fmt: skip
    services.overrule(opinion, somebody(high.territory, "decider"), **said)
    step(high, State.PRODUCTION)
    assert (
        "passé outre" in {g["key"]: g["told"] for g in high.steps.get(state="production").gates}["committee"]
    )


@pytest.mark.requirement("R51")
def test_even_a_system_of_little_risk_stays_out_against_an_unfavourable_opinion(
    measured: SystemUse,
) -> None:
    use = carry(measured, "sandbox")
    prepare(use, State.PRODUCTION)
    opined(use, "unfavourable")
    with pytest.raises(GateClosed, match="défavorable"):
        step(use, State.PRODUCTION)


@pytest.mark.requirement("R51")
def test_a_system_that_becomes_high_risk_while_it_serves_waits_for_an_opinion_too(
    measured: SystemUse,
) -> None:
    use = carry(measured, "production")
    assert gates.judge(use).open
    law(use, education="yes")
    papers(use)
    with pytest.raises(NotAllowedToRun, match="comité d'éthique doit donner son avis"):
        workshop.execute(use, somebody(use.territory, "supervisor"), "run")
    prepare(use, State.REVIEWED)
    with pytest.raises(GateClosed, match="comité d'éthique doit donner son avis"):
        step(use, State.REVIEWED)
    assert "waits for a published opinion" in refused_by_the_database(use, "reviewed")
    opined(use)
    step(use, State.REVIEWED)


@pytest.mark.requirement("R51")
def test_an_unfavourable_opinion_cannot_be_left_unpublished(high: SystemUse) -> None:
    opined(high)
    last = opined(high, "unfavourable", published=False)
    with pytest.raises(GateClosed, match="n'est pas encore publié"):
        step(high, State.PRODUCTION)
    assert "opinion" in refused_by_the_database(high)
    services.publish(last, somebody(high.territory, "administrator"))
    with pytest.raises(GateClosed, match="défavorable"):
        step(high, State.PRODUCTION)

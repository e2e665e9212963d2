"""The gate of a territory: closed, nobody works for it; the others go on, and whoever closed it may."""

import threading

import pytest
from django.test import Client

from beffroi.web.platform import gates, jobs, scope
from beffroi.web.platform.jobs import scheduling
from beffroi.web.platform.models import Job, Territory
from own_home import home  # noqa: F401  a fixture
from places import a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def towns(home) -> list[Territory]:  # noqa: F811
    made = [a_territory("Valbruyère", code="99T01"), a_territory("Saint-Mure", code="99T02")]
    scope._current.set(None)
    return made


def test_a_closed_territory_answers_with_a_sentence_and_the_others_as_before(towns):
    town, other = towns
    with gates.closing(town.pk, seconds=0) as alone:
        assert alone
        assert gates.closed() == {town.pk}
        page = Client().get(f"/p/{town.slug}/")
        assert page.status_code == 503 and "en cours de restauration" in page.text
        assert int(page["Retry-After"]) > 0
        assert Client().get(f"/p/{other.slug}/").status_code == 200
        with pytest.raises(gates.TerritoryClosed), scope.inside(town):
            pass
        with gates.passing(town.pk), scope.inside(town):
            pass
    # Closed until whoever closed it says so, even when their process is over.
    assert Client().get(f"/p/{town.slug}/").status_code == 503
    gates.reopen(town.pk)
    assert Client().get(f"/p/{town.slug}/").status_code == 200


def test_nobody_is_alone_while_somebody_works_inside(towns):
    town, _ = towns
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        with scope.nowhere(), scope.inside(town):
            entered.set()
            leave.wait(10)

    worker = threading.Thread(target=work)
    worker.start()
    entered.wait(10)
    with gates.closing(town.pk, seconds=0) as alone:
        assert not alone
    leave.set()
    worker.join()
    with gates.closing(town.pk, seconds=10) as alone:
        assert alone
    gates.reopen(town.pk)


def test_the_jobs_of_a_closed_territory_wait_and_those_of_the_others_do_not(towns):
    for each in towns:
        with scope.inside(each):
            jobs.register("noted", lambda progress: "")
            jobs.start(each, "noted", key="one", label="Note", person=None)
    town, other = towns
    with gates.closing(town.pk, seconds=0):
        taken = scheduling.claim()
        assert taken is not None and taken.territory == other
        assert scheduling.claim() is None
        assert jobs.requeue_stale() == 0
    gates.reopen(town.pk)
    taken = scheduling.claim()
    assert taken is not None and taken.territory == town
    with scope.host():
        assert Job.objects.filter(state=Job.State.RUNNING).count() == 2

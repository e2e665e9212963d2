"""An analysis computed on another engine: the rights of the person, and the answer kept for all who may see it."""

import pytest
from canteens import MEALS, poured, saved, served_by_site
from django.core.exceptions import PermissionDenied

from beffroi.recipes.engines.connect import Server
from beffroi.recipes.engines.distributed import RemoteEngine
from beffroi.web.studio import distributed, services
from beffroi.web.studio.answers import StudioError
from beffroi.web.studio.models import Result
from places import a_person, a_territory

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("engines")]
HERE = RemoteEngine(Server("sail"))


@pytest.fixture
def recipe(town, agent):
    return saved(town, agent, served_by_site(poured(town, agent, MEALS).dataset))


def test_the_site_shows_what_was_computed_there(agent, recipe):
    pytest.importorskip("pysail.spark", reason="the extra `distributed` is not installed (pysail)")
    found = distributed.compute_distributed(agent, recipe, HERE)
    cached = Result.objects.get()
    answer = services.answer(agent, recipe)
    assert answer.released.table.equals(found.table) and answer.figure.base == "8 lignes"
    assert Result.objects.get() == cached  # nothing was computed again
    Result.objects.all().delete()
    assert services.answer(agent, recipe).released.table.to_pylist() == found.table.to_pylist()


def test_whoever_may_not_read_the_analyses_computes_none(recipe):
    stranger = a_person(a_territory("Ailleurs", code="99T09"), "data_officer")
    with pytest.raises(PermissionDenied):
        distributed.compute_distributed(stranger, recipe, HERE)


def test_an_engine_that_does_not_answer_is_reported_and_nothing_is_cached(agent, recipe):
    pytest.importorskip(
        "pyspark.sql.connect", reason="the extra `distributed` is not installed (pyspark-client)"
    )
    with pytest.raises(StudioError, match="Spark ne répond pas"):
        distributed.compute_distributed(agent, recipe, RemoteEngine(Server("spark", "sc://127.0.0.1:1")))
    assert not Result.objects.exists()

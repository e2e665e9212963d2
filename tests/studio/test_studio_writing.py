"""Recipes and boards: who writes them, their versions, what the ledger keeps."""

import pytest
from canteens import MEALS, poured, saved, served_by_site
from django.core.exceptions import PermissionDenied

from beffroi.web.platform import ledger
from beffroi.web.studio import services
from beffroi.web.studio.models import Board, StoredRecipe
from places import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


def test_an_agent_writes_an_analysis_and_the_ledger_records_it(town, agent, meals):
    recipe = saved(town, agent, served_by_site(meals))
    line = ledger.lines_of(town).last()
    assert (line.act, line.thing) == ("recipe.save", f"recipe:{recipe.pk}")
    assert line.detail.payload["datasets"] == [meals.slug]


def test_an_auditor_writes_nothing(town, meals):
    with pytest.raises(PermissionDenied):
        saved(town, a_person(town, "auditor"), served_by_site(meals))


def test_saving_again_unchanged_makes_no_version(town, agent, meals):
    saved(town, agent, served_by_site(meals))
    before = ledger.lines_of(town).count()
    again = saved(town, agent, served_by_site(meals))
    assert (again.version, ledger.lines_of(town).count()) == (1, before)


def test_a_change_makes_a_version_and_keeps_the_old_one(town, agent, meals):
    saved(town, agent, served_by_site(meals))
    again = saved(town, agent, served_by_site(meals, unit="couverts"))
    assert [v.definition["figure"]["unit"] for v in again.versions.all()] == ["couverts", "repas"]


@pytest.mark.requirement("R110")
def test_a_figure_without_its_unit_is_refused(town, agent, meals):
    with pytest.raises(services.StudioError, match="une unité"):
        saved(town, agent, served_by_site(meals, unit=" "))


def test_a_recipe_of_an_unknown_dataset_is_refused(town, agent, meals):
    definition = served_by_site(meals) | {"sources": {"cantine": "inconnu"}}
    with pytest.raises(services.StudioError, match="inconnu"):
        saved(town, agent, definition)
    assert StoredRecipe.objects.count() == 0


def test_a_board_keeps_the_order_of_its_figures(town, agent, meals):
    for slug in ("a", "b", "c"):
        saved(town, agent, served_by_site(meals), slug)
    board = services.save_board(town, agent, "cantine", "La cantine", "Combien ?", ["c", "a", "b", "a"])
    assert [figure.recipe.slug for figure in board.figures.all()] == ["c", "a", "b"]


def test_a_board_does_not_show_what_does_not_exist(town, agent):
    with pytest.raises(services.StudioError, match="absente"):
        services.save_board(town, agent, "vide", "Vide", "", ["absente"])
    assert Board.objects.count() == 0


def test_only_those_who_publish_show_a_board_to_the_public(town, agent, steward, meals):
    saved(town, agent, served_by_site(meals))
    with pytest.raises(PermissionDenied):
        services.save_board(town, agent, "b", "B", "", ["repas"], public=True)
    board = services.save_board(town, steward, "b", "B", "", ["repas"], public=True)
    with pytest.raises(PermissionDenied):
        services.take_off_board(board, agent, board.figures.first().recipe)


def test_a_board_taken_away_leaves_its_analyses(town, agent, meals):
    recipe = saved(town, agent, served_by_site(meals))
    board = services.save_board(town, agent, "b", "B", "", ["repas"])
    services.remove_board(board, agent)
    assert StoredRecipe.objects.get() == recipe

"""Drafts: their author's alone, undone and redone, saved whole or not at all, forgotten after ninety days."""

from datetime import timedelta

import pytest
from canteens import MEALS, poured, saved, served_by_site
from django.core.exceptions import PermissionDenied
from django.utils import timezone

import rings
from beffroi.recipes.model import Condition, Filter, Recipe, Top
from beffroi.web.platform import scope
from beffroi.web.platform.ledger import lines_of
from beffroi.web.studio import services
from beffroi.web.studio.answers import StudioError
from beffroi.web.studio.editing import drafts, recipe_edits
from beffroi.web.studio.models import Board, Draft, DraftState, StoredRecipe
from places import a_person, a_territory

pytestmark = pytest.mark.django_db
BUSY = Filter(conditions=(Condition(column="reel", op=">", value=60),))
FIRST = Top(count=2, column="servis")


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


@pytest.fixture
def draft(town, agent, meals):
    return drafts.take_up(saved(town, agent, served_by_site(meals)), agent)


def with_top(draft: Draft, count: int = 2) -> Recipe:
    recipe = drafts.current_recipe(draft)
    return recipe_edits.put_steps(recipe, len(recipe.steps), [Top(count=count, column="servis")], {})


def test_a_draft_begins_with_its_dataset_and_nothing_else(town, agent, meals):
    recipe = drafts.current_recipe(drafts.begin(town, agent, meals))
    assert [step.step for step in recipe.steps] == ["source"]
    assert list(recipe.sources.values()) == [meals.slug]


def test_a_draft_is_changed_undone_and_redone(draft, agent):
    changed = drafts.change(draft, agent, with_top(draft), "Étape ajoutée")
    assert (drafts.may_undo(changed), drafts.may_redo(changed)) == ("Étape ajoutée", "")
    undone = drafts.undo(changed, agent)
    assert [s.step for s in drafts.current_recipe(undone).steps] == ["source", "filter", "group", "sort"]
    assert (drafts.may_undo(undone), drafts.may_redo(undone)) == ("", "Étape ajoutée")
    again = drafts.redo(undone, agent)
    assert drafts.current_recipe(again).steps[-1] == FIRST


def test_a_change_after_an_undo_is_the_new_future(draft, agent):
    changed = drafts.change(draft, agent, with_top(draft), "Deux")
    drafts.undo(changed, agent)
    other = drafts.change(Draft.objects.get(), agent, with_top(draft, 3), "Trois")
    assert (drafts.may_undo(other), drafts.may_redo(other)) == ("Trois", "")
    assert list(other.states.values_list("act", flat=True)) == ["Début", "Trois"]


def test_there_is_nothing_to_undo_at_the_beginning(draft, agent):
    with pytest.raises(StudioError, match="rien à annuler"):
        drafts.undo(draft, agent)
    with pytest.raises(StudioError, match="rien à rétablir"):
        drafts.redo(draft, agent)


def test_only_the_last_hundred_states_are_stored(draft, agent, monkeypatch):
    if not rings.LONG:
        monkeypatch.setattr(drafts, "MAX_STATES", 10)
    for n in range(1, drafts.MAX_STATES + 20):
        draft = drafts.change(draft, agent, with_top_of(draft, n), f"no {n}")
    assert draft.states.count() == drafts.MAX_STATES
    while drafts.may_undo(draft):
        draft = drafts.undo(draft, agent)
    assert len(drafts.current_recipe(draft).steps) == 5


def with_top_of(draft: Draft, count: int) -> Recipe:
    recipe = drafts.current_recipe(draft)
    top = Top(count=count, column="servis")
    return recipe_edits.put_steps(recipe, 4, [top], {}, instead=len(recipe.steps) > 4)


def test_only_its_author_sees_a_draft(town, draft):
    colleague = a_person(town, "agent", email="collegue@example.org")
    assert list(drafts.drafts_of(town, colleague)) == []
    for act in (drafts.undo, drafts.redo, drafts.discard):
        with pytest.raises(PermissionDenied):
            act(draft, colleague)
    with pytest.raises(PermissionDenied):
        drafts.change(draft, colleague, with_top(draft), "Le leur")
    assert draft.states.count() == 1


def test_who_may_no_longer_write_analyses_may_no_longer_change_a_draft(town, meals):
    reader = a_person(town, "decider")
    with pytest.raises(PermissionDenied):
        drafts.begin(town, reader, meals)
    assert not Draft.objects.exists()


def test_a_step_moves_and_goes_and_its_dataset_with_it(town, agent, draft):
    other = poured(town, agent, "Site;Secteur\nLE BAC;Nord\nLES SAULES;Sud\n", "Secteurs.csv").dataset
    recipe = drafts.current_recipe(draft)
    joined = {"step": "join", "source": "secteurs", "on": [{"left": "site", "right": "site"}]}
    step = Recipe.model_validate(
        {
            "title": "x",
            "sources": {"secteurs": other.slug},
            "steps": [{"step": "source", "source": "secteurs"}, joined],
        }
    ).steps[1]
    longer = recipe_edits.put_steps(recipe, 1, [step], {"secteurs": other.slug})
    assert set(longer.sources.values()) == {other.slug, recipe.sources["cantine"]}
    lower = recipe_edits.move_step(longer, 1, 1)
    assert [s.step for s in lower.steps[:3]] == ["source", "filter", "join"]
    assert recipe_edits.remove_step(lower, 2) == recipe


@pytest.mark.parametrize("at", [0, 9, -1])
def test_the_first_step_stays_and_none_that_is_not_there_is_touched(draft, at):
    recipe = drafts.current_recipe(draft)
    with pytest.raises(StudioError, match="rien n'a changé"):
        recipe_edits.remove_step(recipe, at)
    with pytest.raises(StudioError, match="rien n'a changé"):
        recipe_edits.put_steps(recipe, at, [BUSY], {}, instead=True)
    with pytest.raises(StudioError, match="ne peut pas aller plus loin"):
        recipe_edits.move_step(recipe, 1, -1)


def test_a_draft_saved_in_place_is_the_next_version_and_is_deleted(town, agent, draft):
    stored = drafts.save(draft, agent, with_top(draft), in_place=True)
    assert (StoredRecipe.objects.count(), stored.version) == (1, 2)
    assert stored.definition["steps"][-1]["step"] == "top"
    assert not Draft.objects.exists() and not DraftState.objects.exists()
    assert [line.act for line in lines_of(town)].count("recipe.save") == 2


def test_a_draft_saved_as_new_leaves_the_first_analysis_and_joins_a_board(town, agent, draft):
    stored = drafts.save(draft, agent, with_top(draft), in_place=False, new_board="Les plus grands")
    assert (StoredRecipe.objects.count(), stored.version) == (2, 1)
    assert [f.recipe for f in Board.objects.get().figures.all()] == [stored]


def test_a_colleagues_change_is_not_written_over(town, agent, meals, draft):
    saved(town, agent, served_by_site(meals, unit="repas servis"))
    with pytest.raises(StudioError, match="a changé depuis que vous l'avez reprise"):
        drafts.save(draft, agent, with_top(draft), in_place=True)
    assert Draft.objects.count() == 1
    assert StoredRecipe.objects.get().definition["figure"]["unit"] == "repas servis"


def test_what_the_public_sees_is_changed_only_by_who_may_publish(town, agent, steward, draft):
    board = services.save_board(town, steward, "vu", "Vu de tous", "", ["repas"], public=True)
    with pytest.raises(StudioError, match="montrée au public"):
        drafts.save(draft, agent, with_top(draft), in_place=True)
    with pytest.raises(PermissionDenied):
        saved(town, agent, with_top(draft).model_dump(mode="json"))
    assert (Draft.objects.count(), StoredRecipe.objects.get().version) == (1, 1)
    own_draft = drafts.take_up(StoredRecipe.objects.get(), steward)
    assert drafts.save(own_draft, steward, with_top(own_draft), in_place=True).version == 2
    assert board.figures.count() == 1


def test_a_draft_without_a_figure_is_not_saved(town, agent, meals):
    begun = drafts.begin(town, agent, meals)
    with pytest.raises(StudioError, match="son unité, sa base et son année"):
        drafts.save(begun, agent, drafts.current_recipe(begun), in_place=False)
    assert Draft.objects.count() == 1 and not StoredRecipe.objects.exists()


def test_a_draft_untouched_for_ninety_days_is_forgotten_in_every_territory(town, agent, meals, draft):
    fresh = drafts.begin(town, agent, meals)
    old = timezone.now() - drafts.RETENTION - timedelta(hours=1)
    Draft.objects.filter(pk=draft.pk).update(touched_at=old)
    with scope.nowhere():
        other_territory = a_territory("Montclair", code="99T02")
    with scope.nowhere(), scope.inside(other_territory):
        other = a_person(other_territory, "agent")
        away = drafts.begin(other_territory, other, poured(other_territory, other, MEALS).dataset)
        Draft.objects.filter(pk=away.pk).update(touched_at=old)
    with scope.nowhere():
        assert drafts.forget_untouched() == 2
    assert list(Draft.objects.all()) == [fresh]

"""Drafts of analyses: begin, change, undo, redo, save, discard, expire.

The only writer of drafts. Only its author sees and changes a draft, as long as they may edit recipes. The ledger gets
a line when the draft is saved.
"""

from datetime import timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils import timezone

from beffroi.recipes.model import Recipe
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may, require

from .. import services
from ..answers import StudioError, read_definition
from ..models import Board, Draft, DraftState, RecipeVersion, StoredRecipe
from ..purposes import steering
from . import recipe_edits

RETENTION: Final = timedelta(days=90)
"""A draft that nobody touched for so long is forgotten."""
MAX_STATES: Final = 100
MAX_DRAFTS: Final = 50


def drafts_of(territory: Territory, person: Person) -> models.QuerySet[Draft]:
    """The drafts of this person here, the last touched first."""
    return Draft.objects.of(territory).filter(author=person).select_related("recipe__processing")


def begin(territory: Territory, person: Person, dataset: Dataset) -> Draft:
    """A draft that takes one dataset and does nothing of it yet."""
    title = f"Analyse de «\u00a0{dataset.title}\u00a0»"
    return begin_with(territory, person, recipe_edits.new_recipe(dataset.slug, title))


def take_up(stored: StoredRecipe, person: Person, earlier: RecipeVersion | None = None) -> Draft:
    """A draft of a stored analysis, as it is or as an `earlier` version was; it stays as it is until the draft is saved
    in its place."""
    definition = (earlier or stored).definition
    return begin_with(stored.territory, person, read_definition(definition), taken_from=stored)


def begin_with(
    territory: Territory,
    person: Person,
    recipe: Recipe,
    *,
    taken_from: StoredRecipe | None = None,
    origin: str = "",
) -> Draft:
    """Draft of this recipe; `origin`: where it comes from, as its importer wrote it."""
    require(person, "recipe.edit", territory)
    if drafts_of(territory, person).count() >= MAX_DRAFTS:
        raise StudioError(
            f"Vous avez déjà {MAX_DRAFTS} brouillons : celui-ci n'est pas ouvert. Enregistrez-en ou supprimez-en un, puis "
            "recommencez."
        )
    with transaction.atomic():
        draft = Draft.objects.create(
            territory=territory,
            author=person,
            recipe=taken_from,
            recipe_version=taken_from.version if taken_from else 0,
            title=recipe.title,
            origin=" ".join(origin.split())[:300],
        )
        DraftState.objects.create(
            draft=draft, number=1, act="Début", definition=recipe.model_dump(mode="json")
        )
    return draft


def current_recipe(draft: Draft) -> Recipe:
    """Recipe of the current state of the draft."""
    return read_definition(draft.states.get(number=draft.current).definition)


def processing_of(draft: Draft) -> Processing:
    """The purpose for which a draft reads: that of the analysis it takes up, otherwise that of ordinary analyses."""
    processing: Processing = draft.recipe.processing if draft.recipe else steering(draft.territory)
    return processing


def change(draft: Draft, person: Person, recipe: Recipe, act: str) -> Draft:
    """Add a state to the draft; undone states can no longer be redone."""
    _check(draft, person)
    with transaction.atomic():
        locked: Draft = Draft.objects.select_for_update().get(pk=draft.pk)
        definition = recipe.model_dump(mode="json")
        if locked.states.get(number=locked.current).definition == definition:
            return locked
        locked.states.filter(number__gt=locked.current).delete()
        locked.current += 1
        locked.title = recipe.title
        DraftState.objects.create(draft=locked, number=locked.current, act=act, definition=definition)
        locked.states.filter(number__lte=locked.current - MAX_STATES).delete()
        return _touched(locked)


def undo(draft: Draft, person: Person) -> Draft:
    return _move_to_state(draft, person, -1)


def redo(draft: Draft, person: Person) -> Draft:
    return _move_to_state(draft, person, 1)


def may_undo(draft: Draft) -> str:
    """The act that undo would take back; empty when there is none."""
    if not draft.states.filter(number=draft.current - 1).exists():
        return ""
    return str(draft.states.get(number=draft.current).act)


def may_redo(draft: Draft) -> str:
    """The act that redo would do again; empty when there is none."""
    after = draft.states.filter(number=draft.current + 1).first()
    return str(after.act) if after else ""


def save(
    draft: Draft,
    person: Person,
    recipe: Recipe,
    *,
    in_place: bool,
    board: Board | None = None,
    new_board: str = "",
) -> StoredRecipe:
    """Save the draft as an analysis, or (`in_place`) as the next version of its own, and delete it.

    `board`, or the title of a new one: where the analysis is added. All of it or nothing.
    """
    _check(draft, person)
    territory, taken = draft.territory, draft.recipe
    if recipe.figure is None:
        raise StudioError(
            "Dites d'abord ce que montre l'analyse : une figure, son unité, sa base et son année."
        )
    if in_place and taken is None:
        raise StudioError("L'analyse reprise n'existe plus. Enregistrez le brouillon comme nouvelle analyse.")
    with transaction.atomic():
        slug = services.free_slug(territory, StoredRecipe, recipe.title)
        if in_place and taken is not None:
            taken = StoredRecipe.objects.select_for_update().get(pk=taken.pk)
            if taken.version != draft.recipe_version:
                raise StudioError(
                    f"«\u00a0{taken.title}\u00a0» a changé depuis que vous l'avez reprise (version {taken.version}) : rien n'est "
                    "enregistré, pour ne pas effacer ce changement. Enregistrez comme nouvelle analyse, ou reprenez la "
                    "version d'aujourd'hui."
                )
            if services.is_public(taken) and not may(person, "dataset.publish", territory):
                raise StudioError(
                    f"«\u00a0{taken.title}\u00a0» est montrée au public : seule une personne qui publie peut la changer. "
                    "Enregistrez comme nouvelle analyse, ou demandez-lui de la remplacer."
                )
            slug = taken.slug
        definition = recipe.model_dump(mode="json")
        stored = services.save_recipe(territory, person, slug, definition, processing_of(draft))
        if draft.origin and not in_place:
            stored.origin = draft.origin
            stored.save(update_fields=["origin"])
        if board is not None:
            services.add_to_board(board, person, stored)
        elif new_board.strip():
            made = services.free_slug(territory, Board, new_board)
            services.save_board(territory, person, made, new_board, "", [stored.slug])
        draft.delete()
    return stored


def discard(draft: Draft, person: Person) -> None:
    _check(draft, person)
    draft.delete()


def forget_untouched() -> int:
    """Forget the drafts of every territory whose time has come; how many there were."""
    with scope.host():
        territories = list(Territory.objects.all())
    count = 0
    for territory in territories:
        with scope.inside(territory):
            old = Draft.objects.of(territory).filter(touched_at__lt=timezone.now() - RETENTION)
            count += old.count()
            old.delete()
    return count


def _move_to_state(draft: Draft, person: Person, by: int) -> Draft:
    _check(draft, person)
    with transaction.atomic():
        locked: Draft = Draft.objects.select_for_update().get(pk=draft.pk)
        state = locked.states.filter(number=locked.current + by).first()
        if state is None:
            what = "annuler" if by < 0 else "rétablir"
            raise StudioError(f"Il n'y a rien à {what} : le brouillon n'a pas changé.")
        locked.current = state.number
        locked.title = state.definition["title"]
        return _touched(locked)


def _touched(draft: Draft) -> Draft:
    draft.touched_at = timezone.now()
    draft.save()
    return draft


def _check(draft: Draft, person: Person) -> None:
    require(person, "recipe.edit", draft.territory)
    if draft.author_id != person.pk:
        raise PermissionDenied

"""Validation of the definition of an analysis by a named person, and the changes since.

In: an analysis and its reader. Out: the state of its validation and the lines that differ. The only writer of
validations. The authors of the versions since the last validation may not validate: four eyes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

from django.db import transaction
from django.utils import timezone

from beffroi.recipes.french import join_words
from beffroi.recipes.model import Recipe
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import RIGHTS, ROLES, may, require
from beffroi.web.ui.formats import french_date

from . import examples, explanations
from .answers import StudioError, read_definition
from .labelling import figure_of
from .models import RecipeValidation, RecipeVersion, StoredRecipe

OWN: Final = (
    "Vous avez écrit cette version, ou l'une de celles qui n'ont pas été validées avant elle : une autre personne doit la "
    "vérifier."
)


@dataclass(frozen=True)
class ValidationState:
    """`last`: the last validation; `changed`: the version of today, when it came after."""

    last: RecipeValidation
    changed: RecipeVersion | None

    def describe(self, *, named: bool) -> str:
        """State in one sentence; without names for the public."""
        valid_on = french_date(timezone.localdate(self.last.at))
        if self.changed is None:
            return f"Définition validée{self._by(self.last.by, named)} le {valid_on}."
        changed_on = french_date(timezone.localdate(self.changed.at))
        by = self._by(self.changed.author, named)
        return f"Définition changée le {changed_on}{by}, depuis sa validation du {valid_on}."

    @staticmethod
    def _by(person: Person | None, named: bool) -> str:
        return f" par {person}" if named and person is not None else ""


@dataclass(frozen=True)
class DefinitionLine:
    """Line of a definition: same, removed or new since it was validated."""

    kind: Literal["same", "removed", "new"]
    text: str


@cached_read
def state_of(stored: StoredRecipe) -> ValidationState | None:
    """None when no version was ever validated."""
    return states_of([stored]).get(stored.pk)


def states_of(recipes: Iterable[StoredRecipe]) -> dict[int, ValidationState]:
    """The state of each that was validated once, in two queries."""
    by_pk = {stored.pk: stored for stored in recipes}
    last: dict[int, RecipeValidation] = {}
    for one in (
        RecipeValidation.objects.filter(recipe__in=by_pk).select_related("by").order_by("version", "pk")
    ):
        last[one.recipe_id] = one
    moved = [pk for pk, one in last.items() if by_pk[pk].version > one.version]
    versions = RecipeVersion.objects.filter(recipe__in=moved).select_related("author") if moved else []
    today = {v.recipe_id: v for v in versions if v.number == by_pk[v.recipe_id].version}
    return {pk: ValidationState(one, today.get(pk)) for pk, one in last.items()}


def validate(stored: StoredRecipe, person: Person, version: int, checked: str) -> RecipeValidation:
    """Record that this person validates the definition at this version. Raises PermissionDenied, StudioError."""
    require(person, "recipe.validate", stored.territory)
    checked = " ".join(checked.split())
    if not checked:
        raise StudioError("Dites en une phrase ce que vous avez vérifié. Rien n'est validé.")
    examples.refuse_failing(stored)
    with transaction.atomic():
        locked = StoredRecipe.objects.select_for_update().get(pk=stored.pk)
        if locked.version != version:
            raise StudioError(
                f"L'analyse a changé pendant que vous la lisiez (version {locked.version}). Rien n'est validé. Relisez-la, puis "
                "validez."
            )
        if person.pk in _authors_since(locked):
            raise StudioError(f"{OWN} Rien n'est validé.")
        made = RecipeValidation.objects.create(
            recipe=locked, version=version, by=person, checked=checked[:500]
        )
        ledger.append(
            locked.territory,
            "recipe.validate",
            person,
            f"recipe:{locked.pk}",
            {"slug": locked.slug, "version": version},
        )
    return made


@cached_read
def may_validate(person: object, stored: StoredRecipe) -> bool:
    """Whether this person may validate the current version."""
    if not may(person, "recipe.validate", stored.territory):
        return False
    last = RecipeValidation.objects.filter(recipe=stored).order_by("-version").first()
    done = last is not None and last.version >= stored.version
    return not done and isinstance(person, Person) and person.pk not in _authors_since(stored)


def why_not(person: object, stored: StoredRecipe) -> str:
    """Who may validate the pending version, and why this person may not; empty when none is pending, or when they
    may.
    """
    state = state_of(stored)
    if (state is not None and state.changed is None) or may_validate(person, stored):
        return ""
    roles = join_words((ROLES[role] for role in ROLES if "recipe.validate" in RIGHTS[role]), "ou")
    if may(person, "recipe.validate", stored.territory):
        return f"{OWN} Il lui faut l'un de ces rôles : {roles}."
    return (
        f"Pour valider, il faut l'un de ces rôles : {roles}. Vous n'en avez aucun : demandez à une personne qui l'a, et qui n'a "
        "pas écrit cette version, de la relire ici."
    )


@cached_read
def _authors_since(stored: StoredRecipe) -> set[int | None]:
    """Who wrote the versions that no one has validated yet."""
    last = RecipeValidation.objects.filter(recipe=stored).order_by("-version").first()
    since = stored.versions.filter(number__gt=last.version if last else 0)
    return set(since.values_list("author", flat=True))


def difference(stored: StoredRecipe, state: ValidationState) -> list[DefinitionLine]:
    """Diff of the validated definition and the current one, line by line, in French."""
    before = stored.versions.filter(number=state.last.version).first()
    if before is None:
        return []
    old, new = (_lines(stored, one) for one in (before.definition, stored.definition))
    lines: list[DefinitionLine] = []
    for act, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if act == "equal":
            lines += [DefinitionLine("same", text) for text in old[i:j]]
        else:
            lines += [DefinitionLine("removed", text) for text in old[i:j]] + [
                DefinitionLine("new", text) for text in new[k:m]
            ]
    return lines


def _lines(stored: StoredRecipe, definition: dict[str, Any]) -> list[str]:
    """Lines of a definition: its steps, then the caption of its figure."""
    try:
        recipe: Recipe = read_definition(definition)
    except StudioError as error:
        return [str(error)]
    figure = figure_of(recipe)
    words = {
        "Titre": figure.title,
        "Unité": figure.unit,
        "Base": figure.base,
        "Année": figure.year,
        "Source": figure.source,
    }
    return [
        *explanations.describe_steps(recipe, stored.territory),
        *(f"{name} : {text}" for name, text in words.items()),
        *(f"Exemple : {example.title}" for example in recipe.examples),
    ]

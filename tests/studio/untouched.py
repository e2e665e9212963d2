"""A form opened and sent as it is shown: it must say what it said. For tests of the forms of steps and of figures."""

from django.forms import BaseForm, BooleanField
from django.utils.datastructures import MultiValueDict

from beffroi.recipes.model import Recipe
from beffroi.web.platform.models import Person, Territory
from beffroi.web.studio.editing import drafts
from beffroi.web.studio.editing.forms import StepPosition, form_for
from beffroi.web.studio.editing.inspection import RecipeInspector


def as_displayed(form: BaseForm) -> MultiValueDict[str, str]:
    """What a browser sends of a form that nobody touched."""
    sent: MultiValueDict[str, str] = MultiValueDict()
    for bound in form:
        value = bound.value()
        if isinstance(bound.field, BooleanField):
            value = "on" if value else None
        values = value if isinstance(value, list | tuple) else [value]
        sent.setlist(bound.html_name, [str(one) for one in values if one is not None])
    return sent


def assert_untouched_is_unchanged(town: Territory, person: Person, recipe: Recipe) -> None:
    """The second step of the recipe, opened and sent back as the page shows it, is the same step."""
    step = recipe.steps[1]
    form = form_for(step.step)
    assert form is not None
    draft = drafts.begin_with(town, person, recipe)
    position = StepPosition(draft, RecipeInspector(person, town, recipe, drafts.processing_of(draft)), 1)
    again = form(position, as_displayed(form(position, step=step)), step=step)
    assert again.is_valid(), again.errors
    assert again.made == (step,)

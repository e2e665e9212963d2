"""How a map is cut, changed on the page of its figure: offered for maps only, undone, and left unsaid by who leaves it."""

import html
import re

import pytest
from canteens import poured, saved, served_by_site
from django.test import Client
from django.urls import reverse
from untouched import as_displayed

from beffroi.recipes.map_classes import ClassChoice
from beffroi.web.studio.editing import drafts
from beffroi.web.studio.editing.figure_form import FigureForm
from beffroi.web.studio.editing.inspection import RecipeInspector
from beffroi.web.studio.models import Draft, StoredRecipe
from places import strongly

pytestmark = pytest.mark.django_db
COMMUNES = "Commune;Habitants\n" + "".join(f"44{n:03};{n * n}\n" for n in range(1, 30))
CUT = {"cut_method": "natural", "cut_count": "4"}


@pytest.fixture
def begun(town, agent):
    """A draft of a map of communes; `begun(classes=…)` says how its figure was cut."""

    def made(**figure):
        dataset = poured(town, agent, COMMUNES, "Communes.csv").dataset
        steps = [
            {"step": "source", "source": "cantine"},
            {"step": "choose", "columns": ["commune", "habitants"]},
        ]
        definition = served_by_site(dataset) | {"steps": steps}
        labels = {"commune": "Commune", "habitants": "Habitants"}
        encodings = {"place": "commune", "value": "habitants", "labels": labels}
        definition["figure"] |= {
            "kind": "map",
            "year": "2026",
            "simulated": True,
            "encodings": encodings,
        } | figure
        return drafts.take_up(saved(town, agent, definition), agent)

    return made


def form_of(draft, agent, data=None):
    look = RecipeInspector(agent, draft.territory, drafts.current_recipe(draft), drafts.processing_of(draft))
    return FigureForm(draft, look, [], data)


def sent(draft, agent, **more):
    """What the page sends when only `more` was changed in it."""
    return {**as_displayed(form_of(draft, agent)).dict(), "action": "preview", **more}


def at(draft, page="draft-save"):
    return reverse(page, args=[draft.territory.slug, draft.pk])


def saved_figure():
    return drafts.current_recipe(Draft.objects.get()).figure


def test_map_classes_are_chosen_undone_redone_and_saved(agent, begun):
    draft = begun()
    client = strongly(Client(), agent)
    client.post(at(draft), sent(draft, agent, **CUT))
    assert saved_figure().classes == ClassChoice(method="natural", count=4)
    client.post(at(draft, "draft-undo"), {"vers": "figure"})
    assert saved_figure().classes is None
    client.post(at(draft, "draft-redo"), {"vers": "figure"})
    assert saved_figure().classes == ClassChoice(method="natural", count=4)
    page = client.get(at(draft)).content.decode()
    assert re.search(r'<option value="natural" selected>', page)
    client.post(at(draft), sent(Draft.objects.get(), agent, action="save"))
    assert StoredRecipe.objects.get().definition["figure"]["classes"] == {"method": "natural", "count": 4}


def test_each_field_explains_what_it_does(agent, begun):
    page = html.unescape(strongly(Client(), agent).get(at(begun())).content.decode())
    method = re.search(r'id="id_cut_method_helptext">([^<]+)<', page)[1]
    assert "autant de lieux dans chaque couleur" in method
    assert "là où les valeurs s'écartent" in method
    assert "De 3 à 7" in re.search(r'id="id_cut_count_helptext">([^<]+)<', page)[1]


@pytest.mark.parametrize(
    "classes", [None, {"method": "quantiles", "count": 5}, {"method": "equal", "count": 7}]
)
def test_a_map_whose_form_is_untouched_has_the_same_classes(agent, begun, classes):
    draft = begun(classes=classes)
    before = drafts.current_recipe(draft)
    form = form_of(draft, agent, as_displayed(form_of(draft, agent)))
    assert form.is_valid(), form.errors
    assert form.recipe.figure == before.figure
    strongly(Client(), agent).post(at(draft), sent(draft, agent))
    assert saved_figure() == before.figure
    assert drafts.may_undo(Draft.objects.get()) == ""


@pytest.mark.parametrize(
    ("choices", "made"),
    [
        ({"cut_method": "equal"}, ClassChoice(method="equal", count=5)),
        ({"cut_count": "3"}, ClassChoice(method="quantiles", count=3)),
    ],
)
def test_unspecified_class_options_have_their_defaults(agent, begun, choices, made):
    draft = begun()
    strongly(Client(), agent).post(at(draft), sent(draft, agent, **choices))
    assert saved_figure().classes == made


@pytest.mark.parametrize("count", ["2", "8", "cinq"])
def test_a_number_of_classes_that_no_eye_follows_is_refused_at_its_field(agent, begun, count):
    draft = begun()
    page = strongly(Client(), agent).post(at(draft), sent(draft, agent, cut_count=count))
    assert 'id="id_cut_count_error"' in page.content.decode()
    assert saved_figure().classes is None


def test_only_a_map_shows_how_it_is_cut_and_another_kind_keeps_it_for_the_way_back(agent, begun):
    draft = begun(classes={"method": "natural", "count": 4})
    client = strongly(Client(), agent)
    page = client.post(at(draft), sent(draft, agent, kind="bar")).content.decode()
    for field in ("cut_method", "cut_count"):
        assert re.search(rf'<input type="hidden" name="{field}" value="\w+"', page)
        assert f'for="id_{field}"' not in page
    client.post(at(draft), sent(Draft.objects.get(), agent, kind="map"))
    assert saved_figure().classes == ClassChoice(method="natural", count=4)

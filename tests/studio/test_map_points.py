"""A map of points: circles where rows stand, whatever the projection of the file; never a row that may not be shown."""

import html
import json
import re

import pytest
from canteens import poured, saved
from django.test import Client
from django.urls import reverse
from untouched import as_displayed

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.grants import processing
from beffroi.web.catalogue.models import Dataset
from beffroi.web.studio import services
from beffroi.web.studio.answers import StudioError
from beffroi.web.studio.editing import drafts
from beffroi.web.studio.editing.figure_form import FigureForm
from beffroi.web.studio.editing.inspection import RecipeInspector
from beffroi.web.studio.models import Draft
from places import strongly

pytestmark = pytest.mark.django_db
SCHOOLS = """Ecole;Longitude;Latitude;Eleves;Taux
LES SAULES;-1.5536;47.2173;150;40,5
LE BAC;-1.6099;47.2228;80;12
LE MOULIN;-1.5001;47.2001;20;80
SANS ADRESSE;;;60;30
NULLE PART;0;0;40;20
"""
# The same places as Lambert 93 says them.
LAMBERT = """Ecole;X;Y;Eleves
LES SAULES;355577;6689723;150
LE BAC;351353;6690590;80
LE MOULIN;359500;6687600;20
"""
HOUSEHOLDS = "Compteur;Longitude;Latitude;Montant\n" + "".join(
    f"FR-{n:04}X;{-1.5 - n / 1000:.4f};{47.2 + n / 1000:.4f};{n}\n" for n in range(1, 40)
)
BY_COLUMNS = {"x": "longitude", "y": "latitude", "name": "ecole", "size": "eleves"}


def definition_of(dataset, encodings, columns, **figure):
    labels = {"ecole": "École", "eleves": "Élèves", "taux": "Taux"}
    return {
        "title": "Écoles",
        "sources": {"c": dataset.slug},
        "steps": [{"step": "source", "source": "c"}, {"step": "choose", "columns": columns}],
        "figure": {
            "kind": "points", "title": "Écoles", "unit": "élèves", "base": "{lignes} lignes", "year": "2026",
            "source": "Ville", "simulated": True, "encodings": {**encodings, "labels": labels}, **figure,
        },
    }  # fmt: skip


@pytest.fixture
def drawn_map(town, agent):
    """What the map of these points draws, and its page."""

    def made(text, encodings, columns=("ecole", "longitude", "latitude", "eleves", "taux"), **figure):
        dataset = poured(town, agent, text, "Ecoles.csv").dataset
        saved(town, agent, definition_of(dataset, encodings, list(columns), **figure))
        services.save_board(town, agent, "b", "B", "", ["repas"])
        return seen(town, agent)

    return made


def seen(town, agent):
    client = strongly(Client(), agent)
    page = html.unescape(client.get(reverse("board", args=[town.slug, "b"])).content.decode())
    answer = client.get(reverse("board-figure", args=[town.slug, "b", 1]))
    return answer, page.replace("\u00a0", " ")


def test_each_row_with_a_place_is_a_circle_and_the_others_are_counted(drawn_map):
    answer, page = drawn_map(SCHOOLS, BY_COLUMNS)
    drawn = answer.json()
    points = [(one["properties"]["name"], one["properties"]["words"]) for one in drawn["features"]]
    assert points == [
        ("LES SAULES", "150\u00a0élèves"),
        ("LE BAC", "80\u00a0élèves"),
        ("LE MOULIN", "20\u00a0élèves"),
    ]
    assert drawn["features"][0]["geometry"] == {"type": "Point", "coordinates": [-1.5536, 47.2173]}
    assert drawn["sizes"] == [[150, "150\u00a0élèves"], [37.5, "37,5\u00a0élèves"]]
    assert drawn["legend"] == []
    assert "2 lignes sans point : dans le tableau, pas sur la carte." in page
    assert "SANS ADRESSE" in page, "the table says every row"


def test_colours_have_classes_and_sizes_name_their_column(drawn_map):
    cut = {"classes": {"method": "equal", "count": 3}, "unit": "%"}
    answer, _ = drawn_map(SCHOOLS, {**BY_COLUMNS, "value": "taux"}, **cut)
    drawn = answer.json()
    assert drawn["cut"] == "3 classes de même largeur"
    assert [line["words"] for line in drawn["legend"]] == ["12\u00a0%", "40,5\u00a0%", "80\u00a0%"]
    assert drawn["features"][0]["properties"]["words"] == "40,5\u00a0% · Élèves\u00a0: 150"
    assert [one["properties"]["class"] for one in drawn["features"]] == [1, 0, 2]
    assert drawn["sizes"][0][1] == "Élèves\u00a0: 150"


def test_points_without_any_figure_have_one_size_and_one_colour(drawn_map):
    answer, _ = drawn_map(SCHOOLS, {"x": "longitude", "y": "latitude"})
    drawn = answer.json()
    assert (drawn["sizes"], drawn["legend"], drawn["cut"]) == ([], [], "")
    assert [one["properties"]["name"] for one in drawn["features"]] == ["Point 1", "Point 2", "Point 3"]


def test_a_file_in_lambert_93_is_drawn_by_its_computed_geometry(drawn_map):
    encodings = {"place": "geometry", "name": "ecole", "size": "eleves"}
    answer, page = drawn_map(LAMBERT, encodings, ("ecole", "eleves", "geometry"))
    east, north = answer.json()["features"][0]["geometry"]["coordinates"]
    assert -1.7 < east < -1.4 and 47.1 < north < 47.3
    assert '"type":"Point"' not in page, "the table says what a point is, the map where it is"


def test_coordinates_that_are_no_degrees_are_refused_with_what_to_choose(drawn_map):
    encodings = {"x": "x", "y": "y", "name": "ecole"}
    answer, page = drawn_map(LAMBERT, encodings, ("ecole", "x", "y", "eleves"))
    assert answer.status_code == 409
    assert "Lambert 93 (EPSG:2154)" in page
    assert "Choisissez plutôt la colonne de géométrie" in page


def test_a_latitude_used_as_longitude_is_reported_rather_than_drawn_off_africa(drawn_map):
    answer, page = drawn_map(SCHOOLS, {"x": "latitude", "y": "longitude"})
    assert answer.status_code == 409
    assert "semblent échangées" in page


def test_beyond_the_limit_the_first_points_are_drawn_and_the_page_warns_once(drawn_map):
    lines = "".join(f"E{n};{-1.5 - n / 1e5:.5f};{47.2 + n / 1e5:.5f};1;1\n" for n in range(5_200))
    answer, page = drawn_map("Ecole;Longitude;Latitude;Eleves;Taux\n" + lines, BY_COLUMNS)
    assert len(answer.json()["features"]) == 5_000
    assert "La carte ne montre que 5 000 lignes sur 5 200" in page
    assert "premières lignes du résultat" not in page


# What may not be shown one by one


@pytest.fixture
def protected(town, agent, steward):
    dataset = poured(town, agent, HOUSEHOLDS, "Foyers.csv").dataset
    catalogue.edit_card(dataset, steward, protects="households", unit="compteur")
    purpose = processing(
        town,
        "aides",
        title="Aides",
        purpose="Aider",
        legal_basis="Mission",
        covers_personal=True,
        datasets=[dataset],
    )
    encodings = {"x": "longitude", "y": "latitude", "size": "montant"}
    definition = definition_of(dataset, encodings, ["longitude", "latitude", "montant"])
    return definition, purpose


def test_protected_rows_are_never_points_on_a_board(town, agent, protected):
    stored = services.save_recipe(town, agent, "foyers", *protected)
    services.save_board(town, agent, "b", "B", "", ["foyers"])
    answer, page = seen(town, agent)
    assert answer.status_code == 409
    assert "ses lignes ne sont pas montrées une à une" in page
    for text in (page, answer.content.decode()):
        assert "47.2" not in text and "47,2" not in text
    with pytest.raises(StudioError, match="une à une"):
        services.answer(agent, stored)


def test_rows_protected_after_their_map_was_seen_are_no_longer_on_it(town, agent, steward, drawn_map):
    answer, _ = drawn_map(SCHOOLS, BY_COLUMNS)
    assert len(answer.json()["features"]) == 3
    dataset = Dataset.objects.of(town).get()
    catalogue.edit_card(dataset, steward, protects="persons", unit="ecole")
    answer, page = seen(town, agent)
    assert answer.status_code == 409
    assert "coordinates" not in answer.content.decode()
    assert "LES SAULES" not in page


def test_protected_rows_are_never_points_in_a_preview(town, agent, protected):
    definition, purpose = protected
    stored = services.save_recipe(town, agent, "foyers", definition, purpose)
    draft = drafts.take_up(stored, agent)
    page = strongly(Client(), agent).get(reverse("draft-save", args=[town.slug, draft.pk]))
    text = html.unescape(page.content.decode())
    assert "ses lignes ne sont pas montrées une à une" in text
    assert "coordinates" not in text


def test_protected_rows_grouped_by_place_are_points_only_above_the_floor(town, agent, protected):
    definition, purpose = protected
    group = {
        "step": "group",
        "by": ["longitude", "latitude"],
        "measures": [{"name": "n", "operation": "count"}],
    }
    definition["steps"] = [{"step": "source", "source": "c"}, group]
    definition["figure"]["encodings"] = {"x": "longitude", "y": "latitude", "size": "n"}
    services.save_recipe(town, agent, "foyers", definition, purpose)
    services.save_board(town, agent, "b", "B", "", ["foyers"])
    answer, page = seen(town, agent)
    drawn = json.loads(answer.content) if answer.status_code == 200 else {"features": []}
    assert drawn["features"] == [], "each place has one household"
    assert "47,2" not in page and "47.2" not in page


# On the page of the figure


@pytest.fixture
def draft(town, agent):
    dataset = poured(town, agent, SCHOOLS, "Ecoles.csv").dataset
    columns = ["ecole", "longitude", "latitude", "eleves", "taux"]
    return drafts.take_up(saved(town, agent, definition_of(dataset, BY_COLUMNS, columns)), agent)


def sent(draft, agent, **more):
    look = RecipeInspector(agent, draft.territory, drafts.current_recipe(draft), drafts.processing_of(draft))
    return {**as_displayed(FigureForm(draft, look, [])).dict(), "action": "preview", **more}


def test_the_untouched_form_gives_the_same_map_inside_the_page(town, agent, draft):
    before = drafts.current_recipe(draft).figure
    address = reverse("draft-save", args=[town.slug, draft.pk])
    page = strongly(Client(), agent).post(address, sent(draft, agent)).content.decode()
    after = drafts.current_recipe(Draft.objects.get()).figure
    labels = after.encodings.labels
    assert after == before.model_copy(
        update={"encodings": before.encodings.model_copy(update={"labels": labels})}
    )
    assert '"points": true' in page and 'data-island="map"' in page


def test_another_kind_becomes_a_map_of_points_with_columns_that_suit_it(town, agent, draft):
    client = strongly(Client(), agent)
    address = reverse("draft-save", args=[town.slug, draft.pk])
    client.post(address, sent(draft, agent, kind="table"))
    client.post(address, sent(Draft.objects.get(), agent, kind="points"))
    found = drafts.current_recipe(Draft.objects.get()).figure.encodings
    assert (found.x, found.y, found.name, found.value) == ("longitude", "latitude", "ecole", "taux")


def test_a_map_of_points_requires_a_place(town, agent, draft):
    address = reverse("draft-save", args=[town.slug, draft.pk])
    page = strongly(Client(), agent).post(address, sent(draft, agent, y="")).content.decode()
    assert "où se trouve chaque point" in re.sub(r"\s+", " ", html.unescape(page))

"""Steps by places on the editor's pages: which columns say where is proposed, what would be found is said before."""

import html
import json
import re

import pytest
from canteens import poured
from django.test import Client
from django.urls import reverse
from untouched import assert_untouched_is_unchanged

from beffroi.recipes.model import Recipe
from beffroi.web.studio.editing import drafts

pytestmark = pytest.mark.django_db

DUMPS = (
    "Dépôt;Longitude;Latitude;Volume\n"
    "D1;6,85;47,64;3\nD2;6,86;47,64;1\nD3;6,95;47,64;2\nD4;;;4\nD5;7,5;47,64;9\n"
)
SCHOOLS = "École;X_L93;Y_L93;Élèves\n" + "".join(
    f"{name};{x};{y};{pupils}\n"
    for name, x, y, pupils in (("Jaurès", 988_900, 6_733_000, 120), ("Hugo", 996_000, 6_733_000, 80))
)


def _square(west, east):
    return [[[west, 47.6], [east, 47.6], [east, 47.7], [west, 47.7], [west, 47.6]]]


AREAS = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"nom": name, "rang": n}, "geometry": {"type": "Polygon", "coordinates": _square(*ends)}}
            for n, (name, ends) in enumerate({"Centre": (6.8, 6.9), "Est": (6.9, 7.0)}.items())
        ],
    }
)  # fmt: skip


@pytest.fixture
def dumps(town, agent):
    return poured(town, agent, DUMPS, "Dépôts.csv").dataset


@pytest.fixture
def areas(town, agent):
    return poured(town, agent, AREAS, "Quartiers.geojson").dataset


@pytest.fixture
def schools(town, agent):
    return poured(town, agent, SCHOOLS, "Écoles.csv").dataset


@pytest.fixture
def draft(town, agent, dumps):
    return drafts.begin(town, agent, dumps)


@pytest.fixture
def client(agent):
    made = Client()
    made.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


@pytest.fixture
def page(client, town, draft):
    """A step's form, or what follows once it is posted."""
    address = reverse("draft-step", args=[town.slug, draft.pk])

    def submit(kind, other, /, **posted):
        if posted:
            data = {"genre": kind, "apres": 1, "avec": other.slug, "rows": 1, "action": "keep", **posted}
            answer = client.post(address, data, follow=True)
        else:
            answer = client.get(address, {"genre": kind, "apres": 1, "avec": other.slug})
        assert answer.status_code == 200
        return html.unescape(answer.content.decode()).replace("\u00a0", " ")

    return submit


def cells(text):
    table = text.split('aria-label="Premières lignes"')[1].split("</table>")[0]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", table)[1:]]


def area_by_row(text, place):
    """A column of the preview, by the name of each row."""
    return {row[0]: row[place] for row in cells(text)}


def last(draft):
    draft.refresh_from_db()
    return drafts.current_recipe(draft).steps[-1]


XY = '{"geometry":null,"x":"longitude","y":"latitude","system":4326}'
SHAPE = '{"geometry":"geometry","x":null,"y":null,"system":4326}'


def test_an_agent_finds_in_which_area_each_row_is(page, draft, areas):
    text = page("within", areas)
    assert (
        "« Longitude » et « Latitude » : WGS 84 (longitude et latitude) (EPSG:4326), comme 6,85 et 47,64"
        in text
    )
    assert "des formes géographiques" in text
    after = page("within", areas, here=XY, there=SHAPE, bring=["nom"])
    assert (
        "3 lignes sur 5 trouvent quelque chose dans « Quartiers » ; 2 ne trouvent rien, dont 1 sans coordonnées lisibles."
        in after
    )
    assert area_by_row(after, -1) == {"D1": "Centre", "D2": "Centre", "D3": "Est", "D4": "–", "D5": "–"}
    assert last(draft).columns == ("nom",)
    assert (
        "Trouver dans quelle zone de « Quartiers » se trouve chaque ligne, selon « Longitude » et « Latitude »"
        in after
    )


def test_projected_columns_are_recognised_by_their_values(page, draft, schools):
    text = page("nearest", schools)
    assert "Lambert 93 (EPSG:2154), comme 988900 et 6733000" in text
    lambert = '{"geometry":null,"x":"x_l93","y":"y_l93","system":2154}'
    after = page("nearest", schools, here=XY, there=lambert, bring=["ecole"], farthest="20000")
    assert "« distance_m »" in after and last(draft).other.system == 2154
    assert area_by_row(after, -2) == {"D1": "Jaurès", "D2": "Jaurès", "D3": "Hugo", "D4": "–", "D5": "–"}


def test_what_is_around_is_counted(page, draft, schools):
    lambert = '{"geometry":null,"x":"x_l93","y":"y_l93","system":2154}'
    after = page("around", schools, here=XY, there=lambert, metres="15000", sums=["eleves"])
    assert area_by_row(after, -2) == {"D1": "2", "D2": "2", "D3": "2", "D4": "–", "D5": "0"}
    assert area_by_row(after, -1) == {"D1": "200", "D2": "200", "D3": "200", "D4": "–", "D5": "0"}
    assert last(draft).sums[0].name == "eleves autour"


def test_swapped_coordinates_are_refused_and_reported(page, draft, areas):
    after = page(
        "within", areas, here="main", here_x="latitude", here_y="longitude", here_system="4326", there=SHAPE, bring=["nom"]
    )  # fmt: skip
    assert "Les coordonnées de l'analyse semblent inversées" in after
    assert len(drafts.current_recipe(draft).steps) == 1


def test_two_columns_are_chosen_by_hand(page, draft, areas):
    page("within", areas, here="main", here_x="longitude", here_y="latitude", here_system="4326", there=SHAPE, bring=["nom"])  # fmt: skip
    assert last(draft).coordinates.x == "longitude"
    after = page("within", areas, here="main", here_x="volume", there=SHAPE, bring=["nom"])
    assert "Choisissez deux colonnes différentes." in after


def test_an_area_is_needed_to_contain_rows(page, draft, dumps):
    assert "Ce jeu n'a pas de colonne de formes." in page("within", dumps)


@pytest.mark.parametrize(
    "written",
    [
        {"step": "within", "other": {"geometry": "geometry"}, "columns": ["rang"], "first": [{"column": "rang", "descending": True}]},
        {"step": "nearest", "other": {"geometry": "geometry"}, "columns": [], "name": "loin", "farthest": 250.5},
        {"step": "around", "other": {"geometry": "geometry"}, "metres": 300.0, "name": "n", "sums": [{"column": "rang", "name": "s"}]},
        {"step": "area_share", "coordinates": {"geometry": "geometry"}, "other": {"geometry": "geometry"}, "name": "p", "area": None},
    ],
    ids=lambda written: written["step"],
)  # fmt: skip
def test_a_form_that_is_sent_as_it_opened_leaves_its_step_by_places(town, agent, dumps, areas, written):
    first = areas if written["step"] == "area_share" else dumps
    here = {"x": "longitude", "y": "latitude"}
    recipe = Recipe.model_validate(
        {
            "title": "Essai",
            "sources": {"a": first.slug, "b": areas.slug},
            "steps": [{"step": "source", "source": "a"}, {"source": "b", "coordinates": here, **written}],
        }
    )
    assert_untouched_is_unchanged(town, agent, recipe)

"""The tiles' addresses are public, hold nothing of anyone and stay in caches; a figure tells its places and classes apart."""

import gzip
import json

import pytest
from canteens import poured, saved, served_by_site
from django.test import Client
from django.urls import reverse

from beffroi.lake.reference import import_contours, tiles
from beffroi.web.studio import services
from places import a_person, strongly
from reference_data import require_reference
from vector_tiles import read_tile

pytestmark = pytest.mark.django_db
CODES = ("44109", "44162", "44020", "97411")


@pytest.fixture
def contours(home, tmp_path):
    """Squares side by side for three communes of Loire-Atlantique, another one for Saint-Denis de La Réunion."""
    require_reference()
    features = []
    for rank, code in enumerate(CODES):
        x, y = (55.4, -20.9) if code == "97411" else (-1.6 + rank / 10, 47.2)
        ring = [[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y + 0.1], [x, y]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"insee": code}, "geometry": geometry})
    file = tmp_path / "contours-2026.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    import_contours(file, home.path, source="IGN")
    return tiles.version_of(home.path)


@pytest.fixture
def figure(real_town):
    """The answer of a map figure of these lines, and its page."""
    agent = a_person(real_town, "agent")

    def made(text, **more):
        dataset = poured(real_town, agent, text, "Communes.csv").dataset
        definition = served_by_site(dataset) | {
            "title": "Habitants",
            "steps": [
                {"step": "source", "source": "cantine"},
                {"step": "choose", "columns": ["commune", "habitants"]},
            ],
        }
        encodings = {"place": "commune", "value": "habitants"}
        definition["figure"] |= {"kind": "map", "year": "2026", "encodings": encodings} | more
        saved(real_town, agent, definition)
        services.save_board(real_town, agent, "b", "B", "", ["repas"])
        client = strongly(Client(), agent)
        page = client.get(reverse("board", args=[real_town.slug, "b"])).content.decode()
        return client.get(reverse("board-figure", args=[real_town.slug, "b", 1])).json(), page

    return made


def test_a_tile_is_public_and_cached_for_ever(contours):
    answer = Client().get(f"/cartes/{contours}/communes/5/15/11.mvt", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert "immutable" in answer["Cache-Control"] and "public" in answer["Cache-Control"]
    assert "Set-Cookie" not in answer
    assert set(read_tile(gzip.decompress(answer.content))["communes"].rings) == {44109, 44162, 44020}
    again = Client().get(answer.request["PATH_INFO"], headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = Client().get(answer.request["PATH_INFO"])
    assert plain.content == gzip.decompress(answer.content)


def test_a_tile_of_nothing_is_empty(contours):
    answer = Client().get(f"/cartes/{contours}/communes/10/0/0.mvt")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    "address",
    [
        "autre/communes/5/15/11.mvt",
        "{v}/regions/5/15/11.mvt",
        "{v}/communes/2/1/1.mvt",
        "{v}/communes/11/1/1.mvt",
        "{v}/communes/5/32/11.mvt",
        "{v}/communes/5/-1/11.mvt",
        "{v}/communes/05/15/11.mvt",
        "{v}/communes/5/15/11.mvt/..",
        "{v}/communes/5/1e1/11.mvt",
        "{v}/communes/5/999999999999999999999999999/11.mvt",
        "{v}/communes/5/%31%27%20OR%201/11.mvt",
        "..%2f..%2fetc/communes/5/15/11.mvt",
        "autre/communes/lieux.json",
        "{v}/regions/lieux.json",
    ],
)
def test_an_address_that_is_no_tile_is_not_found(contours, address):
    assert Client().get(f"/cartes/{address.format(v=contours)}").status_code == 404


def test_a_tile_takes_no_other_method(contours):
    assert Client().post(f"/cartes/{contours}/communes/5/15/11.mvt").status_code == 405


def test_without_contours_no_tile_exists(home):
    assert Client().get("/cartes/v/communes/5/15/11.mvt").status_code == 404


def test_the_names_of_a_layer_come_apart(contours):
    rows = Client().get(f"/cartes/{contours}/communes/lieux.json").json()
    assert [row[:2] for row in rows][1] == ["44109", "Nantes"]


def test_a_figure_describes_its_places_their_classes_and_its_frame(contours, figure):
    text = "commune;habitants\n44109;327734\nSaint-Herblain;50973\n97411;155000\n44020;\n99999;12\n"
    drawn, page = figure(text)
    assert drawn["codes"] == "44020 44109 97411"
    assert drawn["values"] == [None, 327734, 155000]
    assert drawn["classes"] == "-10"
    assert [line["places"] for line in drawn["legend"]] == [1, 1, 1]
    assert drawn["legend"][0]["words"] == "155\u00a0000\u00a0repas"
    assert drawn["legend"][-1]["words"] == "non renseigné"
    assert [name for name, _ in drawn["frames"]] == ["France métropolitaine", "La Réunion"]
    assert drawn["frames"][0][1][2] < 0, "the frame of the mainland stops before La Réunion"
    assert drawn["tiles"]["address"].startswith(f"/cartes/{contours}/communes/")
    assert "contours : IGN, 2026" in page
    assert "pas sur la carte : Saint-Herblain, 99999" in page


def test_the_method_and_the_number_of_classes_are_those_of_the_figure(contours, figure):
    text = "commune;habitants\n44109;100\n44162;0\n44020;2\n97411;-4\n"
    drawn, _ = figure(text, classes={"method": "equal", "count": 3})
    assert [line["words"] for line in drawn["legend"]] == [
        "−4\u00a0repas",
        "0 à 2\u00a0repas",
        "100\u00a0repas",
    ]
    assert [line["tone"] < 0 for line in drawn["legend"]] == [True, False, False]
    assert drawn["classes"] == "1210" or len(drawn["classes"]) == 4
    assert drawn["cut"] == "3 classes de même largeur, de part et d'autre de zéro"


def test_without_chosen_classes_the_legend_names_quantiles(contours, figure):
    drawn, _ = figure("commune;habitants\n44109;1\n44162;2\n44020;3\n97411;4\n")
    assert drawn["cut"] == "4 classes\u00a0: autant de lieux dans chacune (quantiles)"

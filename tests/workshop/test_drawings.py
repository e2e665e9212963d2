"""What the drawings of the morning say: tones of statuses, days in French order, values below zero, names of axes."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from beffroi.systems import registry
from beffroi.systems.input_schema import ColumnNeed, InputSchema
from beffroi.systems.manifest import Manifest, OutputColumn, OutputTable
from beffroi.web.ui.templatetags.ui import rows_of_cells
from beffroi.web.workshop.presentation import charts, maps, morning, ranking
from beffroi.web.workshop.presentation.reading import Large, OutputView, badges_of, tones_of


def status(*levels: str, neutral: str = "") -> OutputColumn:
    return OutputColumn(
        name="state", label="État", type="text", role="status", levels=levels, neutral=neutral
    )


@pytest.mark.parametrize(
    ("column", "tones"),
    [
        (status("calme", "à surveiller", "fuite"), [0, -0.5, -1]),
        (status("gagne", "pareil", "perd", neutral="pareil"), [1, 0, -1]),
        (status("gagne", "pareil", neutral="pareil"), [1, 0]),
        (status("seul"), [0]),
    ],
)
def test_what_worries_is_on_one_side_and_good_news_on_the_other(
    column: OutputColumn, tones: list[float]
) -> None:
    assert tones_of(column) == tones


@pytest.mark.parametrize(
    ("column", "badges"),
    [
        (status("calme", "à surveiller", "fuite"), ["good", "warn", "danger"]),
        (status("gagne", "pareil", "perd", neutral="pareil"), ["good", "", "warn"]),
        (status("retenu", "au-delà"), ["good", "warn"]),
        (status(), []),
    ],
)
def test_a_state_is_a_badge_of_the_kind_of_its_level(column: OutputColumn, badges: list[str]) -> None:
    assert list(badges_of(column).values()) == badges


def test_a_row_of_cells_escapes_what_it_holds_and_shows_its_state_as_a_badge() -> None:
    rows = [[("<b>École</b> ?", False, None), ("12", True, None), ("fuite & co", False, "danger")]]
    assert rows_of_cells(rows, named=True) == (
        '<tr><th scope="row">&lt;b&gt;École&lt;/b&gt;\u00a0?</th><td class="number">12</td>'
        '<td><span class="badge danger">fuite &amp; co</span></td></tr>'
    )


def test_a_neutral_level_that_is_none_and_a_column_that_is_not_there_are_refused() -> None:
    with pytest.raises(ValidationError, match="n’est pas un de ses niveaux"):
        status("a", "b", neutral="inconnu")
    need = ColumnNeed(name="site", type="text", why="Distinguer les lieux.")
    with pytest.raises(ValidationError, match="nomme une colonne inconnue : rue"):
        InputSchema(name="visits", title="Visites", columns=(need,), one_of=("site", "rue"))


def test_a_value_below_zero_has_its_own_word_where_there_is_one() -> None:
    gain = OutputColumn(name="gain", label="Gain", type="number", unit="m gagnés", unit_below="m perdus")
    assert charts.format_in_unit_of(gain, 80) == "80\xa0m gagnés"
    assert charts.format_in_unit_of(gain, -80) == "80\xa0m perdus"
    plain = OutputColumn(name="gap", label="Écart", type="number", unit="kWh")
    assert charts.format_in_unit_of(plain, -80) == "\u221280\xa0kWh"


def shown(*columns: dict[str, Any], rows: list[dict[str, Any]], views: tuple[str, ...]) -> OutputView:
    table = {"name": "t", "title": "Titre", "columns": columns, "views": views}
    return OutputView(OutputTable.model_validate(table), rows)


def test_days_of_a_long_series_are_written_day_first() -> None:
    held = shown(
        {"name": "day", "label": "Jour", "type": "date", "role": "day"},
        {"name": "flow", "label": "Débit", "type": "number", "role": "value"},
        rows=[{"day": f"2026-0{1 + n // 28}-{1 + n % 28:02d}", "flow": n} for n in range(56)],
        views=("series",),
    )
    drawing = charts.series(held)
    assert drawing is not None
    assert drawing.spec["encoding"]["x"]["axis"]["format"]["date"].startswith("%-d ")


def test_the_axis_of_bars_says_what_it_measures() -> None:
    held = shown(
        {"name": "place", "label": "Lieu", "type": "text", "role": "place"},
        {"name": "gain", "label": "Trajet raccourci de", "type": "number", "role": "value", "unit": "m"},
        rows=[{"place": "A", "gain": 3}, {"place": "B", "gain": -2}],
        views=("bars",),
    )
    drawing = charts.bars(held)
    assert drawing is not None
    assert drawing.spec["layer"][0]["encoding"]["x"]["title"] == "Trajet raccourci de (m)"


def test_four_figures_are_large_and_none_is_lost() -> None:
    figures = [Large(str(n), f"Chiffre {n}", n, "", "", None, None, "") for n in range(7)]
    read = morning.Morning(None, None, figures, [], [])  # type: ignore[arg-type]
    assert len(read.first_figures) == 4
    assert [*read.first_figures, *read.other_figures] == figures


def point(longitude: float) -> str:
    return json.dumps({"type": "Point", "coordinates": [longitude, 47.2]})


def test_stops_bear_their_rank_in_the_colour_of_their_group_over_the_lines_of_the_rounds() -> None:
    stops = shown(
        {"name": "stop", "label": "Arrêt", "type": "text", "role": "place"},
        {"name": "truck", "label": "Camion", "type": "text", "role": "group"},
        {"name": "rank", "label": "Rang", "type": "integer", "role": "rank"},
        {"name": "position", "label": "Lieu", "type": "geometry", "role": "geometry"},
        rows=[
            {"stop": "Halle", "truck": "B", "rank": 1, "position": point(-1.55)},
            {"stop": "Port", "truck": "A", "rank": 1, "position": point(-1.56)},
            {"stop": "Gare", "truck": "B", "rank": 2, "position": point(-1.57)},
            {"stop": "Parc", "truck": None, "rank": None, "position": point(-1.58)},
        ],
        views=("map",),
    )
    line = json.dumps({"type": "LineString", "coordinates": [[-1.55, 47.2], [-1.57, 47.2]]})
    rounds = shown(
        {"name": "truck", "label": "Camion", "type": "text", "role": "place"},
        {"name": "line", "label": "Tracé", "type": "geometry", "role": "geometry"},
        rows=[{"truck": "A", "line": line}, {"truck": "B", "line": line}],
        views=(),
    )
    drawn = maps.drawing(stops, [rounds])
    assert drawn is not None
    features = {one["properties"]["name"]: one["properties"] for one in drawn["features"]}
    assert {name: (one["class"], one.get("rank")) for name, one in features.items()} == {
        "Halle": (0, 1),
        "Port": (1, 1),
        "Gare": (0, 2),
        "Parc": (None, None),
    }
    assert drawn["legend"] == [
        {"group": 0, "words": "B", "places": 2},
        {"group": 1, "words": "A", "places": 1},
    ]
    (under,) = drawn["under"]
    assert under["kind"] == "lines"
    assert [one["properties"]["class"] for one in under["features"]] == [1, 0]


def sectors(*rows: tuple[str, str, float]) -> OutputView:
    return shown(
        {"name": "sector", "label": "Secteur", "type": "text", "role": "place"},
        {"name": "state", "label": "État", "type": "text", "role": "status", "levels": ["calme", "fuite"]},
        {"name": "lost", "label": "Perte", "type": "number", "role": "value", "unit": "m³/h"},
        {"name": "position", "label": "Lieu", "type": "geometry", "role": "geometry"},
        rows=[
            {"sector": name, "state": state, "lost": lost, "position": point(-1.5 - rank / 100)}
            for rank, (name, state, lost) in enumerate(rows)
        ],
        views=("map",),
    )


def test_one_ranking_orders_the_table_the_other_tables_and_the_map() -> None:
    lead = sectors(("Aubier", "calme", 9), ("Bourg", "fuite", 2), ("Coteau", "fuite", 3))
    pipes = shown(
        {"name": "pipe", "label": "Conduite", "type": "text", "role": "place"},
        {"name": "sector", "label": "Secteur", "type": "text", "role": "group"},
        rows=[{"pipe": "a1", "sector": "Aubier"}, {"pipe": "b1", "sector": "Bourg"}],
        views=(),
    )
    first, second = ranking.ranked([lead, pipes])
    assert first.places == ["Bourg", "Coteau", "Aubier"]
    assert [row["pipe"] for row in second.rows] == ["b1", "a1"]
    assert ranking.exceptions(first) == ["Bourg\xa0: fuite, 2\xa0m³/h", "Coteau\xa0: fuite, 3\xa0m³/h"]
    drawn = maps.drawing(first)
    assert drawn is not None
    codes = {one["properties"]["code"]: one["properties"]["name"] for one in drawn["features"]}
    assert codes["1"] == "Bourg"


def test_by_day_what_is_unusual_comes_first_then_the_nearest_day_and_the_furthest_from_its_reference() -> (
    None
):
    days = shown(
        {"name": "place", "label": "Lieu", "type": "text", "role": "place"},
        {"name": "day", "label": "Jour", "type": "date", "role": "day"},
        {"name": "visits", "label": "Passages", "type": "number", "role": "value"},
        {"name": "usual", "label": "D’habitude", "type": "number", "role": "reference"},
        {"name": "state", "label": "État", "type": "text", "role": "status",
         "levels": ["calme", "habituel", "foule"], "neutral": "habituel"},
        rows=[
            {"place": "Accueil", "day": "2026-11-30", "visits": 101, "usual": 100, "state": "habituel"},
            {"place": "Piscine", "day": "2026-11-30", "visits": 90, "usual": 100, "state": "habituel"},
            {"place": "Accueil", "day": "2026-12-01", "visits": 20, "usual": 100, "state": "calme"},
            {"place": "Piscine", "day": "2026-12-02", "visits": 130, "usual": 100, "state": "foule"},
        ],
        views=("series",),
    )  # fmt: skip
    (ranked,) = ranking.ranked([days])
    named = [(row["place"], row["day"][-2:]) for row in ranked.rows]
    assert named == [("Piscine", "02"), ("Accueil", "01"), ("Piscine", "30"), ("Accueil", "30")]
    drawing = charts.series(ranked)
    assert drawing is not None and drawing.title.endswith(
        "Piscine"
    )  # what to see first, not the alphabet's first


def test_the_first_rows_have_the_columns_that_say_where_how_much_and_how_worrying() -> None:
    view = sectors(*((f"Secteur {n}", "fuite", n) for n in range(9)))
    assert [heading for heading, _ in view.first_headings] == ["Secteur", "État", "Perte (m³/h)"]
    assert len(view.first_cells) == 5


def test_days_are_not_written_one_over_the_next_on_a_telephone() -> None:
    held = shown(
        {"name": "day", "label": "Jour", "type": "date", "role": "day"},
        {"name": "flow", "label": "Débit", "type": "number", "role": "value"},
        rows=[{"day": f"2026-11-{1 + n:02d}", "flow": n} for n in range(12)],
        views=("series",),
    )
    drawing = charts.series(held)
    assert drawing is not None and drawing.spec["encoding"]["x"]["axis"]["labelOverlap"] == "parity"


def test_a_map_that_lies_on_a_table_without_shapes_is_refused() -> None:
    manifest = registry.get("leaks").manifest.model_dump(mode="json")
    manifest["outputs"][0]["under"] = ["nights"]
    with pytest.raises(ValidationError, match="table sans géométrie : nights"):
        Manifest.model_validate(manifest)

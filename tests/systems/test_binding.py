"""Binding of columns: proposed with reasons, checked in French, projected to the declared columns in their types."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from beffroi.systems import registry
from beffroi.systems.binding import BindingError, check_binding, project, propose_binding
from beffroi.systems.input_schema import InputSchema

OWN = [
    ("site_type", "site_type", "text"),
    ("date", "date", "date"),
    ("prevision", "prevision", "integer"),
    ("reel", "reel", "integer"),
    ("site_nom", "site_nom", "text"),
]
GOOD = {
    "site": "site_nom",
    "date": "date",
    "meals": "reel",
    "ordered": "prevision",
    "site_type": "site_type",
}


@pytest.fixture
def attendance() -> InputSchema:
    return registry.get("canteen").manifest.inputs[0]


def test_the_columns_of_a_real_export_are_recognised(attendance: InputSchema) -> None:
    proposed = propose_binding(attendance, OWN)
    assert {name: match.column for name, match in proposed.items()} == GOOD
    assert "nom connu" in proposed["meals"].reason


def test_every_table_of_a_school_export_finds_its_columns() -> None:
    inputs = {schema.name: schema for schema in registry.get("canteen").manifest.inputs}
    menus = propose_binding(
        inputs["menus"], [("date", "Date", "date"), ("rang", "Rang", "integer"), ("plat", "Plat", "text")]
    )
    assert [menus[name].column for name in ("date", "dish")] == ["date", "plat"]
    rolls = propose_binding(
        inputs["rolls"],
        [
            ("ecole", "Ecole", "text"),
            ("annee_scolaire", "Année scolaire", "text"),
            ("effectif", "Effectif", "integer"),
        ],
    )
    assert [match.column for match in rolls.values()] == ["ecole", "annee_scolaire", "effectif"]


def test_what_fits_nothing_is_left_for_the_person_to_choose(attendance: InputSchema) -> None:
    proposed = propose_binding(attendance, [("x1", "Code UAI", "code"), ("date", "Jour", "date")])
    assert proposed["date"].column == "date"
    assert proposed["meals"].column is None
    assert "choisissez-la vous-même" in proposed["meals"].reason


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"meals": None}, "Il manque la colonne « Repas servis »"),
        ({"meals": "site_nom"}, "contient du texte ; il faut ici un nombre entier : le nombre de repas"),
        ({"ordered": "reel"}, "sert à la fois pour « Repas servis » et « Repas commandés »"),
        ({"site": "gone"}, "n’est pas dans ce jeu de données"),
        ({"price": "reel"}, "ne demande pas de colonne « price »"),
    ],
)
def test_a_wrong_binding_is_reported(
    attendance: InputSchema, change: dict[str, str | None], message: str
) -> None:
    assert check_binding(attendance, GOOD, OWN) == []
    assert any(message in error for error in check_binding(attendance, {**GOOD, **change}, OWN))


def test_only_the_declared_columns_are_projected_in_their_declared_types(attendance: InputSchema) -> None:
    table = pa.table(
        {
            "site_nom": ["A", "B"],
            "date": [datetime(2024, 1, 8, 12), datetime(2024, 1, 9)],
            "reel": [12.0, None],
            "cook": ["Mme X", "M. Y"],
        }
    )
    projected = project(table, {"site": "site_nom", "date": "date", "meals": "reel"}, attendance)
    assert projected.to_pylist() == [
        {"site": "A", "date": date(2024, 1, 8), "meals": 12},
        {"site": "B", "date": date(2024, 1, 9), "meals": None},
    ]


def test_a_value_that_cannot_be_read_is_named_with_its_line(attendance: InputSchema) -> None:
    table = pa.table({"s": ["A", "B"], "d": [date(2024, 1, 8)] * 2, "m": ["12", "douze"]})
    with pytest.raises(BindingError, match="la ligne 2 contient « douze »"):
        project(table, {"site": "s", "date": "d", "meals": "m"}, attendance)


def test_a_moment_keeps_its_hour_as_the_clock_of_the_place_showed_it() -> None:
    schema = InputSchema.model_validate(
        {
            "name": "flows",
            "title": "Débits",
            "columns": [{"name": "moment", "type": "datetime", "why": "Reconnaître la nuit."}],
        }
    )
    assert check_binding(schema, {"moment": "heure"}, [("heure", "heure", "datetime")]) == []
    assert check_binding(schema, {"moment": "heure"}, [("heure", "heure", "text")]) != []
    naive = pa.table({"heure": pa.array([datetime(2024, 7, 1, 3, 5)], pa.timestamp("ms"))})
    zoned = pa.table({"heure": pa.array([datetime(2024, 7, 1, 1, 5)], pa.timestamp("us", "Europe/Paris"))})
    day = pa.table({"heure": pa.array([date(2024, 7, 1)])})
    projected = [
        project(table, {"moment": "heure"}, schema)["moment"].to_pylist() for table in (naive, zoned, day)
    ]
    assert projected == [[datetime(2024, 7, 1, 3, 5)], [datetime(2024, 7, 1, 3, 5)], [datetime(2024, 7, 1)]]

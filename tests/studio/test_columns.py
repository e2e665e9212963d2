"""What a column can serve for: told from its header and content, and nothing when in doubt."""

from datetime import date

import pytest

from beffroi.web.studio.columns import ColumnCounts, classify_column


def role(label, kind, *, rows=1000, filled=None, distinct=500, low=None, high=None, personal=None):
    counted = ColumnCounts(rows, rows if filled is None else filled, distinct, low, high)
    return classify_column(label.lower().replace(" ", "_"), label, kind, personal, counted).role


@pytest.mark.parametrize(
    "label",
    ["OBJECTID", "TARGET_FID", "SIRET", "Code INSEE", "NUMERO", "CDRUE", "RANG", "Code postal", "NORUE"],
)
def test_an_identifier_is_never_added_up(label):
    assert role(label, "integer", low=1, high=90_000) == "nothing"


@pytest.mark.parametrize("label", ["Exercice", "ANNEE", "millesime", "Année scolaire de début"])
def test_a_year_is_a_year(label):
    assert role(label, "integer", distinct=8, low=2005, high=2012) == "year"


def test_years_without_a_name_are_known_by_their_values():
    assert role("Période", "integer", distinct=8, low=2005, high=2012) == "year"


def test_a_count_that_lies_between_1950_and_2100_is_not_a_year():
    assert role("Nombre de places", "integer", distinct=8, low=1960, high=2090) == "sum"


@pytest.mark.parametrize("label", ["Longitude", "COORD_X", "lat", "Lambert x"])
def test_coordinates_serve_for_nothing(label):
    assert role(label, "number", low=3.1, high=43.9) == "nothing"


@pytest.mark.parametrize(
    "label", ["Montant", "NBENFMAX", "Effectif", "NBRE_PLACE", "Tonnage (t)", "reel", "Nombre de classes"]
)
def test_quantities_add_up(label):
    assert role(label, "integer", low=0, high=900) == "sum"


@pytest.mark.parametrize("label", ["Taux de grévistes", "Température moyenne", "Prix du repas"])
def test_rates_are_averaged(label):
    assert role(label, "decimal", low=0, high=90) == "mean"


def test_a_number_that_nothing_explains_serves_for_nothing():
    assert role("Q17b", "decimal", low=0, high=90) == "nothing"


@pytest.mark.parametrize(
    ("label", "kind", "nature"),
    [
        ("Annee", "integer", "year"),
        ("NumeroJourSemaine", "integer", "identifier"),
        ("Trimestre", "integer", "calendar"),
        ("Longitude", "number", "coordinate"),
        ("Taux de présence", "decimal", "rate"),
        ("Repas servis", "integer", "amount"),
        ("Q17b", "decimal", "unknown"),
        ("Site", "text", None),
    ],
)
def test_what_numbers_are_is_known_by_the_header_alone(label, kind, nature):
    use = classify_column(label.lower(), label, kind, None, ColumnCounts(rows=1, filled=1, distinct=2))
    assert use.nature == nature


def test_numbers_that_go_from_one_to_the_last_row_are_those_of_the_rows():
    counted = ColumnCounts(rows=90, filled=90, distinct=90, low=1, high=90)
    assert classify_column("q", "Q", "integer", None, counted).nature == "identifier"


def test_a_personal_column_serves_for_nothing():
    assert role("Commune", "text", distinct=12, personal="address") == "nothing"


def test_a_half_empty_column_serves_for_nothing():
    assert role("Montant", "decimal", filled=300) == "nothing"


def test_few_values_make_a_category_and_many_a_key():
    assert role("Quartier", "text", distinct=7) == "category"
    assert role("Nom", "text", distinct=990) == "key"


def test_a_column_without_a_header_serves_for_nothing():
    assert role("Colonne 3", "text", distinct=7) == "nothing"


def test_dates_are_dates():
    assert role("Jour", "date", low=date(2020, 1, 1), high=date(2021, 1, 1)) == "date"


@pytest.mark.parametrize(
    ("label", "unit"),
    [
        ("Consommation (kWh)", "kWh"),
        ("Montant TTC (€)", "€"),
        ("Part (%)", "%"),
        ("Surface en m2", "m²"),
        ("Montant", "unité du fichier"),
        ("population", "unité du fichier"),
    ],
)
def test_the_unit_is_read_in_the_header_or_left_to_the_file(label, unit):
    assert classify_column("x", label, "decimal", None, ColumnCounts(10, 10, 10, 0, 9)).unit == unit

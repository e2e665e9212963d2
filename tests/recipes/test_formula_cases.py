"""Results of each operator and function of formulas, run by the engine on a small table."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import ibis
import pytest

from beffroi.recipes import formula

TODAY = date(2024, 3, 15)
COLUMNS = {
    "n": "int64",
    "prix": "decimal(10, 2)",
    "part": "decimal(4, 3)",
    "mesure": "float64",
    "nom": "string",
    "jour": "date",
    "instant": "timestamp",
    "payé": "boolean",
    "Année scolaire": "string",
    "rien": "int64",
    "vide": "string",
}
ROW = {
    "n": 7,
    "prix": Decimal("1234.50"),
    "part": Decimal("0.125"),
    "mesure": 1.005,
    "nom": "École  Jean-Moulin",
    "jour": date(2024, 2, 29),
    "instant": datetime(2024, 2, 29, 13, 45),
    "payé": True,
    "Année scolaire": "2023-2024",
    "rien": None,
    "vide": "",
}


@pytest.fixture(scope="module")
def table() -> Iterator[Any]:
    engine = ibis.duckdb.connect()
    yield engine.create_table("essai", ibis.memtable([ROW], schema=ibis.schema(COLUMNS)))
    engine.disconnect()


def evaluate(table: Any, text: str) -> Any:
    expression = formula.expression(text, {name: table[name] for name in table.columns}, TODAY)
    result = table.select(valeur=expression).to_pyarrow()
    assert result.num_rows == 1
    return result["valeur"][0].as_py()


D = Decimal


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[n] + 1", 8),
        ("[prix] + [n]", D("1241.50")),
        ("[prix] * [prix]", D("1523990.2500")),
        ("[prix] * [part]", D("154.31250")),
        ("[part] - [prix]", D("-1234.375")),
        ("-[prix]", D("-1234.50")),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("10 - 3 - 2", 5),
        ("24 / 4 / 2", 3.0),
        ("-2 * -3", 6),
        ("9,9 + 0,2", D("10.1")),
        ("9,9 * 9,9", D("98.01")),
        ("2000000000 * 3", 6_000_000_000),
        ("SI(payé ; 2000000000 ; 1) * 3", 6_000_000_000),
        ("9223372036854775808 + 1", D("9223372036854775809")),
        ("[n] / 2", 3.5),
        ("[n] / 0", None),
        ("[prix] / (n - 7)", None),
        ("[rien] + 1", None),
        ("1 000,5 + 0", D("1000.5")),
        ("1\u202f000\u00a0000 + 0", 1_000_000),
        ("= n + 1", 8),
        ("n − 1", 6),
        ("3 × n ÷ 2", 10.5),
    ],
)
def test_arithmetic_is_exact_and_a_division_by_zero_gives_nothing(table: Any, text: str, value: Any) -> None:
    found = evaluate(table, text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('SI([prix] > 1 000,5 ; "gros" ; "petit")', "gros"),
        ('si(PRIX<1 000,5;"petit")', None),
        ('SI([rien] > 1 ; "gros" ; "petit")', None),
        ('SI.CONDITIONS(n > 10 ; "a" ; n > 5 ; "b" ; VRAI ; "c")', "b"),
        ('SI.CONDITIONS(n > 10 ; "a")', None),
        ('SI.CONDITIONS(rien > 10 ; "a" ; VRAI ; "c")', None),
        ("SI(payé ; n ; prix)", D("7.00")),
        ("SI.VIDE(rien ; 0)", 0),
        ("SI.VIDE(rien ; rien ; 3)", 3),
        ('SI.VIDE(vide ; "absent")', "absent"),
        ("SIERREUR(n / 0 ; -1)", -1.0),
        ("ESTVIDE(rien)", True),
        ("ESTVIDE(vide)", True),
        ("ESTVIDE(n)", False),
        ("rien > 1 ET n > 10", False),
        ("rien > 1 ET n > 1", None),
        ("rien > 1 OU n > 1", True),
        ("NON(rien > 1)", None),
        ("NON n > 10 ET payé", True),
        ("ESTVIDE(NON payé)", False),
        ("ESTVIDE(NON rien > 1)", True),
        ("(NON payé) = FAUX", True),
        ("payé = ESTVIDE(rien)", True),
        ("ET(n > 1 ; payé ; VRAI)", True),
        ("OU(n > 10 ; FAUX)", False),
        ("(n > 1) = payé", True),
        ("n = 7 ET n <> 8 ET n <= 7 ET n >= 7 ET n < 8 ET n > 6", True),
        ("n ≤ 7 ET n ≥ 7 ET n ≠ 8", True),
        ("part = 0,125", True),
        ("prix > part", True),
        ('nom = "école  jean-moulin"', False),
        ('[annee SCOLAIRE] = "2023-2024"', True),
        ("instant = DATE(2024 ; 2 ; 29)", True),
        ("instant > jour", False),
    ],
)
def test_conditions_on_missing_values_give_nothing(table: Any, text: str, value: Any) -> None:
    assert evaluate(table, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ARRONDI(mesure ; 2)", D("1.01")),
        ("ARRONDI(-mesure ; 2)", D("-1.01")),
        ("ARRONDI(2,675 ; 2)", D("2.68")),
        ("ARRONDI(2,5)", 3),
        ("ARRONDI(-2,5)", -3),
        ("ARRONDI(prix ; -2)", 1200),
        ("ARRONDI(1250 ; -2)", 1300),
        ("ARRONDI(-1250 ; -2)", -1300),
        ("ARRONDI(0 / 1 ; 2)", D("0.00")),
        ("ARRONDI(2 / 3 ; 4)", D("0.6667")),
        ("ARRONDI(1 / 8 ; 2)", D("0.13")),
        ("ARRONDI(123456789,005 / 1 ; 2)", D("123456789.01")),
        ("ARRONDI(12345 / 1 ; -2)", 12300),
        ("ARRONDI(1 / 1000000000 ; 3)", D("0.000")),
        ("ARRONDI(PUISSANCE(10 ; 300) ; 2)", None),
        ("ARRONDI(n ; 2)", 7),
        ("ARRONDI.INF(2,78 ; 1)", D("2.7")),
        ("ARRONDI.INF(-2,78 ; 1)", D("-2.7")),
        ("ARRONDI.SUP(2,71 ; 1)", D("2.8")),
        ("ARRONDI.SUP(-2,71 ; 1)", D("-2.8")),
        ("ARRONDI.SUP(23 / 10 ; 1)", D("2.3")),
        ("ARRONDI.SUP(1201 ; -2)", 1300),
        ("ENT(2,7)", 2),
        ("ENT(-2,7)", -3),
        ("ENT(0,3 / 0,1)", 3),
        ("ABS(-prix)", D("1234.50")),
        ("MOD(7 ; 3)", 1),
        ("MOD(-7 ; 3)", 2),
        ("MOD(7 ; -3)", -2),
        ("MOD(7,5 ; 0,4)", D("0.3")),
        ("MOD(n ; 0)", None),
        ("MIN(n ; rien ; prix)", D("7.00")),
        ("MAX(n ; rien ; 12)", 12),
        ("MAX(jour ; DATE(2024 ; 3 ; 1))", date(2024, 3, 1)),
        ("MIN(rien ; rien)", None),
        ("SOMME(n ; rien ; prix)", D("1241.50")),
        ("SOMME(rien ; rien)", None),
        ("MOYENNE(n ; rien ; 8)", 7.5),
        ("PUISSANCE(9 ; 0,5)", 3.0),
        ("PUISSANCE(-8 ; 0,5)", None),
        ("PUISSANCE(0 ; -1)", None),
        ("PUISSANCE(10 ; 400)", None),
        ("DISTANCE(91 ; 0 ; 0 ; 0)", None),
        ("DISTANCE(rien ; 0 ; 0 ; 0)", None),
    ],
)
def test_numbers(table: Any, text: str, value: Any) -> None:
    found = evaluate(table, text)
    assert found == value and type(found) is type(value)


def test_distances_are_metres_on_the_mean_sphere(table: Any) -> None:
    # A quarter of the meridian of a sphere of this radius, then Nantes and Saint-Nazaire.
    assert evaluate(table, "DISTANCE(0;0;90;0)") == pytest.approx(
        6_371_008.8 * 3.141592653589793 / 2, rel=1e-12
    )
    assert evaluate(table, "DISTANCE(0;0;0;180)") == pytest.approx(6_371_008.8 * 3.141592653589793, rel=1e-12)
    assert evaluate(table, "DISTANCE(47,2184;-1,5536;47,2735;-2,2137)") == pytest.approx(50_180, rel=2e-3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DATE(2024 ; 1 ; 31)", date(2024, 1, 31)),
        ("DATE(2023 ; n - 5 ; 29)", None),
        ("DATE(2024 ; n - 5 ; 29)", date(2024, 2, 29)),
        ("DATE(n - 7 ; 1 ; 1)", None),
        ("DATE(2024 ; n * 100 ; 1)", None),
        ("AUJOURDHUI()", TODAY),
        ("AUJOURDHUI() - jour", 15),
        ("jour + 1", date(2024, 3, 1)),
        ("1 + jour", date(2024, 3, 1)),
        ("jour - 60", date(2023, 12, 31)),
        ("jour + 5000000", None),
        ("jour + 9223372036854775807", None),
        ("instant + 1", datetime(2024, 3, 1, 13, 45)),
        ("instant - jour", 0),
        ("ANNEE(jour)", 2024),
        ("Année(instant)", 2024),
        ("MOIS(jour)", 2),
        ("JOUR(jour)", 29),
        ("TRIMESTRE(jour)", 1),
        ("SEMAINE(DATE(2021 ; 1 ; 3))", 53),
        ("SEMAINE(DATE(2021 ; 1 ; 4))", 1),
        ("JOURSEM(jour)", 4),
        ("JOURSEM(DATE(2024 ; 3 ; 3))", 7),
        ("ANNEE.SCOLAIRE(DATE(2024 ; 8 ; 31))", "2023-2024"),
        ("ANNEE.SCOLAIRE(DATE(2024 ; 9 ; 1))", "2024-2025"),
        ('DATEDIF(jour ; AUJOURDHUI() ; "jours")', 15),
        ('DATEDIF(DATE(2024;1;31) ; jour ; "mois")', 0),
        ('DATEDIF(DATE(2024;1;29) ; jour ; "mois")', 1),
        ('DATEDIF(jour ; DATE(2025;2;28) ; "années")', 0),
        ('DATEDIF(jour ; DATE(2025;3;1) ; "annees")', 1),
        ('DATEDIF(DATE(2025;3;1) ; jour ; "Années")', -1),
    ],
)
def test_dates(table: Any, text: str, value: Any) -> None:
    found = evaluate(table, text)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('nom & "!"', "École  Jean-Moulin!"),
        ('"n" & n & "/" & prix & "/" & part & "/" & jour & "/" & payé', "n7/1234,5/0,125/29/02/2024/VRAI"),
        ('"a" & 1 + 2 & "b"', "a3b"),
        ('"a" & "b" = "ab"', True),
        ('rien & "x"', None),
        ('CONCAT(rien ; "x" ; n)', "x7"),
        ("CONCAT(rien)", None),
        ("TEXTE(instant)", "29/02/2024 13:45"),
        ("TEXTE(-0,50)", "-0,5"),
        ("TEXTE(100)", "100"),
        ("TEXTE(ARRONDI(2 / 3 ; 2))", "0,67"),
        ("MAJUSCULE(nom)", "ÉCOLE  JEAN-MOULIN"),
        ("MINUSCULE(nom)", "école  jean-moulin"),
        ('SUPPRESPACE("  a \u00a0 b ")', "a b"),
        ("GAUCHE(nom)", "É"),
        ("GAUCHE(nom ; 5)", "École"),
        ("GAUCHE(nom ; 0)", ""),
        ("GAUCHE(nom ; -1)", None),
        ("GAUCHE(nom ; 9223372036854775807)", "École  Jean-Moulin"),
        ("DROITE(nom ; 6)", "Moulin"),
        ("STXT(nom ; 8 ; 4)", "Jean"),
        ("STXT(nom ; 100 ; 4)", ""),
        ("STXT(nom ; 0 ; 4)", None),
        ("NBCAR(nom)", 18),
        ('CHERCHE("JEAN" ; nom)', 8),
        ('CHERCHE("Paul" ; nom)', None),
        ('CHERCHE("?" ; nom)', None),
        ('SUBSTITUE(nom ; "o" ; "0")', "Éc0le  Jean-M0ulin"),
        ('SUBSTITUE(nom ; "" ; "0")', "École  Jean-Moulin"),
        ('CNUM("1 234,5")', 1234.5),
        ('CNUM("−12")', -12.0),
        ('CNUM("12 €")', None),
        ('CNUM("1.5")', None),
        ('CNUM("1e5")', None),
        ('CNUM("")', None),
        ('"il a dit ""oui"""', 'il a dit "oui"'),
    ],
)
def test_texts(table: Any, text: str, value: Any) -> None:
    assert evaluate(table, text) == value


def test_a_text_that_looks_like_sql_is_a_text(table: Any) -> None:
    hostile = "x'); DROP TABLE essai; --"
    assert evaluate(table, f'nom & "{hostile}"') == f"École  Jean-Moulin{hostile}"
    assert evaluate(table, f'SUBSTITUE("{hostile}" ; "\'" ; "\\")') == hostile.replace("'", "\\")
    assert evaluate(table, "n") == 7


def test_the_examples_of_the_help_can_be_written() -> None:
    types = {
        "Tonnage": "decimal(10, 2)", "Coût": "decimal(10, 2)", "Flux": "string", "Date": "date", "Date de fin": "date",
        "Échéance": "date", "Naissance": "date", "Payé": "boolean", "Effectif": "int64", "Âge": "int64",
        "Écart": "int64", "Numéro": "int64", "Côté": "float64", "Devis 1": "int64", "Devis 2": "int64",
        "Solde": "int64", "Verre": "int64", "Papier": "int64", "Emballages": "int64", "Note 1": "int64",
        "Note 2": "int64", "Note 3": "int64", "Latitude": "float64", "Longitude": "float64", "Commune": "string",
        "Courriel": "string", "Nom": "string", "Prénom": "string", "Code postal": "string", "Référence": "string",
        "SIRET": "string", "Adresse": "string", "Téléphone": "string", "Montant": "string",
    }  # fmt: skip
    names = [function.name for function in formula.describe()]
    assert len(set(names)) == len(names) >= 40
    for function in formula.describe():
        formula.check(function.example, types)
        assert function.name in function.example and function.signature.startswith(f"{function.name}(")


def test_a_formula_reports_its_kind_and_its_columns() -> None:
    types = {"Tonnage": "decimal(10, 2)", "Jour": "date"}
    assert formula.check("tonnage / 2", types).french_name == "un nombre"
    assert formula.check("jour + 1", types).french_name == "une date"
    assert formula.check("tonnage > 2", types).french_name == "vrai ou faux"
    assert formula.columns_of("SI([Tonnage] > 2 ; [Année] ; tonnage + [Tonnage])") == [
        "Tonnage",
        "Année",
        "tonnage",
    ]


def test_a_formula_is_written_again_with_the_words_of_its_columns() -> None:
    formatted = formula.format_formula('si(tonnes>1 000,50;"a ""b""";-(n+1)*2)', {"tonnes": "Tonnage [t]"})
    assert formatted == 'SI([Tonnage [t]]] > 1000,50 ; "a ""b""" ; -([n] + 1) * 2)'
    assert formula.format_formula("a - (b - c) - d") == "[a] - ([b] - [c]) - [d]"
    assert formula.format_formula("non (a et b) ou c") == "NON([a] ET [b]) OU [c]"

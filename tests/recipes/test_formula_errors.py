"""Formula errors: a French message with the exact position of the characters, before anything runs."""

import re
from collections.abc import Callable
from datetime import date

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.recipes import formula
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.formula import FormulaError

TYPES = {
    "Tonnage": "decimal(10, 2)",
    "Tonnage total": "int64",
    "mesure": "float64",
    "Flux": "string",
    "Jour": "date",
    "Payé": "boolean",
    "Heure": "time",
    "AB": "int64",
    "ab": "int64",
}


def refused(text: str) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        formula.check(text, TYPES)
    return caught.value


@pytest.mark.parametrize(
    ("text", "faulty", "words"),
    [
        ("[Tonage] > 1", "[Tonage]", "« Tonage » n'existe pas.*Vouliez-vous dire \\[Tonnage\\]"),
        ("1 + GUCHE([Flux])", "GUCHE", "la fonction GUCHE n'existe pas. Vouliez-vous dire GAUCHE"),
        ("XYZW(1)", "XYZW", "La liste des fonctions"),
        ("somme + 1", "somme", "La fonction s'écrit avec des parenthèses : SOMME\\(nombre"),
        ("[Ab] + 1", "[Ab]", "AB ou ab. Écrivez-la exactement"),
        ("1 + [Heure]", "[Heure]", "ne sait pas lire"),
        ("Tonnage total > 1", "Tonnage total", "s'écrit \\[Tonnage total\\]"),
        ("2 [Tonnage]", "[Tonnage]", "il manque un signe"),
        ('1 + "x"', '"x"', "attend un nombre ; ici, c'est du texte. Un nombre s'écrit sans guillemets"),
        ("[Flux] * 2", "[Flux]", "CNUM"),
        ('[Tonnage] > "12"', '"12"', "Un nombre s'écrit sans guillemets"),
        ('[Jour] > "2024-01-31"', '"2024-01-31"', "DATE\\(2024 ; 1 ; 31\\)"),
        ('SI([Payé] ; 1 ; "non")', '"non"', "de même nature"),
        ("SI([Tonnage] ; 1 ; 2)", "[Tonnage]", "attend vrai ou faux.*<> 0"),
        ("SI([Payé])", "SI([Payé])", "attend 2 ou 3 valeurs : SI\\(condition"),
        ("AUJOURDHUI(1)", "AUJOURDHUI(1)", "aucune valeur"),
        ("MIN(1)", "MIN(1)", "au moins 2 valeurs"),
        ("SI.CONDITIONS([Payé] ; 1 ; 2)", "SI.CONDITIONS([Payé] ; 1 ; 2)", "va par deux"),
        ("[Flux] < [Flux]", "[Flux]", "range des nombres ou des dates"),
        ('[Flux] = ""', '""', "ESTVIDE"),
        ("1 < [Tonnage] < 3", "<", "deux comparaisons"),
        ("MAJUSCULE([Tonnage])", "[Tonnage]", "attend du texte.*TEXTE"),
        ("ANNEE([Flux])", "[Flux]", "attend une date"),
        ("[Jour] + [Jour]", "[Jour]", "ne s'additionnent pas"),
        ("[Jour] + 1,5", "1,5", "nombre entier"),
        ("GAUCHE([Flux] ; [mesure])", "[mesure]", "ENT"),
        ("[mesure] & \"\"", "[mesure]", "arrondi"),
        ("ARRONDI([mesure] ; [AB])", "[AB]", "s'écrit en chiffres"),
        ("ARRONDI([mesure] ; 13)", "13", "de -12 à 12"),
        ('DATEDIF([Jour] ; [Jour] ; "siècles")', '"siècles"', '"jours"'),
        ("DATE(2023 ; 2 ; 29)", "DATE(2023 ; 2 ; 29)", "n'existe pas"),
        ("MAX([Flux] ; [Flux])", "[Flux]", "des nombres ou des dates"),
        ("2 ^ 3", "^", "PUISSANCE"),
        ("[Tonnage] * 20%", "%", "0,2 pour 20 %"),
        ("1.5 + 2", ".", "virgule"),
        ("SI([Payé], 1)", ",", "« ; »"),
        ("[Flux] = 'verre'", "'", "guillemets droits"),
        ("[Tonnage] != 2", "!", "<>"),
        ("(1 + 2", "(", "n'est pas fermée"),
        ("SI([Payé] ; (1 + 2", "(", "n'est pas fermée"),
        ("1 + 2)", ")", "sans avoir été ouverte"),
        ("1 ; 2", ";", "ne sépare que"),
        ('"abc', '"abc', "ce texte n'est pas fermé"),
        ("[Tonnage", "[Tonnage", "nom de colonne n'est pas fermé"),
        ("[ ] + 1", "[ ]", "crochets sont vides"),
        ("1 + ", "+", "il manque une valeur après « \\+ »"),
        ("SI([Payé] ; ; 2)", ";", "il manque une valeur avant « ; »"),
        ("* 2", "*", "il manque une valeur avant"),
        ("ET [Payé]", "ET", "il manque une valeur avant"),
        ("1 0000", "0000", "il manque un signe"),
        ("1" * 31, "1" * 31, "plus de 30 chiffres"),
        ("[Tonnage] § 2", "§", "n'a pas de sens"),
    ],
)  # fmt: skip
def test_a_mistake_is_pointed_at(text: str, faulty: str, words: str) -> None:
    error = refused(text)
    start, end = error.position
    assert text[start:end] == faulty
    assert re.search(words, error.reason)


def test_where_the_same_mistake_could_be_twice_the_right_one_is_pointed_at() -> None:
    assert refused("[Tonnage] + [Flux] * [Flux]").position == (12, 18)
    assert refused("(1 + 2) * (3 + [Rien])").position == (15, 21)
    assert refused("").position == (0, 0)
    assert refused("   ").position == (0, 3)
    assert refused('SI(1 > 0 ; 2 ; "x" & )').position == (19, 20)


def test_the_message_counts_characters_from_one() -> None:
    error = refused("1 + [Tonage]")
    assert str(error) == f"caractère 5 de la formule : {error.reason}"
    assert isinstance(error, RecipeError)


@pytest.mark.parametrize(
    "text",
    [
        "1" + "+1" * 5_000,
        "[Tonnage" * 1_000,
        '"' * 3_999,
    ],
)
def test_what_is_too_long_is_refused(text: str) -> None:
    refused(text)


@pytest.mark.parametrize(
    "deep",
    [
        lambda n: "(" * n + "1" + ")" * n,
        lambda n: "-" * n + "1",
        lambda n: "NON " * n + "VRAI",
        lambda n: "ABS(" * n + "1" + ")" * n,
        lambda n: "1" + "+1" * n,
        lambda n: "1" + "-(1" * n + ")" * n,
        lambda n: '"a"' + '&"a"' * n,
        lambda n: "SI(Payé;1;" * n + "2" + ")" * n,
        lambda n: "ARRONDI(" * n + "mesure" + "/3;2)" * n,
        lambda n: "MOD(" * n + "mesure" + ";MOD(mesure;3))" * n,
    ],
)
def test_depth_and_size_have_an_end_and_what_is_allowed_reaches_the_engine(
    deep: Callable[[int], str],
) -> None:
    """The largest formula of each shape that is allowed becomes SQL; a larger one is refused, and quickly."""
    table = ibis.table(TYPES, name="t")
    allowed = 0
    for levels in range(1, 70):
        try:
            formula.check(deep(levels), TYPES)
            allowed = levels
        except FormulaError as error:
            assert "étape d'avant" in error.reason
            break
    else:
        pytest.fail("nothing was refused")
    assert allowed >= 2
    columns = {name: table[name] for name in table.columns}
    expression = formula.expression(deep(allowed), columns, date(2024, 1, 1))
    assert len(str(ibis.to_sql(table.select(z=expression), dialect="duckdb"))) > 10
    assert "étape d'avant" in refused(deep(600)).reason


@given(st.text(alphabet=' 0123456789,;()[]"+-*/&<>=ETOUNSIabé.^%\n', max_size=60))
def test_any_text_is_a_formula_or_a_mistake_inside_it(text: str) -> None:
    try:
        formula.check(text, TYPES)
    except FormulaError as error:
        start, end = error.position
        assert 0 <= start <= end <= len(text)
        assert error.reason

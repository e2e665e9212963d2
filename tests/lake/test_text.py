"""Text helpers: accents, names, numbers; the folding functions of each floor built on them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi import text
from beffroi.lake.readers.columns import identifier
from beffroi.systems.canteen.rows import site_key
from beffroi.systems.name_matching import match_key

WORDS = frozenset(string.ascii_lowercase + string.digits + " ")


@pytest.mark.parametrize(
    ("written", "without_accents", "in_ascii", "key"),
    [
        ("École élémentaire", "Ecole elementaire", "Ecole elementaire", "ecole elementaire"),
        ("Côte d’Or", "Cote d’Or", "Cote dOr", "cote dor"),
        ("L'Haÿ-les-Roses", "L'Hay-les-Roses", "L'Hay-les-Roses", "l hay les roses"),
        ("2ᵉ étage, n° 4", "2ᵉ etage, n° 4", "2e etage, n 4", "2e etage n 4"),
        ("  _ ", "  _ ", "  _ ", ""),
    ],
)
def test_accents_are_stripped_and_names_folded(
    written: str, without_accents: str, in_ascii: str, key: str
) -> None:
    assert text.strip_accents(written) == without_accents
    assert text.to_ascii(written) == in_ascii
    assert text.fold_name(written) == key


@given(st.text())
def test_a_folded_name_is_made_of_words_and_folds_to_itself(name: str) -> None:
    key = text.fold_name(name)
    assert set(key) <= WORDS and key == " ".join(key.split())
    assert text.fold_name(key) == key
    assert text.fold_name(name.replace(" ", "_")) == key, "spaces and other marks part words alike"


@given(st.text(st.characters(min_codepoint=1, max_codepoint=0x24F)))
def test_case_and_composed_letters_make_no_other_name(name: str) -> None:
    assert text.fold_name(text.strip_accents(name)) == text.fold_name(name)
    assert text.strip_accents(text.strip_accents(name)) == text.strip_accents(name)


def test_ligatures_are_two_letters_where_names_of_columns_and_of_sites_are_compared() -> None:
    assert text.expand_ligatures("CŒUR, cœur, Æ, æ") == "COEUR, coeur, AE, ae"
    assert identifier("Œuvre (CŒUR) %") == "oeuvre_coeur_pct"
    assert match_key("École du Sacré-Cœur") == "ecole du sacre coeur"


def test_a_canteen_is_one_place_with_or_without_its_apostrophe() -> None:
    assert site_key("Côte d’Or") == site_key("COTE D'OR") == site_key("Cote d.Or") == "cote dor"


@pytest.mark.parametrize(
    ("value", "spec", "expected"),
    [
        (1234567, ",", "1\u202f234\u202f567"),
        (1234.5, ",.2f", "1\u202f234,50"),
        (-0.25, "g", "-0,25"),
        (12.0, ".1f", "12,0"),
        (1e-9, ".3g", "1e-09"),
    ],
)
def test_numbers_have_the_french_marks(value: float, spec: str, expected: str) -> None:
    assert text.format_number(value, spec) == expected


def test_the_separator_of_thousands_can_be_another_space() -> None:
    assert text.format_number(1234, ",", "\u00a0") == "1\u00a0234"
    assert text.format_percent(12.345) == "12,3 %"


def test_a_name_that_is_taken_is_numbered_from_two() -> None:
    taken = {"ecoles", "ecoles-2", "ecoles-4"}
    assert text.unique_name("parcs", taken.__contains__) == "parcs"
    assert text.unique_name("ecoles", taken.__contains__) == "ecoles-3"
    assert text.unique_name("Somme", lambda name: name.casefold() in {"somme"}, " ") == "Somme 2"

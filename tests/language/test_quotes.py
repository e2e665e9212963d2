"""A quote stands in a text as whole words, whatever its spaces and quotation marks; shorter ones are found nowhere."""

import pyarrow as pa
import pytest

from beffroi.language.quotes import Found, Texts

BODY = "La carte se demande « à l’accueil »,  le matin."
TEXTS = Texts(
    {
        "texts": pa.table(
            {"title": ["Bus", "Carte"], "body": ["Rien ici, ou presque.", BODY], "year": [2025, 2026]}
        )
    }
)


def test_spaces_and_quotation_marks_are_read_as_one() -> None:
    quote = 'se demande "à l\'accueil", le matin'
    assert TEXTS.find("Carte", quote) == Found("Carte", quote, "texts", "body", 2)


@pytest.mark.parametrize(
    "quote",
    ["la carte se demande", "carte se dem", "le matin", "", "La carte se demande demain", "x" * 4_000],
)
def test_other_words_pieces_of_words_and_short_quotes_are_not_found(quote: str) -> None:
    assert TEXTS.find("Carte", quote) is None


def test_a_quote_without_a_source_is_not_found() -> None:
    assert TEXTS.find(" ", "La carte se demande") is None

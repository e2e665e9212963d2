"""Removal of invisible characters; those that French and other scripts need stay."""

import pytest

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.lake.readers.columns import split_label


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("budget\u202e2026", "budget2026"),
        ("\ufeffNoël\u200b", "Noël"),
        ("ad\xadministrateur", "administrateur"),
        ("a\u200cb\u200d", "ab"),
        ("\u2066Réponse\u2069", "Réponse"),
        ("a\U000e0061\U000e0062b", "ab"),
        ("une ligne\u2028une autre\x00", "une ligne une autre"),
        ("ㅤ\u2800", ""),
    ],
)
def test_what_nobody_sees_is_stripped(text, seen):
    assert strip_invisible(text) == seen


@pytest.mark.parametrize(
    "text", ["L’été\u00a0: 3\u202f%", "👩\u200d🚒", "❤\ufe0f\u200d🔥", "می\u200cخواهم", "un\n\tdeux"]
)
def test_what_a_script_needs_stays(text):
    assert strip_invisible(text) == text


def test_the_label_of_a_column_is_what_is_seen_of_its_heading():
    assert split_label("\ufeffÉcole\u200b \u202eelocÉ")[0] == "École elocÉ"

"""The condition of a new analysis: dates and numbers as French people write them, words whatever their capitals."""

import html

import pytest
from canteens import MEALS, poured
from django.test import Client
from django.urls import reverse

from places import strongly

pytestmark = pytest.mark.django_db
PRICES = """Site;Prix;Ouvert
Le Bac;3,50;oui
Le Bac;2,25;non
École;4,00;oui
"""


@pytest.fixture
def preview(town, agent):
    def ask(text, column, test, value, **more):
        dataset = poured(town, agent, text).dataset
        client = Client()
        strongly(client, agent)
        data = {"jeu": dataset.slug, "title": "Lignes", "group": "site", "measure": "rows", "kind": "bar",
                "first": "10", "filter_column": column, "filter_test": test, "filter_value": value,
                "board": "__nouveau__", "new_board": "Un", "action": "preview", **more}  # fmt: skip
        page = client.post(reverse("new-analysis", args=[town.slug]), data).content.decode()
        return html.unescape(page).replace("\u00a0", " ")

    return ask


@pytest.mark.parametrize(
    ("text", "column", "test", "value", "row_count"),
    [
        (MEALS, "date", ">=", "06/01/2026", 3),
        (MEALS, "date", "=", "7/1/2025", 2),
        (MEALS, "date", ">=", "2026-01-06", 3),
        (PRICES, "prix", ">=", "2,5", 2),
        (PRICES, "site", "=", "ecole", 1),
        (PRICES, "site", "!=", "LE BAC", 1),
        (PRICES, "ouvert", "=", "Oui", 2),
    ],
)
def test_a_value_is_parsed_by_the_type_of_its_column(preview, text, column, test, value, row_count):
    page = preview(text, column, test, value)
    assert f"Compté : {row_count} ligne{'s' if row_count > 1 else ''} sur " in page
    assert f'value="{value}"' in page


@pytest.mark.parametrize(
    ("text", "column", "value", "message"),
    [
        (MEALS, "date", "mardi", "« Date » contient des dates"),
        (MEALS, "date", "31/02/2025", "Exemple : 01/03/2025."),
        (PRICES, "prix", "cher", "« Prix » contient des nombres"),
        (PRICES, "ouvert", "souvent", "« Ouvert » contient oui ou non"),
        (PRICES + "LE BAC;1,00;oui\n", "site", "le bac", "Le fichier l'écrit de plusieurs façons"),
    ],
)
def test_a_value_not_understood_is_an_error_of_its_field(preview, text, column, value, message):
    page = preview(text, column, "=", value)
    error = page[page.index('id="id_filter_value_error"') :].split("</ul>")[0]
    assert message in error
    assert "Étape 2" not in page


def test_the_known_values_of_a_column_of_words_are_proposed(preview):
    page = preview(PRICES, "site", "=", "")
    assert '<option value="École">' in page
    assert 'list="valeurs-connues"' in page

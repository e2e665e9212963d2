"""A figure that has no row to show says so, says what left none, and how to see everything again."""

import pytest
from canteens import MEALS, poured, published, saved, served_by_site
from django.test import Client
from django.urls import reverse

from beffroi.web.studio import services
from places import strongly

pytestmark = pytest.mark.django_db
NONE = "Il ne reste aucune ligne"


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


def boarded(town, agent, meals):
    saved(town, agent, served_by_site(meals))
    total = served_by_site(meals, kind="number", encodings={"value": "servis"}) | {"title": "Repas en tout"}
    total["steps"] = [*total["steps"][:2], {**total["steps"][2], "by": []}]
    saved(town, agent, total, "total")
    board = services.save_board(town, agent, "cantine", "Un matin", "", ["repas", "total"])
    return services.choose_filters(board, agent, ["site", "date"])


def page(person, name, *arguments, **query):
    client = Client()
    if person:
        strongly(client, person)
    return client.get(reverse(name, args=arguments), query).content.decode()


def test_filters_that_leave_no_row_are_reported_in_place_of_each_drawing(town, agent, meals):
    boarded(town, agent, meals)
    whole = reverse("board", args=[town.slug, "cantine"])
    page_text = page(agent, "board", town.slug, "cantine", **{"f.site": "LES SAULES", "f.date": "2026"})
    assert page_text.count(NONE) == 2
    assert "Date\u00a0: 2026" in page_text
    assert "Site\u00a0: LES SAULES" in page_text
    assert page_text.count(f'<a class="button secondary small" href="{whole}">Tout montrer') == 2
    for absent in ('data-island="chart"', "non datée", "Compté&nbsp;", "non montré", "data-picture"):
        assert absent not in page_text
    assert NONE not in page(agent, "board", town.slug, "cantine", **{"f.site": "LES SAULES"})


def test_a_count_of_none_is_an_answer_that_nothing_dates(town, agent, meals):
    counted = served_by_site(meals, kind="number", encodings={"value": "n"})
    counted["steps"] = [
        counted["steps"][0],
        {"step": "group", "by": [], "measures": [{"name": "n", "operation": "count"}]},
    ]
    saved(town, agent, counted)
    board = services.save_board(town, agent, "cantine", "Un matin", "", ["repas"])
    services.choose_filters(board, agent, ["site"])
    page_text = page(agent, "board", town.slug, "cantine", **{"f.site": "NULLE PART"})
    assert "Compté&nbsp;: 0 ligne" in page_text
    assert NONE not in page_text
    assert "non datée" not in page_text


def test_an_analysis_names_the_condition_that_no_row_meets(town, agent, meals):
    definition = served_by_site(meals)
    definition["steps"][1] = {
        "step": "filter",
        "conditions": [{"column": "site", "op": "=", "value": "LE LAC"}],
    }
    saved(town, agent, definition)
    page_text = page(agent, "recipe", town.slug, "repas")
    assert NONE in page_text
    assert "garder les lignes où «\u00a0Site\u00a0» vaut «\u00a0LE LAC\u00a0»" in page_text
    assert "Tout montrer" not in page_text


def test_the_preview_of_an_analysis_without_rows_draws_nothing(town, agent, meals):
    client = Client()
    strongly(client, agent)
    query = {"jeu": meals.slug, "title": "Au lac", "group": "site", "measure": "rows", "kind": "bar",
             "first": "10", "filter_column": "site", "filter_test": "=", "filter_value": "LE LAC",
             "board": "__nouveau__", "new_board": "Un", "action": "preview"}  # fmt: skip
    page_text = client.post(reverse("new-analysis", args=[town.slug]), query).content.decode()
    assert NONE in page_text
    assert "data-island" not in page_text


def test_the_public_page_reports_it_too(town, agent, steward, meals):
    published(meals, steward)
    definition = served_by_site(meals)
    definition["steps"][1] = {
        "step": "filter",
        "conditions": [{"column": "site", "op": "=", "value": "LE LAC"}],
    }
    saved(town, agent, definition)
    services.save_board(town, steward, "cantine", "Un matin", "", ["repas"], public=True)
    page_text = page(None, "portal-board", town.slug, "cantine")
    assert NONE in page_text
    assert "non datée" not in page_text

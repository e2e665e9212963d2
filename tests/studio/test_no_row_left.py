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


def test_filters_that_leave_nothing_say_so_in_place_of_each_drawing(town, agent, meals):
    boarded(town, agent, meals)
    whole = reverse("board", args=[town.slug, "cantine"])
    shown = page(agent, "board", town.slug, "cantine", **{"f.site": "LES SAULES", "f.date": "2026"})
    assert shown.count(NONE) == 2
    assert "Date\u00a0: 2026" in shown
    assert "Site\u00a0: LES SAULES" in shown
    assert shown.count(f'<a class="button secondary small" href="{whole}">Tout montrer') == 2
    for absent in ('data-island="chart"', "non datée", "Base&nbsp;", "non montré", "data-picture"):
        assert absent not in shown
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
    shown = page(agent, "board", town.slug, "cantine", **{"f.site": "NULLE PART"})
    assert "Base&nbsp;: 0 ligne" in shown
    assert NONE not in shown
    assert "non datée" not in shown


def test_an_analysis_whose_condition_nothing_meets_says_which(town, agent, meals):
    definition = served_by_site(meals)
    definition["steps"][1] = {
        "step": "filter",
        "conditions": [{"column": "site", "op": "=", "value": "LE LAC"}],
    }
    saved(town, agent, definition)
    shown = page(agent, "recipe", town.slug, "repas")
    assert NONE in shown
    assert "garder les lignes où «\u00a0Site\u00a0» vaut «\u00a0LE LAC\u00a0»" in shown
    assert "Tout montrer" not in shown


def test_the_preview_of_an_analysis_without_rows_draws_nothing(town, agent, meals):
    client = Client()
    strongly(client, agent)
    asked = {"jeu": meals.slug, "title": "Au lac", "group": "site", "measure": "rows", "kind": "bar",
             "first": "10", "filter_column": "site", "filter_test": "=", "filter_value": "LE LAC",
             "board": "__nouveau__", "new_board": "Un", "action": "preview"}  # fmt: skip
    shown = client.post(reverse("new-analysis", args=[town.slug]), asked).content.decode()
    assert NONE in shown
    assert "data-island" not in shown


def test_the_public_page_says_it_too(town, agent, steward, meals):
    published(meals, steward)
    definition = served_by_site(meals)
    definition["steps"][1] = {
        "step": "filter",
        "conditions": [{"column": "site", "op": "=", "value": "LE LAC"}],
    }
    saved(town, agent, definition)
    services.save_board(town, steward, "cantine", "Un matin", "", ["repas"], public=True)
    shown = page(None, "portal-board", town.slug, "cantine")
    assert NONE in shown
    assert "non datée" not in shown

"""An answer: right, labelled with what the data say, kept once, never stale, honest when it fails."""

import pytest
from canteens import FAMILIES, IN_WORDS, MEALS, MORE_MEALS, poured, published, replaced, saved, served_by_site
from django.db import connection

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.errors import NotGranted
from beffroi.web.catalogue.models import Processing
from beffroi.web.platform import ledger
from beffroi.web.studio import answers, labelling, queries, services
from beffroi.web.studio.models import Result
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


@pytest.fixture
def recipe(town, agent, meals):
    return saved(town, agent, served_by_site(meals))


def values(answer):
    rows = answer.released.table.to_pylist()
    return {row["site"]: row["servis"] for row in rows}


def test_a_recipe_is_answered_with_the_sums_of_the_file(agent, recipe):
    assert values(services.answer(agent, recipe)) == {
        "LES SAULES": 226,
        "LE BAC": 182,
        "LE MOULIN": 90,
        "LA FORGE": 28,
    }


def test_the_figure_counts_the_rows_and_years_of_the_current_data(agent, meals, recipe):
    first = services.answer(agent, recipe).figure
    assert (first.base, first.year, first.unit) == ("8 lignes", "2025 à 2026", "repas")
    replaced(meals, agent, MORE_MEALS)
    assert services.answer(agent, recipe).figure.base == "9 lignes"


def test_the_figure_counts_the_rows_of_the_file_and_not_those_that_a_step_makes(town, agent, meals):
    definition = served_by_site(meals)
    source, _, group, _ = definition["steps"]
    periods = {"step": "periods", "column": "date", "period": "month", "by": ["site"], "fill": "zero"}
    laid = {"step": "unpivot", "columns": ["prevision", "reel"], "value": "repas"}
    for step, column in ((periods, "reel"), (laid, "repas")):
        measures = [{"name": "servis", "operation": "sum", "column": column}]
        steps = [source, step, {**group, "measures": measures}]
        answered = services.answer(agent, saved(town, agent, {**definition, "steps": steps}, step["step"]))
        assert answered.figure.base == "8 lignes"


def test_the_figure_names_its_deliveries(agent, meals, recipe):
    (source,) = services.answer(agent, recipe).sources
    assert (source.dataset, source.number) == (meals.title, 1)


def test_an_answer_is_computed_once_for_all_who_may_see_the_same(agent, town, recipe):
    first = services.answer(agent, recipe)
    second = services.answer(a_person(town, "auditor"), recipe)
    assert Result.objects.count() == 1
    assert second.at == services.answer(agent, recipe).at
    assert second.released.table.equals(first.released.table)


def test_the_next_delivery_changes_the_answer_at_once(agent, meals, recipe):
    services.answer(agent, recipe)
    replaced(meals, agent, MORE_MEALS)
    assert values(services.answer(agent, recipe))["LE BAC"] == 242


def test_an_undone_delivery_leaves_no_answer_behind(agent, steward, meals, recipe):
    services.answer(agent, recipe)
    second = replaced(meals, agent, MORE_MEALS)
    services.answer(agent, recipe)
    catalogue.undo(second, steward)
    assert not Result.objects.filter(snapshots=second).exists()
    assert values(services.answer(agent, recipe))["LE BAC"] == 182


def test_when_a_column_changes_its_nature_the_last_good_answer_stays_with_the_reason(agent, meals, recipe):
    services.answer(agent, recipe)
    replaced(meals, agent, IN_WORDS)
    late = services.answer(agent, recipe)
    assert values(late)["LE BAC"] == 182
    assert "reel" in late.failure
    assert late.sources[0].number == 1


def test_without_any_good_answer_the_failure_is_reported(agent, meals):
    definition = served_by_site(meals)
    definition["steps"][2]["measures"][0]["column"] = "absente"
    broken = saved(meals.territory, agent, definition)
    with pytest.raises(services.StudioError, match="absente"):
        services.answer(agent, broken)


def test_a_changed_recipe_never_shows_the_answer_of_the_old_one(agent, meals, recipe):
    services.answer(agent, recipe)
    changed = served_by_site(meals)
    changed["steps"][2]["measures"][0]["column"] = "absente"
    with pytest.raises(services.StudioError):
        services.answer(agent, saved(meals.territory, agent, changed))


def test_the_public_gets_an_answer_from_published_data_only(agent, steward, meals, recipe):
    services.answer(agent, recipe)
    with pytest.raises(NotGranted):
        services.answer(None, recipe)
    published(meals, steward)
    assert values(services.answer(None, recipe))["LES SAULES"] == 226


def test_taking_a_dataset_back_closes_the_answer_to_the_public(agent, steward, meals, recipe):
    published(meals, steward)
    services.answer(None, recipe)
    catalogue.unpublish(meals, steward)
    with pytest.raises(NotGranted):
        services.answer(None, recipe)
    assert Result.objects.count() == 0


def test_a_person_of_another_town_gets_nothing(recipe):
    stranger = a_person(a_territory("Ailleurs", code="99T02"), "agent", email="x@example.org")
    with pytest.raises(answers.PermissionDenied):
        services.answer(stranger, recipe)


def test_personal_data_are_not_read_for_an_ordinary_purpose(town, agent):
    people = poured(town, agent, FAMILIES, "Familles.csv").dataset
    definition = {
        "title": "Familles",
        "sources": {"jeu": people.slug},
        "steps": [
            {"step": "source", "source": "jeu"},
            {"step": "group", "measures": [{"name": "n", "operation": "count"}]},
        ],
    }
    with pytest.raises(NotGranted, match="personnelles"):
        services.answer(agent, saved(town, agent, definition))
    assert Processing.objects.of(town).filter(covers_personal=True).count() == 0


def test_a_refusal_of_personal_rows_takes_one_request_and_one_line_of_the_ledger(town, agent, monkeypatch):
    people = poured(town, agent, FAMILIES, "Familles.csv").dataset
    rows = {
        "title": "Familles",
        "sources": {"jeu": people.slug},
        "steps": [{"step": "source", "source": "jeu"}],
    }
    stored = saved(town, agent, rows)
    requested = []
    grant = answers.catalogue_grants.grant

    def counting_grant(*arguments, **options):
        requested.append(options["shows"])
        return grant(*arguments, **options)

    monkeypatch.setattr(answers.catalogue_grants, "grant", counting_grant)
    with pytest.raises(NotGranted, match="personnelles"):
        services.answer(agent, stored)
    assert len(requested) == 1
    acts = [line.act for line in ledger.lines_of(town)]
    assert acts.count("dataset.refuse_personal") == 1


def test_the_served_site_never_computes_in_its_own_process(agent, recipe, monkeypatch):
    monkeypatch.setenv(queries.SERVING, "1")
    with pytest.raises(services.StudioError, match="moteur de calcul"):
        services.answer(agent, recipe)


@pytest.mark.parametrize(
    ("begin", "end", "text"),
    [(None, None, "non datée"), (2016, 2016, "2016"), ("2010-2011", "2019-2020", "2010-2011 à 2019-2020")],
)
def test_a_period_is_formatted_in_years(begin, end, text):
    assert labelling.format_period(begin, end) == text


@pytest.fixture
def calls(monkeypatch):
    """What answers ask of the query processes and of the table of cached results."""
    counted = {"queries": 0, "lookups": 0}
    run = queries.pool.send_request

    def counting_run(socket, request):
        counted["queries"] += 1
        return run(socket, request)

    def count_lookups(execute, sql, params, many, context):
        if sql.startswith("SELECT") and '"studio_result"."key" = ' in sql:
            counted["lookups"] += 1
        return execute(sql, params, many, context)

    monkeypatch.setattr(queries.pool, "send_request", counting_run)
    with connection.execute_wrapper(count_lookups):
        yield counted


def test_a_first_answer_takes_one_lookup_and_one_query(agent, recipe, calls):
    answer = services.answer(agent, recipe)
    assert (answer.figure.base, answer.figure.year) == ("8 lignes", "2025 à 2026")
    assert calls == {"queries": 1, "lookups": 1}


def test_a_cached_answer_takes_one_lookup_and_no_query(agent, recipe, calls):
    first = services.answer(agent, recipe)
    calls.update(queries=0, lookups=0)
    again = services.answer(agent, recipe)
    assert again.released.table.equals(first.released.table)
    assert (again.figure, again.at) == (first.figure, first.at)
    assert calls == {"queries": 0, "lookups": 1}

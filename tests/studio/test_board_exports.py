"""A figure, a board and the rows behind them as files and pages: typed workbooks, and rows for those who may see rows."""

import io
from datetime import date

import fastexcel
import pytest
from canteens import FAMILIES, MEALS, poured, saved, served_by_site
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from beffroi.web.studio import services
from places import a_person, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


@pytest.fixture
def board(town, agent, meals):
    saved(town, agent, served_by_site(meals))
    daily = served_by_site(meals) | {
        "title": "Repas par jour : [tous] / sites",
        "steps": [
            {"step": "source", "source": "cantine"},
            {
                "step": "group",
                "by": ["date"],
                "measures": [{"name": "total", "operation": "sum", "column": "reel"}],
            },
        ],
    }
    figure = {**daily["figure"], "kind": "table", "title": "Repas par jour : [tous] / sites", "encodings": {}}
    saved(town, agent, daily | {"figure": figure}, slug="jours")
    return services.save_board(town, agent, "cantine", "Un matin à la cantine", "", ["repas", "jours"])


def got(person, name, *arguments):
    client = Client()
    strongly(client, person)
    return client.get(reverse(name, args=arguments))


def test_a_workbook_has_typed_numbers_and_dates_and_their_source(town, agent, board):
    answer = got(agent, "recipe-export", town.slug, "jours", "xlsx")
    assert (
        answer["Content-Disposition"]
        == 'attachment; filename="repas-par-jour-tous-sites-donnees-simulees.xlsx"'
    )
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["Données", "À propos"]
    rows = list(book["Données"].iter_rows(values_only=True))
    assert rows[0] == ("avertissement", "date", "total")
    assert {row[0] for row in rows[1:]} == {"données simulées"}
    assert {type(row[1]).__name__ for row in rows[1:]} == {"datetime"}
    assert all(isinstance(row[2], int) for row in rows[1:])
    about = list(book["À propos"].iter_rows(values_only=True))
    assert about[0][:4] == ("Figure", "Unité", "Base", "Année")
    assert about[1][1] == "repas"
    assert "livraison n°" in about[1][4]


def test_an_open_workbook_is_read_alike(town, agent, board):
    content = got(agent, "recipe-export", town.slug, "jours", "ods").content
    book = fastexcel.read_excel(content)
    assert book.sheet_names == ["Données", "À propos"]
    rows = book.load_sheet("Données").to_arrow().to_pylist()
    xlsx = got(agent, "recipe-export", town.slug, "jours", "xlsx").content
    same = fastexcel.read_excel(xlsx).load_sheet("Données").to_arrow().to_pylist()
    assert [(r["date"].date() if hasattr(r["date"], "date") else r["date"], r["total"]) for r in rows] == [
        (r["date"].date() if hasattr(r["date"], "date") else r["date"], r["total"]) for r in same
    ]
    assert isinstance(rows[0]["date"], date)


@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_a_whole_board_is_one_workbook_with_a_sheet_a_figure(town, agent, board, form):
    content = got(agent, "board-export", town.slug, board.slug, form).content
    assert fastexcel.read_excel(content).sheet_names == [
        "Repas servis par site",
        "Repas par jour tous sites",
        "À propos",
    ]


def test_a_figure_that_fails_is_listed_as_absent_from_the_workbook(town, agent, meals, board):
    broken = served_by_site(meals)
    broken["steps"][2] = {**broken["steps"][2], "by": ["nulle_part"]}
    broken["figure"]["year"] = "2025"
    saved(town, agent, broken, slug="cassee")
    services.save_board(town, agent, "cantine", "Un matin à la cantine", "", ["jours", "cassee"])
    content = got(agent, "board-export", town.slug, board.slug, "xlsx").content
    about = list(load_workbook(io.BytesIO(content))["À propos"].iter_rows(values_only=True))
    assert about[-1][0] == "Absente du fichier"
    assert "nulle_part" in about[-1][6]


def test_a_text_that_looks_like_a_formula_stays_a_text_in_workbooks(town, agent):
    dataset = poured(town, agent, MEALS.replace("LES SAULES", "=1+1")).dataset
    saved(town, agent, served_by_site(dataset))
    for form in ("xlsx", "ods"):
        content = got(agent, "recipe-export", town.slug, "repas", form).content
        assert fastexcel.read_excel(content).load_sheet(0).to_arrow().to_pylist()[0]["Site"] == "=1+1"
    cell = load_workbook(
        io.BytesIO(got(agent, "recipe-export", town.slug, "repas", "xlsx").content)
    ).worksheets[0]["A2"]
    assert cell.data_type == "s"


@pytest.mark.parametrize("form", ["pdf", "exe", "html"])
def test_a_form_that_there_is_not_is_not_found(town, agent, board, form):
    assert got(agent, "recipe-export", town.slug, "repas", form).status_code == 404
    assert got(agent, "board-export", town.slug, board.slug, form).status_code == 404
    assert got(agent, "board-export", town.slug, board.slug, "csv").status_code == 404


# The rows behind


def test_a_line_of_a_figure_leads_to_its_own_rows(town, agent, board):
    page = got(agent, "recipe", town.slug, "repas").content.decode()
    below = reverse("recipe-rows", args=[town.slug, "repas"])
    assert f'href="{below}?site=LES+SAULES"' in page
    client = Client()
    strongly(client, agent)
    rows = client.get(below, {"site": "LES SAULES"}).content.decode()
    site_lines = [line for line in MEALS.splitlines()[1:] if "LES SAULES" in line]
    assert rows.count("LES SAULES") >= len(site_lines) + 1
    assert f"{len(site_lines)} ligne" in rows
    assert "livraison n°" in rows


def test_all_the_rows_are_there_without_naming_a_group(town, agent, board):
    rows = got(agent, "recipe-rows", town.slug, "repas").content.decode()
    assert f"{len(MEALS.splitlines()) - 1} ligne" in rows


def test_a_missing_group_reports_that_no_row_enters(town, agent, board):
    client = Client()
    strongly(client, agent)
    page = client.get(
        reverse("recipe-rows", args=[town.slug, "repas"]), {"site": "AILLEURS"}
    ).content.decode()
    assert "Aucune ligne" in page


def test_a_column_that_names_no_group_is_not_a_filter(town, agent, board):
    client = Client()
    strongly(client, agent)
    page = client.get(reverse("recipe-rows", args=[town.slug, "repas"]), {"reel": "1"}).content.decode()
    assert f"{len(MEALS.splitlines()) - 1} ligne" in page


def test_rows_of_personal_data_are_not_displayed(town, agent):
    families = poured(town, agent, FAMILIES).dataset
    assert families.sensitivity == families.Sensitivity.PERSONAL
    definition = {
        "title": "Familles",
        "sources": {"f": families.slug},
        "steps": [
            {"step": "source", "source": "f"},
            {"step": "group", "by": [], "measures": [{"name": "n", "operation": "count"}]},
        ],
    }
    saved(town, agent, definition, slug="familles")
    page = got(agent, "recipe-rows", town.slug, "familles").content.decode()
    assert "ne peuvent pas être montrées" in page
    for line in FAMILIES.splitlines()[1:]:
        assert line.split(";")[0] not in page
    assert (
        reverse("recipe-rows", args=[town.slug, "familles"])
        not in got(agent, "recipe", town.slug, "familles").content.decode()
    )


def test_an_auditor_reads_the_rows_and_a_stranger_finds_nothing(town, board):
    assert got(a_person(town, "auditor"), "recipe-rows", town.slug, "repas").status_code == 200
    assert Client().get(reverse("recipe-rows", args=[town.slug, "repas"])).status_code in (302, 404)


# Filters that apply to a whole board


@pytest.fixture
def filtered(town, agent, board):
    return services.choose_filters(board, agent, ["site", "date"])


def board_page(person, board, **chosen):
    client = Client()
    strongly(client, person)
    url = reverse("board", args=[board.territory.slug, board.slug])
    return client.get(url, {f"f.{name}": value for name, value in chosen.items()}).content.decode()


def test_a_filter_offers_its_values_and_narrows_every_figure(town, agent, filtered):
    page = board_page(agent, filtered)
    assert '<option value="LE BAC">LE BAC</option>' in page
    assert '<option value="2026">2026</option>' in page
    narrowed = board_page(agent, filtered, site="LE BAC")
    assert "Filtré&nbsp;: LE BAC" in narrowed
    assert ">LES SAULES<" not in narrowed.split("data-figures")[1]
    # 60 + 60 + 62 meals, over three days: both figures follow.
    assert "182" in narrowed
    assert "3 lignes" in narrowed
    drawing = reverse("board-figure", args=[town.slug, filtered.slug, 1])
    client = Client()
    strongly(client, agent)
    drawn = client.get(drawing, {"f.site": "LE BAC"}).json()
    assert [mark["x"] for mark in drawn["data"]["values"]] == ["LE BAC"]
    export = reverse("recipe-export", args=[town.slug, "repas", "csv"])
    assert f"{export}?f.site=LE+BAC" in narrowed
    assert "LES SAULES" not in client.get(export, {"f.site": "LE BAC"}).content.decode("utf-8-sig")
    rows = client.get(
        reverse("recipe-rows", args=[town.slug, "repas"]), {"f.site": "LE BAC"}
    ).content.decode()
    assert "3 lignes" in rows


def test_two_filters_hold_together_and_a_year_is_a_date(agent, filtered):
    page = board_page(agent, filtered, site="LE MOULIN", date="2026")
    assert "2 lignes" in page
    assert "90" in page


def test_a_value_that_is_not_there_shows_an_empty_answer_and_not_an_error(agent, filtered):
    page = board_page(agent, filtered, site="NULLE PART")
    assert "Il ne reste aucune ligne" in page


@pytest.mark.parametrize(
    "chosen", [{"reel": "110"}, {"nulle_part": "x"}, {"date": "hier"}, {"site": "x" * 300}]
)
def test_what_is_no_filter_of_the_board_changes_nothing(agent, filtered, chosen):
    assert "8 lignes" in board_page(agent, filtered, **chosen)


def test_figures_without_the_column_report_that_they_ignore_the_filter(town, agent, filtered):
    from canteens import SCHOOLS

    schools = poured(town, agent, SCHOOLS, "Écoles.csv").dataset
    definition = {
        "title": "Écoles",
        "sources": {"e": schools.slug},
        "steps": [
            {"step": "source", "source": "e"},
            {"step": "group", "by": ["secteur"], "measures": [{"name": "n", "operation": "count"}]},
        ],
    }
    saved(town, agent, definition, slug="ecoles")
    board = services.save_board(town, agent, "cantine", "Un matin à la cantine", "", ["repas", "ecoles"])
    page = board_page(agent, board, site="LE BAC")
    assert page.count("il ne suit pas le filtre") == 1


def test_protected_data_are_never_narrowed_by_a_reader(town, agent):
    families = poured(town, agent, FAMILIES).dataset
    definition = {
        "title": "Familles",
        "sources": {"f": families.slug},
        "steps": [
            {"step": "source", "source": "f"},
            {"step": "group", "by": [], "measures": [{"name": "n", "operation": "count"}]},
        ],
    }
    saved(town, agent, definition, slug="familles")
    board = services.save_board(town, agent, "familles", "Familles", "", ["familles"])
    services.choose_filters(board, agent, ["nom", "quotient"])
    page = board_page(agent, board, nom="Martin", quotient="812")
    assert 'name="f.' not in page
    assert "Martin</option>" not in page
    assert "Familles" in page


def test_filters_are_chosen_by_who_writes_analyses_four_at_most(town, agent, board):
    client = Client()
    strongly(client, agent)
    url = reverse("board-filters", args=[town.slug, board.slug])
    page = client.get(url).content.decode()
    assert "Site <small" in page
    assert 'value="reel"' not in page
    client.post(url, {"columns": ["site", "reel", "nulle_part"]})
    board.refresh_from_db()
    assert board.filters == ["site"]
    with pytest.raises(services.StudioError, match="4 filtres au plus"):
        services.choose_filters(board, agent, ["a", "b", "c", "d", "e"])
    assert got(a_person(town, "auditor"), "board-filters", town.slug, board.slug).status_code == 404


def test_filtered_answers_are_cached_and_do_not_pile_up(agent, filtered, monkeypatch):
    from beffroi.web.studio import result_cache
    from beffroi.web.studio.models import Result

    monkeypatch.setattr(result_cache, "MAX_FILTERED", 3)
    for site in ("LES SAULES", "LE BAC", "LE MOULIN", "LA FORGE"):
        board_page(agent, filtered, site=site)
    per_recipe = Result.objects.filter(chosen=True).values_list("recipe__slug", flat=True)
    assert max(list(per_recipe).count(slug) for slug in set(per_recipe)) <= 3
    before = Result.objects.count()
    board_page(agent, filtered, site="LA FORGE")
    assert Result.objects.count() == before


# One answer for all who ask at once


def test_a_result_requested_several_times_at_once_is_computed_once(monkeypatch):
    from contextlib import contextmanager
    from threading import Barrier, Thread
    from time import sleep

    from beffroi.web.studio import result_cache

    waiting, max_waiting, computed, results = [0], [0], [], []

    @contextmanager
    def released_slot():
        waiting[0] += 1
        max_waiting[0] = max(max_waiting[0], waiting[0])
        yield
        waiting[0] -= 1

    class SameKey:
        key = "same"

    start = Barrier(6)
    monkeypatch.setattr(result_cache, "release_slot", released_slot)

    def compute():
        sleep(0.2)  # the others are there by then
        computed.append(max_waiting[0])
        return "result"

    def request():
        start.wait(10)
        results.append(result_cache.single_flight(SameKey(), compute))

    threads = [Thread(target=request) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert results == ["result"] * 6
    assert len(computed) == 1
    assert computed[0] >= 2  # those who waited had released their slot
    assert result_cache._in_flight == {}


def test_after_a_failed_computation_the_next_request_computes():
    from beffroi.web.studio import result_cache

    class Key:
        key = "failing once"

    attempts = []

    def compute():
        attempts.append(1)
        if len(attempts) == 1:
            raise ValueError("no lake")
        return "result"

    with pytest.raises(ValueError, match="no lake"):
        result_cache.single_flight(Key(), compute)
    assert result_cache.single_flight(Key(), compute) == "result"
    assert result_cache._in_flight == {}

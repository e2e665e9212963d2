"""The pages: who sees what, what each shows without JavaScript, and a whole analysis made by an agent."""

import html
import json

import pytest
from canteens import FAMILIES, IN_WORDS, MEALS, poured, published, replaced, saved, served_by_site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.studio import public, services
from beffroi.web.studio.models import Board, StoredRecipe
from places import a_person, a_territory, strongly
from reference_data import require_reference

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


@pytest.fixture
def board(town, agent, meals):
    saved(town, agent, served_by_site(meals))
    return services.save_board(town, agent, "cantine", "Un matin à la cantine", "Combien ?", ["repas"])


def signed_in(person):
    client = Client()
    strongly(client, person)
    return client


def address(name, board, *more):
    return reverse(name, args=[board.territory.slug, *more])


def every_page(board):
    return [
        address("boards", board),
        address("board", board, board.slug),
        address("board-figure", board, board.slug, 1),
        address("recipe", board, "repas"),
        address("recipe-figure", board, "repas"),
        address("recipe-export", board, "repas", "csv"),
    ]


def test_an_auditor_reads_every_page(town, board):
    client = signed_in(a_person(town, "auditor"))
    assert [client.get(page).status_code for page in every_page(board)] == [200] * 6


def test_an_unknown_visitor_is_led_to_sign_in(board):
    answers = [Client().get(page) for page in every_page(board)]
    assert all(
        (answer.status_code == 302 and "connexion" in answer.url) or "login" in answer.url
        for answer in answers
    )


def test_a_person_of_another_town_finds_no_page(board):
    client = signed_in(a_person(a_territory("Ailleurs", code="99T02"), "agent", email="x@example.org"))
    assert [client.get(page).status_code for page in every_page(board)] == [404] * 6


def test_an_auditor_can_neither_write_nor_take_away(town, board):
    client = signed_in(a_person(town, "auditor"))
    assert client.get(address("new-analysis", board)).status_code == 404
    assert client.post(address("board-remove", board, board.slug)).status_code == 404
    assert client.post(address("board-figure-remove", board, board.slug, 1)).status_code == 404
    assert client.post(address("recipe-to-board", board, "repas"), {"tableau": board.slug}).status_code == 404
    assert Board.objects.count() == 1


def test_a_figure_taken_off_a_board_is_put_back_from_its_analysis(agent, board):
    client = signed_in(agent)
    analysis, put = address("recipe", board, "repas"), address("recipe-to-board", board, "repas")
    offered = f'<option value="{board.slug}">'
    assert offered not in client.get(analysis).content.decode()  # it is on the only one
    page = client.post(address("board-figure-remove", board, board.slug, 1), follow=True).content.decode()
    assert "se remet depuis sa page" in page and not board.figures.exists()
    assert offered in client.get(analysis).content.decode()
    assert client.post(put, {"tableau": "ailleurs"}).status_code == 404
    page = client.post(put, {"tableau": board.slug}, follow=True).content.decode()
    assert "est sur ce tableau." in page
    assert [figure.recipe.slug for figure in board.figures.all()] == ["repas"]


def test_an_agent_may_not_add_to_a_public_board(town, agent, board, meals):
    services.save_recipe(town, agent, "autre", served_by_site(meals), services.steering(town))
    put, client = address("recipe-to-board", board, "autre"), signed_in(agent)
    Board.objects.update(public=True)
    page = client.post(put, {"tableau": board.slug}, follow=True).content.decode()
    assert "seule une personne qui publie le change" in page
    assert [figure.recipe.slug for figure in board.figures.all()] == ["repas"]
    Board.objects.update(public=False)
    client.post(put, {"tableau": board.slug})
    assert [figure.recipe.slug for figure in board.figures.all()] == ["repas", "autre"]


def test_an_empty_territory_explains_how_to_begin(town, agent):
    page = signed_in(agent).get(reverse("boards", args=[town.slug])).content.decode()
    assert "Poser une première question" in page


@pytest.mark.requirement("R110")
def test_a_board_shows_each_figure_with_unit_base_year_source_and_table(agent, board):
    page = signed_in(agent).get(address("board", board, board.slug)).content.decode()
    for words in (
        "Unité&nbsp;: repas",
        "Compté&nbsp;: 8 lignes",
        "2025 à 2026",
        "livraison n°\u00a01",
        ">LES SAULES<",
    ):
        assert words in page
    assert "226" in page


def test_a_map_cites_its_shapes_and_lists_what_it_could_not_draw(real_town):
    require_reference()
    agent = a_person(real_town, "agent")
    text = "Commune;Habitants\n44109;327734\n44162;50973\n99999;12\n"
    dataset = poured(real_town, agent, text, "Communes.csv").dataset
    definition = served_by_site(dataset) | {
        "title": "Habitants",
        "steps": [
            {"step": "source", "source": "cantine"},
            {
                "step": "group",
                "by": ["commune"],
                "measures": [{"name": "servis", "operation": "sum", "column": "habitants"}],
            },
        ],
    }
    definition["figure"] |= {
        "kind": "map",
        "year": "2026",
        "encodings": {"place": "commune", "value": "servis"},
    }
    saved(real_town, agent, definition)
    services.save_board(real_town, agent, "b", "B", "", ["repas"])
    client = signed_in(agent)
    page = client.get(reverse("board", args=[real_town.slug, "b"])).content.decode()
    assert "GeoNames" in page
    assert "pas sur la carte : 99999" in page
    drawn = client.get(reverse("board-figure", args=[real_town.slug, "b", 1])).json()
    assert {f["properties"]["name"]: f["properties"]["value"] for f in drawn["features"]} == {
        "Nantes": 327734,
        "Saint-Herblain": 50973,
    }


def test_a_board_requests_one_grant_for_the_data_of_all_its_figures(town, agent, meals, board):
    client = signed_in(agent)
    page = address("board", board, board.slug)

    def count_reads():
        client.get(page)  # answers are kept: what is left is asking for the data
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        return sum('FROM "catalogue_dataset"' in query["sql"] for query in queries)

    reads_of_one = count_reads()
    for n in range(4):
        saved(town, agent, served_by_site(meals, title=f"Repas {n}"), f"repas-{n}")
        services.add_to_board(board, agent, StoredRecipe.objects.get(slug=f"repas-{n}"))
    assert reads_of_one >= 1
    assert count_reads() == reads_of_one


def test_a_board_carries_the_notice_of_an_invented_town(agent, board):
    assert "données simulées" in signed_in(agent).get(address("board", board, board.slug)).content.decode()


def test_the_chart_is_vega_with_its_data_inside(agent, board):
    spec = signed_in(agent).get(address("board-figure", board, board.slug, 1)).json()
    assert spec["mark"]["type"] == "bar"
    assert {row["y"] for row in spec["data"]["values"]} == {226, 182, 90, 28}


def test_a_figure_that_fails_today_shows_its_last_good_answer_with_its_date(agent, meals, board):
    client = signed_in(agent)
    client.get(address("board", board, board.slug))
    replaced(meals, agent, IN_WORDS)
    page = client.get(address("board", board, board.slug)).content.decode()
    assert "plus à jour" in page
    assert "226" in page


def test_the_recipe_page_displays_its_steps_its_sql_and_its_text(agent, board):
    page = signed_in(agent).get(address("recipe", board, "repas")).content.decode()
    assert "Prendre les données de « Cantines »" in page
    assert "GROUP BY" in page
    assert "- step: group" in page
    assert "&quot;step&quot;" not in page
    assert "Pour une personne qui programme" in page


def test_the_recipe_page_counts_the_rows_that_a_check_left_out(agent, town, meals):
    definition = served_by_site(meals)
    rule = {"column": "reel", "rule": "between", "maximum": 100}
    definition["steps"].insert(2, {"step": "check", "rules": [rule], "keep": "passing"})
    recipe = saved(town, agent, definition, "verifiee")
    page = signed_in(agent).get(reverse("recipe", args=[town.slug, recipe.slug])).content.decode()
    assert "Étape 3 : 2 lignes manquent à une règle, sur 8 ; la suite est faite sans." in page
    assert "Vérifier que « Réel » est au plus 100 ; les lignes qui manquent à une règle sont retirées" in page


def test_the_export_is_a_french_spreadsheet_that_flags_simulated_data(agent, town, meals, board):
    meals.simulated = True
    meals.save()
    answer = signed_in(agent).get(address("recipe-export", board, "repas", "csv"))
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[:2] == ["avertissement;Site;Repas servis", "données simulées;LES SAULES;226"]
    assert "donnees-simulees" in answer["Content-Disposition"]


def test_a_text_that_looks_like_a_formula_is_harmless_in_the_export(town, agent):
    dangerous = MEALS.replace("LES SAULES", "=1+1")
    dataset = poured(town, agent, dangerous).dataset
    saved(town, agent, served_by_site(dataset))
    content = (
        signed_in(agent)
        .get(reverse("recipe-export", args=[town.slug, "repas", "csv"]))
        .content.decode("utf-8-sig")
    )
    assert "'=1+1" in content


def test_the_analysis_leaves_as_a_python_script(agent, board):
    answer = signed_in(agent).get(address("recipe-python", board, "repas"))
    assert answer["Content-Disposition"] == 'attachment; filename="repas-servis-par-site.py"'
    script = answer.content.decode()
    assert "# 1. Prendre les données de « Cantines »." in script
    assert "'cantine': 'cantines.acces.json'" in script
    compile(script, "script", "exec")


# A new analysis, without code


def chosen(dataset, **more):
    return {
        "jeu": dataset.slug,
        "title": "Repas servis par mois",
        "group": "date|month",
        "measure": "sum|reel",
        "unit": "repas",
        "filter_column": "",
        "filter_test": "=",
        "filter_value": "",
        "kind": "line",
        "first": "10",
        "board": "__nouveau__",
        "new_board": "Mes questions",
        **more,
    }


def new(town):
    return reverse("new-analysis", args=[town.slug])


def test_an_agent_sees_a_preview_and_nothing_is_saved(town, agent, meals):
    page = signed_in(agent).post(new(town), chosen(meals, action="preview")).content.decode()
    assert 'aria-label="La réponse"' in page
    assert "2025-01" in page
    assert not StoredRecipe.objects.exists()


def test_an_agent_makes_an_analysis_and_its_board(town, agent, meals):
    client = signed_in(agent)
    answer = client.post(new(town), chosen(meals, action="save"))
    board = Board.objects.get()
    assert answer.url == reverse("board", args=[town.slug, board.slug])
    page = client.get(answer.url).content.decode()
    assert board.title == "Mes questions"
    assert "Repas servis par mois" in page
    assert "346" in page


def test_a_question_without_a_title_takes_its_own_words(town, agent, meals):
    client = signed_in(agent)
    client.post(
        new(town), chosen(meals, action="save", title="", new_board="", group="date|weekday", kind="auto")
    )
    stored = StoredRecipe.objects.get()
    assert stored.title == Board.objects.get().title == "Somme de Réel par jour de la semaine"
    assert stored.definition["figure"]["kind"] == "bar"


def test_a_title_is_made_of_words_or_asked_for(town, agent):
    rows = "id_site;taux_nb_repas;f_12\n" + "".join(f"{n % 3};{n};{n % 5},5\n" for n in range(1, 13))
    counted = poured(town, agent, rows, "Releve.csv").dataset
    client = signed_in(agent)
    asked = chosen(counted, action="save", title="", new_board="", group="__tout__", kind="auto")
    client.post(new(town), asked | {"measure": "mean|taux_nb_repas"})
    assert StoredRecipe.objects.get().title == "Moyenne de taux nb repas"
    page = client.post(new(town), asked | {"measure": "mean|f_12"}).content.decode()
    assert "Donnez un titre avec vos mots" in page and StoredRecipe.objects.count() == 1
    client.post(new(town), asked | {"measure": "mean|f_12", "title": "Relevé moyen"})
    assert StoredRecipe.objects.filter(title="Relevé moyen").exists()


def test_the_page_of_a_question_costs_no_more_with_many_datasets(town, agent, meals):
    client = signed_in(agent)

    def queries():
        client.get(new(town), {"jeu": meals.slug})
        with CaptureQueriesContext(connection) as captured:
            assert "Somme de « Réel »" in client.get(new(town), {"jeu": meals.slug}).content.decode()
        return [query["sql"] for query in captured]

    before = queries()
    for number in range(30):
        other = Dataset.objects.create(
            territory=town, slug=f"jeu-{number}", title=f"Jeu {number}", table=f"jeu_{number}"
        )
        poured_once = {"number": 1, "state": "done", "mode": "replace", "file": "a.csv", "columns": []}
        Snapshot.objects.create(territory=town, dataset=other, act=f"acte-{number}", **poured_once)
    after = queries()
    assert len(after) == len(before)
    assert len({sql for sql in after if "SELECT" in sql}) <= 20


def test_figures_are_put_in_place_by_a_form(town, agent, meals, board):
    services.save_recipe(town, agent, "autre", served_by_site(meals), services.steering(town))
    client = signed_in(agent)
    client.post(address("recipe-to-board", board, "autre"), {"tableau": board.slug})
    first, second = board.figures.all()
    arrange = address("board-figure-arrange", board, board.slug, second.rank)
    client.post(arrange, {"largeur": "6", "place": "1"})
    assert [(f.recipe.slug, f.width) for f in board.figures.all()] == [("autre", 6), ("repas", first.width)]
    # What is no width of the list changes nothing; neither does a figure that is elsewhere.
    client.post(arrange, {"largeur": "5"})
    client.post(address("board-figure-arrange", board, board.slug, 9), {"largeur": "2"})
    assert [f.width for f in board.figures.all()] == [6, first.width]
    # A figure added later leaves the others as they are.
    services.save_recipe(town, agent, "encore", served_by_site(meals), services.steering(town))
    client.post(address("recipe-to-board", board, "encore"), {"tableau": board.slug})
    assert [f.width for f in board.figures.all()][:2] == [6, first.width]


def test_a_chart_beside_one_number_fills_the_row(town, agent, meals):
    number = {"kind": "number", "encodings": {"x": "site", "value": "servis", "labels": {}}}
    services.save_recipe(town, agent, "nombre", served_by_site(meals, **number), services.steering(town))
    for slug in ("a", "b", "c"):
        services.save_recipe(town, agent, slug, served_by_site(meals), services.steering(town))
    board = services.save_board(town, agent, "cantine", "Cantine", "", ["nombre", "a", "b", "c"])
    assert [figure.width for figure in board.figures.all()] == [2, 4, 3, 3]


def test_a_public_board_is_put_in_place_by_who_publishes(agent, steward, board):
    Board.objects.update(public=True)
    arrange = address("board-figure-arrange", board, board.slug, 1)
    page = signed_in(agent).post(arrange, {"largeur": "2"}, follow=True).content.decode()
    assert "seule une personne qui publie le change" in page
    assert board.figures.get().width != 2
    signed_in(steward).post(arrange, {"largeur": "2"})
    assert board.figures.get().width == 2


def test_an_analysis_is_put_on_a_board_that_is_made_for_it(town, agent, meals):
    services.save_recipe(town, agent, "repas", served_by_site(meals), services.steering(town))
    client = signed_in(agent)
    client.post(reverse("recipe-to-board", args=[town.slug, "repas"]), {"tableau": ""})
    assert Board.objects.get().title == "Repas servis par site"


def test_a_second_analysis_goes_to_the_same_board(town, agent, meals):
    client = signed_in(agent)
    client.post(new(town), chosen(meals, action="save"))
    again = chosen(
        meals, action="save", board=Board.objects.get().slug, new_board="", group="site", kind="bar"
    )
    client.post(new(town), again)
    assert [f.recipe.slug for f in Board.objects.get().figures.all()] == [
        "repas-servis-par-mois",
        "repas-servis-par-mois-2",
    ]


def test_a_filter_selects_the_requested_rows(town, agent, meals):
    data = chosen(meals, action="preview", filter_column="site", filter_value="LE BAC")
    page = signed_in(agent).post(new(town), data).content.decode()
    assert "3 lignes sur 8" in page and "5 que la condition écarte" in page


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"filter_column": "site"}, "Donnez la valeur à chercher"),
        (
            {"filter_column": "reel", "filter_value": "beaucoup"},
            "contient des nombres, et «\u00a0beaucoup\u00a0» n&#x27;en est pas un",
        ),
        ({"measure": "sum|site"}, "choix"),
    ],
)
def test_a_choice_that_does_not_fit_is_an_error_of_its_field(town, agent, meals, more, message):
    page = signed_in(agent).post(new(town), chosen(meals, action="save", **more)).content.decode()
    assert message in page
    assert not StoredRecipe.objects.exists()


def test_the_preview_describes_a_month_by_the_label_of_its_column(town, agent, meals):
    page = signed_in(agent).post(new(town), chosen(meals, action="preview")).content.decode()
    explanation = html.unescape(page[page.index("Comment ce chiffre est calculé") :])
    assert "Calculer « Mois » : le mois de « Date »" in explanation
    assert "« month »" not in explanation


def test_what_the_form_proposes_is_accepted_as_it_is(town, agent, meals):
    client = signed_in(agent)
    form = client.get(new(town), {"jeu": meals.slug}).context["form"]
    count_reads = {name: form[name].value() or "" for name in form.fields}
    count_reads |= {
        name: field.choices[0][0]
        for name, field in form.fields.items()
        if hasattr(field, "choices") and not count_reads[name]
    }
    count_reads |= {"jeu": meals.slug}
    answer = client.post(new(town), count_reads | {"action": "preview"})
    # What happened, over its time: not what was expected, nor the number of lines.
    assert (count_reads["measure"], count_reads["group"]) == ("sum|reel", "date|month")
    assert not answer.context["form"].errors
    client.post(new(town), count_reads | {"action": "save"})
    assert Board.objects.get().title == "Somme de Réel par mois"
    assert StoredRecipe.objects.get().definition["figure"]["kind"] == "line"


def test_datasets_about_people_are_not_offered(town, agent, meals):
    poured(town, agent, FAMILIES, "Familles.csv")
    page = signed_in(agent).get(new(town)).content.decode()
    assert "Cantines" in page
    assert "Familles" not in page


# What the public sees


def test_the_public_sees_only_figures_of_published_data(agent, steward, meals, board):
    assert public.figures(board) == []
    assert public.drawing(board, 1) is None
    published(meals, steward)
    (view,) = public.figures(board)
    assert (view.title, view.links.recipe, view.links.exports) == ("Repas servis par site", "", ())
    assert json.dumps(public.drawing(board, 1))

"""The page on which an agent writes an analysis step by step, by plain forms, on the real data."""

import html
import re

import pytest
from canteens import FAMILIES, IN_WORDS, MEALS, SCHOOLS, poured, replaced, saved, served_by_site
from django.test import Client
from django.urls import reverse
from untouched import assert_untouched_is_unchanged

from beffroi.recipes.model import Recipe
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.studio import services
from beffroi.web.studio.editing import drafts
from beffroi.web.studio.editing.forms import step_forms
from beffroi.web.studio.models import Board, Draft, StoredRecipe
from places import a_person

pytestmark = pytest.mark.django_db
YEARLY = "Site;Année;Places\n" + "".join(
    f"{site};{year};90\n" for site in ("LES SAULES", "LE BAC", "LE MOULIN") for year in (2024, 2025)
)


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


@pytest.fixture
def schools(town, agent):
    return poured(town, agent, SCHOOLS, "Écoles.csv").dataset


@pytest.fixture
def draft(town, agent, meals):
    return drafts.begin(town, agent, meals)


@pytest.fixture
def client(agent):
    return entered(agent)


def entered(person):
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def at(town, draft):
    """The address of one of the draft's pages."""
    return lambda page="draft", /, **query: reverse(page, args=[town.slug, draft.pk], query=query or None)


@pytest.fixture
def read(client):
    """A page as text, without its tags' spaces that do not break."""

    def page(address):
        answer = client.get(address)
        assert answer.status_code == 200, answer.status_code
        return page_text(answer)

    return page


@pytest.fixture
def send(client, at):
    """Post a step; the page that follows, as text."""

    def post(page="draft-step", /, **data):
        return page_text(client.post(at(page), data, follow=True))

    return post


def page_text(answer):
    return html.unescape(answer.content.decode()).replace("\u00a0", " ")


def steps_of(draft):
    return drafts.current_recipe(Draft.objects.get(pk=draft.pk)).steps


def cells(text):
    """The rows of the preview."""
    table = text.split('aria-label="Premières lignes"')[1].split("</table>")[0]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", table)[1:]]


# Beginning


def test_a_draft_begins_with_a_dataset_and_shows_its_first_rows(client, town, meals):
    page = page_text(client.post(reverse("drafts", args=[town.slug]), {"jeu": meals.slug}, follow=True))
    assert "Prendre les données de « Cantines »." in page
    assert cells(page)[0] == ["LES SAULES", "06/01/2025", "120", "110"]
    assert "Toutes les lignes sont là." in page and "Site, Date, Prévision, Réel" in page
    assert "SELECT" in page and "Voir la requête" in page


def test_only_the_authors_drafts_are_listed_and_opened(client, town, draft, at):
    page = page_text(client.get(reverse("drafts", args=[town.slug])))
    assert "Analyse de « Cantines »" in page
    colleague = entered(a_person(town, "agent", email="collegue@example.org"))
    assert "Analyse de" not in page_text(colleague.get(reverse("drafts", args=[town.slug])))
    for name in ("draft", "draft-step", "draft-counts", "draft-save"):
        assert colleague.get(at(name)).status_code == 404
    for name in ("draft-undo", "draft-redo", "draft-step-move", "draft-step-remove", "draft-discard"):
        assert colleague.post(at(name), {"numero": 2}).status_code == 404
    assert Draft.objects.count() == 1


def test_a_dataset_about_people_is_not_offered_and_nothing_is_begun(client, town, agent):
    families = poured(town, agent, FAMILIES, "Familles.csv").dataset
    page = page_text(client.post(reverse("drafts", args=[town.slug]), {"jeu": families.slug}))
    assert "Choisissez d'abord un jeu de données" in page and "Familles" not in page
    assert not Draft.objects.exists()


def test_a_stored_analysis_is_taken_up_and_does_not_change(client, town, agent, meals):
    stored = saved(town, agent, served_by_site(meals))
    page = page_text(client.get(reverse("recipe", args=[town.slug, "repas"])))
    assert "Reprendre cette analyse" in page
    page = page_text(client.post(reverse("recipe-take-up", args=[town.slug, "repas"]), follow=True))
    assert "Il reprend" in page and cells(page)[0] == ["LES SAULES", "226"]
    assert StoredRecipe.objects.get() == stored and StoredRecipe.objects.get().version == 1


def test_an_earlier_version_is_taken_back_in_a_draft(client, town, agent, meals):
    first = served_by_site(meals)
    saved(town, agent, first)
    saved(town, agent, first | {"steps": [*first["steps"], {"step": "top", "column": "servis", "count": 1}]})
    assert StoredRecipe.objects.get().version == 2
    page = page_text(client.get(reverse("recipe", args=[town.slug, "repas"])))
    assert "Reprendre la version 1" in page and "Reprendre la version 2" not in page
    take_up = reverse("recipe-take-up", args=[town.slug, "repas"])
    page = page_text(client.post(take_up, {"version": 1}, follow=True))
    assert "Garder la ligne" not in page and len(cells(page)) > 1
    assert Draft.objects.get().recipe_version == 2 and StoredRecipe.objects.get().version == 2
    for unknown in ("3", "9" * 30, "une"):
        assert client.post(take_up, {"version": unknown}).status_code == 404
    assert Draft.objects.count() == 1


def test_the_end_of_a_new_analysis_goes_on_step_by_step(client, town, meals):
    question = {
        "jeu": meals.slug, "title": "Repas par site", "group": "site", "measure": "sum|reel", "unit": "repas",
        "filter_column": "", "filter_test": "=", "filter_value": "", "kind": "bar", "first": "10",
        "board": "__nouveau__", "new_board": "", "divisor": "", "action": "steps",
    }  # fmt: skip
    page = page_text(client.post(reverse("new-analysis", args=[town.slug]), question, follow=True))
    assert "Pour chaque « Site »" in page and not StoredRecipe.objects.exists()
    assert Draft.objects.get().title == "Repas par site"


# The forms of the steps


def test_every_step_that_a_recipe_knows_today_has_its_form(read, at):
    kinds = {form.kind for form in step_forms()}
    assert kinds >= {"choose", "filter", "derive", "join", "group", "sort", "top", "pivot", "place"}
    for form in step_forms():
        assert f">{form.title}</h2>" in read(at("draft-step", genre=form.kind, apres=1))


def test_a_filter_offers_what_fits_its_column(read, at):
    on = {"genre": "filter", "apres": 1, "rows": 1}
    text = read(at("draft-step", **on, column_0="site"))
    assert "LE BAC (3)" in text and "est l'une des valeurs cochées" in text and "cette année" not in text
    dates = read(at("draft-step", **on, column_0="date"))
    assert "est dans les derniers jours" in dates and "contient" not in dates.split("<main")[1]
    numbers = read(at("draft-step", **on, column_0="reel"))
    assert "est au moins" in numbers and "Exemple : 1 234,5" in numbers


def test_rows_are_filtered_by_ticked_values(draft, send):
    page = send(genre="filter", apres=1, rows=1, column_0="site", op_0="in", in_0=["LE BAC", "LA FORGE"])
    assert {row[0] for row in cells(page)} == {"LE BAC", "LA FORGE"}
    assert steps_of(draft)[1].conditions[0].value == ("LE BAC", "LA FORGE")


def test_numbers_are_typed_as_in_french(draft, send):
    page = send(
        genre="filter", apres=1, rows=1, column_0="reel", op_0="between", value_0="59,5", upto_0="1 000"
    )
    assert len(cells(page)) == 5
    assert steps_of(draft)[1].conditions[0].value == (59.5, 1000)


def test_a_value_that_is_no_number_is_an_error_of_its_field_and_nothing_is_lost(draft, send):
    page = send(genre="filter", apres=1, rows=1, column_0="reel", op_0=">", value_0="beaucoup")
    assert "« beaucoup » n'est pas un nombre" in page and 'value="beaucoup"' in page
    assert len(steps_of(draft)) == 1


def test_a_second_condition_is_added_before_the_step_is(draft, send):
    more = {
        "genre": "filter",
        "apres": 1,
        "rows": 1,
        "column_0": "reel",
        "op_0": ">=",
        "value_0": "60",
        "match": "all",
    }
    page = send(**more, add_column="date", action="more")
    assert 'value="60"' in page and "est à partir du" in page
    page = send(**more | {"rows": 2, "match": "any"}, column_1="date", op_1=">=", value_1="2026-01-01")
    assert len(cells(page)) == 8
    (step,) = steps_of(draft)[1:]
    assert [(c.column, c.op, c.value) for c in step.conditions] == [
        ("reel", ">=", 60),
        ("date", ">=", "2026-01-01"),
    ]


def test_a_filter_is_edited_from_its_current_values(draft, send, read, at):
    send(genre="filter", apres=1, rows=1, column_0="reel", op_0=">=", value_0="60,5")
    page = read(at("draft-step", numero=2))
    assert 'value="60,5"' in page and "Changer l'étape 2" in page
    send(numero=2, rows=1, column_0="reel", op_0="<", value_0="60,5")
    assert [(c.op, c.value) for c in steps_of(draft)[1].conditions] == [("<", 60.5)]


def test_relative_dates_ask_how_many_days(draft, send):
    page = send(genre="filter", apres=1, rows=1, column_0="date", op_0="last_days")
    assert "Dites combien de jours" in page
    send(genre="filter", apres=1, rows=1, column_0="date", op_0="last_days", days_0="30")
    assert steps_of(draft)[1].conditions[0].value == 30


def test_rows_are_grouped_by_the_year_of_a_date_with_several_measures(draft, send):
    page = send(
        genre="group",
        apres=1,
        rows=2,
        by=["date|year"],
        measure_0="sum|reel",
        measure_1="rows",
        name_1="Jours",
    )
    assert cells(page) == [["2025", "408", "5"], ["2026", "118", "3"]]
    derived, group = steps_of(draft)[1:]
    assert (derived.operation, group.by) == ("year", (derived.name,))
    assert [m.name for m in group.measures] == ["Somme de Réel", "Jours"]


def test_a_column_is_computed_with_a_name_proposed(draft, send):
    page = send(
        genre="derive",
        apres=1,
        operation="ratio",
        column="reel",
        other="prevision",
        times="100",
        separator=" ",
    )
    assert steps_of(draft)[1].name == "Réel par Prévision" and "91,67" in cells(page)[0][-1]
    page = send(genre="derive", apres=2, operation="year", column="reel", other="", times="1")
    assert "ne contient pas des dates, mais des nombres" in page
    assert len(steps_of(draft)) == 2


def test_a_formula_is_checked_and_its_faulty_characters_are_marked(draft, send, read, at):
    page = read(at("draft-step", genre="compute", apres=1))
    assert "[prevision]" in page and "SI(condition ; si vrai ; si faux)" in page
    page = send(genre="compute", apres=1, formula="[Réel] * 2 + [Absent]")
    assert "Caractère 14 de la formule : la colonne « Absent » n'existe pas" in page
    assert "[Réel] * 2 + <mark>[Absent]</mark></code>" in page and len(steps_of(draft)) == 1
    page = send(genre="compute", apres=1, formula='SI([Réel] > 100 ; "gros" ; "petit")', action="more")
    assert "Cette formule donne du texte." in page and len(steps_of(draft)) == 1
    page = send(genre="compute", apres=1, formula="[Réel] *", action="more")
    assert "[Réel] <mark>*</mark></code>" in page and "il manque une valeur" in page.casefold()
    assert "la formule est vide" in send(genre="compute", apres=1, formula=" ")


def test_a_formula_adds_a_column_with_its_kind_and_is_edited(draft, send, read, at):
    page = send(genre="compute", apres=1, formula='SI([Réel] > 100 ; "gros" ; "petit")')
    assert "« Résultat de la formule » contient du texte." in page and cells(page)[0][-1] == "gros"
    assert 'SI([Réel] > 100 ; "gros" ; "petit")</textarea>' in read(at("draft-step", numero=2))
    page = send(numero=2, formula="[Prévision] - [Réel]", name="Écart")
    assert "« Écart » contient un nombre." in page and cells(page)[0][-1] == "10"
    assert (steps_of(draft)[1].name, steps_of(draft)[1].formula) == ("Écart", "[Prévision] - [Réel]")


def test_a_formula_may_call_a_column_by_its_label(town, agent, client, schools):
    other = drafts.begin(town, agent, schools)
    sent = {"genre": "compute", "apres": 1, "formula": 'MINUSCULE([Site de cantine]) & "!"'}
    page = page_text(client.post(reverse("draft-step", args=[town.slug, other.pk]), sent, follow=True))
    assert cells(page)[0][-1] == "les saules!"
    assert steps_of(other)[1].formula == 'MINUSCULE([site_de_cantine]) & "!"'


def test_columns_are_chosen_renamed_and_put_in_order(draft, send):
    page = send(genre="choose", apres=1, keep_0="on", place_0="2", name_0="École", keep_3="on", place_3="1")
    assert cells(page)[0] == ["110", "LES SAULES"]
    assert (steps_of(draft)[1].columns, steps_of(draft)[1].rename) == (("reel", "site"), {"site": "École"})


def test_rows_are_sorted_and_limited_to_the_first(draft, send):
    send(genre="sort", apres=1, rows=2, column_0="site", column_1="reel", down_1="on")
    page = send(genre="top", apres=2, count="2", column="reel", smallest="oui")
    assert [row[3] for row in cells(page)] == ["28", "40"]


def test_a_table_with_two_entries_is_made(draft, send):
    send(genre="derive", apres=1, operation="year", column="date", name="An")
    page = send(genre="pivot", apres=2, lines=["site"], column="An", value="reel", operation="sum")
    assert ["LE BAC", "182", "–"] in cells(page)


def test_columns_are_laid_as_rows(draft, send, read, at):
    assert 'value="Nom de la colonne"' in read(at("draft-step", genre="unpivot", apres=1))
    page = send(genre="unpivot", apres=1, columns=["site", "reel"], name="Quoi", value="Combien")
    assert "« site » contient du texte" in page and len(steps_of(draft)) == 1
    page = send(genre="unpivot", apres=1, columns=["prevision", "reel"], name="Quoi", value="quoi")
    assert "deux colonnes de noms différents" in page and len(steps_of(draft)) == 1
    page = send(genre="unpivot", apres=1, columns=["prevision", "reel"], name="Quoi", value="")
    assert len(cells(page)) == 16 and cells(page)[0][2:] in (["prevision", "120"], ["reel", "110"])
    send(numero=2, columns=["reel"], name="Quoi", value="Combien", drop_missing="on")
    step = steps_of(draft)[1]
    assert (step.columns, step.value, step.drop_missing) == (("reel",), "Combien", True)


def test_a_place_is_recognised_by_its_code(town, agent, client, send, draft):
    towns = poured(town, agent, "Commune;Nombre\n1001;3\n75056;4\n", "Communes.csv").dataset
    other = drafts.begin(town, agent, towns)
    sent = {"genre": "place", "apres": 1, "column": "commune", "by": "code"}
    page = page_text(client.post(reverse("draft-step", args=[town.slug, other.pk]), sent, follow=True))
    assert "code_commune" in page and "01001" in page


def test_rows_are_ranked_at_a_rate(draft, send):
    query = {"genre": "ranking", "apres": 1, "value": "reel", "per": "100", "ties": "competition", "rows": 1}
    page = send(**query)
    assert "Dites à quelle colonne rapporter le classement" in page and len(steps_of(draft)) == 1
    page = send(**query, denominator="prevision")
    assert cells(page)[0] == ["LE MOULIN", "07/01/2026", "50", "50", "100", "1"]
    page = send(
        numero=2, value="reel", per="1", ties="dense", ascending="oui", within=["site"], then_0="date"
    )
    assert cells(page)[0][-1] == "1"
    (step,) = steps_of(draft)[1:]
    assert (step.denominator, step.ascending, step.within, step.then) == (None, True, ("site",), ("date",))
    assert (step.name, step.ties) == ("rang", "dense")


def test_rows_are_compared_with_other_rows(draft, send):
    query = {"genre": "window", "apres": 1, "rows": 2, "operation_0": "cumulative", "column_0": "reel"}
    page = send(**query)
    assert "Dites dans quel ordre lire les lignes" in page and len(steps_of(draft)) == 1
    page = send(**query, operation_1="moving_mean", column_1="site", order_0="date")
    assert "ne contient pas des nombres" in page and "2 au moins" in page and len(steps_of(draft)) == 1
    page = send(**query, operation_1="difference", column_1="reel", order_0="date", partition=["site"])
    assert ["LES SAULES", "07/01/2025", "120", "116", "226", "6"] in cells(page)
    assert [one.name for one in steps_of(draft)[1].columns] == ["Cumul de Réel", "Écart de Réel"]
    page = send(numero=2, rows=1, operation_0="share", column_0="prevision", name_0="Part")
    assert cells(page)[0] == ["LES SAULES", "06/01/2025", "120", "110", "21,05"]


def test_months_without_rows_are_displayed(draft, send):
    query = {
        "genre": "periods",
        "apres": 1,
        "column": "date",
        "period": "month",
        "span": "all",
        "fill": "zero",
    }
    page = send(**query, first="2025-03-01", last="2025-01-01", measure_0="sum|reel")
    assert "Ce jour vient avant le premier" in page and len(steps_of(draft)) == 1
    page = send(**query, last="2025-04-30", measure_0="sum|reel")
    assert [row[1] for row in cells(page)] == ["346", "62", "0", "0"]
    assert steps_of(draft)[1].measures[0].name == "Somme de Réel"
    page = send(numero=2, column="date", period="year", span="all", fill="nothing", by=["site"])
    assert steps_of(draft)[1].measures == () and steps_of(draft)[1].by == ("site",)
    assert len(cells(page)) == 12, "eight rows, and a year that each of the four sites lacks"


def test_rows_are_checked_by_rules(draft, send):
    query = {"genre": "check", "apres": 1, "rows": 2, "column_0": "reel", "rule_0": "between", "keep": "failing",
             "rule_1": "unique"}  # fmt: skip
    assert "Donnez au moins une borne" in send(**query)
    page = send(**query, minimum_0="peu", values_0="60")
    assert "« peu » n'est pas un nombre" in page and "Cette règle ne s'en sert pas" in page
    assert len(steps_of(draft)) == 1
    page = send(**query, minimum_0="28,5", maximum_0="115", column_1="site", also_1=["date"])
    assert [(row[0], row[3], row[4]) for row in cells(page)] == [
        ("LES SAULES", "116", "1"),
        ("LA FORGE", "28", "1"),
    ]
    page = send(numero=2, rows=1, column_0="date", rule_0="between", minimum_0="01/01/2026", keep="passing")
    assert len(cells(page)) == 3 and len(cells(page)[0]) == 4
    (step,) = steps_of(draft)[1:]
    assert (step.rules[0].minimum, step.name, step.why) == ("2026-01-01", "défauts", "motifs")


FLAGGED = (
    "Site;Date;Réel;Bio\nLE BAC;06/01/2025;12,5;oui\nLA FORGE;07/01/2025;8;non\nLE BAC;08/01/2025;9,25;oui\n"
)
UNTOUCHED = [
    {"step": "choose", "columns": ["reel", "site"], "rename": {"reel": "Servis"}},
    {"step": "filter", "match": "any", "conditions": [
        {"column": "site", "op": "in", "value": ["LE BAC", "AILLEURS"]},
        {"column": "site", "op": "between", "value": ["A", "M"]},
        {"column": "site", "op": "!=", "value": "LA FORGE"},
        {"column": "reel", "op": "in", "value": ["12.5", "8"]},
        {"column": "reel", "op": "between", "value": [1.5, 20]},
        {"column": "reel", "op": "missing"},
    ]},
    {"step": "filter", "match": "all", "conditions": [
        {"column": "date", "op": ">", "value": "2025-01-06"},
        {"column": "date", "op": "last_days", "value": 400},
        {"column": "date", "op": "this_month"},
        {"column": "bio", "op": "!=", "value": True},
        {"column": "bio", "op": "=", "value": False},
        {"column": "bio", "op": "contains", "value": "tr"},
    ]},
    {"step": "derive", "name": "r", "operation": "ratio", "column": "reel", "other": "reel", "times": 250.0},
    {"step": "derive", "name": "t", "operation": "concatenation", "column": "site", "other": "site", "separator": " - "},
    {"step": "derive", "name": "m", "operation": "month_name", "column": "date"},
    {"step": "join", "source": "ecoles", "on": [{"left": "site", "right": "site_de_cantine"}], "keep": "matched",
     "columns": ["secteur"], "fold": True},
    {"step": "group", "by": ["site"], "measures": [
        {"name": "a", "operation": "count"}, {"name": "b", "operation": "max", "column": "site"},
        {"name": "c", "operation": "count", "column": "reel"}, {"name": "d", "operation": "mean", "column": "reel"}]},
    {"step": "group", "measures": [{"name": "a", "operation": "count_distinct", "column": "date"}]},
    {"step": "sort", "by": [{"column": "site"}, {"column": "reel", "descending": True}]},
    {"step": "top", "count": 3, "column": "reel", "smallest": True},
    {"step": "pivot", "rows": ["site"], "column": "bio", "value": "reel", "operation": "mean", "values": ["true"]},
    {"step": "place", "column": "site", "by": "name", "name": "insee",
     "communes": [{"code": "99F01", "name": "Le Bac"}]},
    {"step": "unpivot", "columns": ["site"], "name": "n", "value": "v", "drop_missing": True},
    {"step": "stack", "sources": ["ecoles"], "rename": {"ecoles": {"site_de_cantine": "site"}}, "origin": None},
    {"step": "compute", "name": "t", "formula": ' SI([reel]>10,5;\n"gros" ; "petit")'},
    {"step": "ranking", "value": "reel", "denominator": "reel", "per": 1000, "then": ["site", "date"], "ties": "dense",
     "ascending": True, "within": ["bio"], "name": "place", "rate": "taux"},
    {"step": "window", "partition": ["site"], "order": [{"column": "date", "descending": True}, {"column": "reel"},
     {"column": "bio"}], "period": "date", "columns": [
        {"name": "a", "operation": "rank"}, {"name": "b", "operation": "previous", "column": "site", "rows": 2},
        {"name": "c", "operation": "moving_mean", "column": "reel", "rows": 3},
        {"name": "d", "operation": "last_year_change", "column": "reel"},
        {"name": "e", "operation": "share", "column": "reel"}]},
    {"step": "periods", "column": "date", "period": "week", "by": ["site"], "measures": [
        {"name": "a", "operation": "count"}, {"name": "b", "operation": "mean", "column": "reel"}],
     "span": "each", "first": "2025-01-01", "last": "2025-02-03", "fill": "zero"},
    {"step": "periods", "column": "date", "period": "day"},
    {"step": "check", "keep": "failing", "name": "n", "why": "m", "rules": [
        {"column": "site", "rule": "present"}, {"column": "site", "rule": "unique", "also": ["date", "bio"]},
        {"column": "reel", "rule": "between", "minimum": 8.5, "maximum": "20"},
        {"column": "date", "rule": "between", "maximum": "2025-01-07"},
        {"column": "bio", "rule": "one_of", "values": [True, "false"]},
        {"column": "site", "rule": "length", "minimum": 2, "maximum": 9},
        {"column": "site", "rule": "prefix", "values": ["LE ", " LA"]}]},
]  # fmt: skip


@pytest.mark.parametrize("written", UNTOUCHED, ids=lambda written: written["step"])
def test_a_form_that_is_sent_as_it_opened_leaves_its_step_as_it_was(town, agent, schools, written):
    flagged = poured(town, agent, FLAGGED, "Bio.csv").dataset
    recipe = Recipe.model_validate(
        {
            "title": "Essai",
            "sources": {"bio": flagged.slug, "ecoles": schools.slug},
            "steps": [{"step": "source", "source": "bio"}, written],
        }
    )
    assert_untouched_is_unchanged(town, agent, recipe)


# Bringing two datasets together


def test_columns_in_common_are_proposed_and_measured_then_joined(draft, schools, read, send, at):
    page = read(at("draft-step", genre="join", apres=1, avec=schools.slug))
    assert "« Site » = « Site de cantine » : 8 lignes sur 8 trouvent leur partenaire (100 %)" in page
    page = send(
        genre="join",
        apres=1,
        rows=1,
        avec=schools.slug,
        pair="site|site_de_cantine|exact",
        keep="all",
        bring=["secteur"],
    )
    assert "Rapprochement mesuré : 8 lignes sur 8" in page
    assert cells(page)[0] == ["LES SAULES", "06/01/2025", "120", "110", "Nord"]
    page = send(genre="group", apres=2, rows=1, by=["secteur"], measure_0="sum|reel")
    assert cells(page) == [["Nord", "408"], ["Sud", "118"]]


def test_a_join_is_measured_where_it_stands(draft, schools, read, send, at):
    send(genre="filter", apres=1, rows=1, column_0="reel", op_0="<", value_0="45")
    page = read(at("draft-step", genre="join", apres=2, avec=schools.slug))
    assert "2 lignes sur 2 trouvent leur partenaire" in page


def test_a_join_that_would_multiply_rows_is_refused_before_it_runs(town, agent, draft, read, send, at):
    yearly = poured(town, agent, YEARLY, "Places.csv").dataset
    page = read(at("draft-step", genre="join", apres=1, avec=yearly.slug))
    assert "Des lignes compteraient plusieurs fois" in page and "site|site|exact" not in page
    page = send(
        genre="join",
        apres=1,
        rows=1,
        avec=yearly.slug,
        pair="main",
        left_0="site",
        right_0="site",
        keep="all",
    )
    assert "Rien n'est rapproché : des lignes trouvent plusieurs partenaires dans « Places »." in page
    assert "7 lignes s'ajouteraient et les totaux seraient faux" in page
    assert len(steps_of(draft)) == 1


def test_a_second_column_makes_the_join_sound(town, agent, draft, send):
    yearly = poured(town, agent, YEARLY, "Places.csv").dataset
    send(genre="derive", apres=1, operation="year", column="date", name="An")
    pairs = {"pair": "main", "left_0": "site", "right_0": "site", "left_1": "An", "right_1": "annee"}
    page = send(genre="join", apres=2, rows=2, avec=yearly.slug, keep="matched", bring=["places"], **pairs)
    assert "5 lignes sur 8 trouvent leur partenaire" in page and len(cells(page)) == 5


def test_a_join_that_finds_nothing_is_refused(draft, schools, send):
    page = send(
        genre="join",
        apres=1,
        rows=1,
        avec=schools.slug,
        pair="main",
        left_0="site",
        right_0="secteur",
        keep="all",
    )
    assert "Rien n'est rapproché : aucune des 8 lignes ne trouve de partenaire." in page
    assert len(steps_of(draft)) == 1


def test_a_dataset_about_people_is_not_joined(town, agent, draft, send, read, at):
    families = poured(town, agent, FAMILIES, "Familles.csv").dataset
    page = read(at("draft-step", genre="join", apres=1, avec=families.slug))
    assert "il porte sur des personnes" in page and "Familles" not in page
    send(genre="join", apres=1, rows=1, avec=families.slug, left_0="site", right_0="nom", keep="all")
    assert len(steps_of(draft)) == 1


OLDER = "Site;Date;Réel;Menu\nLE BAC;08/01/2024;58;poisson\nLA FORGE;09/01/2024;27;riz\n"


def test_rows_of_other_datasets_are_put_under_these(town, agent, draft, schools, send, read, at):
    older = poured(town, agent, OLDER, "Avant.csv").dataset
    page = read(at("draft-step", genre="stack", apres=1))
    assert "Avant (3 colonnes du même nom)" in page and "Écoles (aucune colonne du même nom)" in page
    assert "Cantines (" not in page
    page = send(genre="stack", apres=1, datasets=[older.slug], told="on", origin="")
    assert "« Avant » n'a pas « Prévision » et apporte « Menu »." in page and len(cells(page)) == 10
    assert ["LE BAC", "08/01/2024", "–", "58", "poisson", older.slug] in cells(page)
    assert steps_of(draft)[1].origin == "Origine"
    send(numero=2, datasets=[older.slug])
    assert steps_of(draft)[1].origin is None


def test_datasets_that_do_not_fit_are_not_put_under_these(town, agent, draft, schools, send):
    page = send(genre="stack", apres=1, told="on")
    assert "Ajouter l'étape" in page and len(steps_of(draft)) == 1
    page = send(genre="stack", apres=1, datasets=[schools.slug], told="on")
    assert "« Écoles » n'a aucune colonne du même nom que celles d'ici" in page
    worded = poured(town, agent, IN_WORDS, "Mots.csv").dataset
    page = send(genre="stack", apres=1, datasets=[worded.slug], told="on")
    assert "la colonne « reel » contient" in page
    families = poured(town, agent, FAMILIES, "Familles.csv").dataset
    page = send(genre="stack", apres=1, datasets=[families.slug], told="on")
    assert "Familles" not in page and len(steps_of(draft)) == 1


# The list of the steps


def test_steps_move_go_and_come_back(draft, send):
    send(genre="filter", apres=1, rows=1, column_0="reel", op_0=">=", value_0="60")
    send(genre="sort", apres=2, rows=1, column_0="reel")
    page = send("draft-step-move", numero=3, sens="haut")
    assert [s.step for s in steps_of(draft)] == ["source", "sort", "filter"] and "déplacée" in page
    send("draft-step-remove", numero=2)
    assert [s.step for s in steps_of(draft)] == ["source", "filter"]
    send("draft-undo")
    assert [s.step for s in steps_of(draft)] == ["source", "sort", "filter"]
    send("draft-redo")
    assert [s.step for s in steps_of(draft)] == ["source", "filter"]


@pytest.mark.parametrize("number", ["1", "9", "x", "", "-1"])
def test_what_is_no_step_changes_nothing(draft, send, number):
    page = send("draft-step-remove", numero=number)
    assert len(steps_of(draft)) == 1 and "Cette étape n'existe pas" in page
    if number:
        assert "Cette étape n'existe pas" in send("draft-step", numero=number, genre="sort", apres=1)


def test_a_page_opened_before_another_change_does_nothing_by_mistake(draft, send):
    send(genre="filter", apres=1, rows=1, column_0="reel", op_0=">=", value_0="60")
    send(genre="sort", apres=1, rows=1, column_0="reel")
    assert "a changé dans une autre page" in send("draft-step-remove", numero=2, etat=2)
    assert "a changé dans une autre page" in send(numero=2, etat=2, rows=1, column_0="site")
    assert [s.step for s in steps_of(draft)] == ["source", "sort", "filter"]
    send("draft-step-remove", numero=2, etat=3)
    assert [s.step for s in steps_of(draft)] == ["source", "filter"]


def test_a_step_is_put_between_two_others(draft, send):
    send(genre="sort", apres=1, rows=1, column_0="reel")
    send(genre="filter", apres=1, rows=1, column_0="reel", op_0=">=", value_0="60")
    assert [s.step for s in steps_of(draft)] == ["source", "filter", "sort"]


def test_counts_come_after_the_page_or_in_it_without_javascript(draft, send, read, at, client):
    send(genre="filter", apres=1, rows=1, column_0="reel", op_0=">=", value_0="60")
    send(genre="group", apres=2, rows=1, by=["site"], measure_0="rows")
    page = read(at())
    assert "8 lignes" not in page and "Compter les lignes de chaque étape" in page
    assert client.get(at("draft-counts")).json() == {
        "steps": {"1": "8\u00a0lignes".replace("\u00a0", " "), "2": "8 → 5 lignes", "3": "5 → 2 lignes"},
        "message": "",
    }
    page = read(at(compter="oui"))
    assert "8 → 5 lignes" in page and "5 → 2 lignes" in page


def test_the_preview_follows_the_step_that_is_looked_at(draft, send, read, at):
    send(genre="group", apres=1, rows=1, by=["site"], measure_0="sum|reel")
    assert len(cells(read(at(etape=1)))) == 8
    assert len(cells(read(at(etape=2)))) == 4
    assert len(cells(read(at(etape="n'importe")))) == 4


def test_the_step_that_leaves_nothing_is_named(draft, send):
    send(genre="filter", apres=1, rows=1, column_0="reel", op_0=">=", value_0="9000")
    page = send(genre="sort", apres=2, rows=1, column_0="reel")
    assert "C'est l'étape 2 qui n'en laisse aucune." in page


def test_an_invalid_step_explains_why_and_later_steps_wait(client, draft, send, at):
    send(genre="derive", apres=1, operation="year", column="date", name="An")
    send(genre="group", apres=2, rows=1, by=["An"], measure_0="rows", name_0="Jours")
    send(genre="sort", apres=3, rows=1, column_0="Jours")
    page = send("draft-step-remove", numero=2)
    assert "Étape 2 « Regrouper » : la colonne « An » n'existe pas, ou plus, à cet endroit." in page
    assert "En attente : une étape avant elle ne peut pas être suivie." in page
    assert len(cells(page)) == 8, "what stands before is still shown"
    assert "Corrigez d'abord l'étape en difficulté" in page_text(client.get(at("draft-save"), follow=True))
    assert len(steps_of(draft)) == 3


def test_a_column_that_left_is_named_when_its_step_is_changed(draft, send, read, at):
    send(genre="derive", apres=1, operation="year", column="date", name="An")
    send(genre="group", apres=2, rows=1, by=["An", "site"], measure_0="rows", name_0="Jours")
    send("draft-step-remove", numero=2)
    assert "L'étape nommait An, qui n'existe plus à cet endroit." in read(at("draft-step", numero=2))
    page = send(numero=2, rows=1, by=["site"], measure_0="rows", name_0="Jours")
    assert ["LE BAC", "3"] in cells(page)


def test_a_column_changed_by_a_delivery_is_reported_at_its_step(town, agent, draft, meals, send, read, at):
    send(genre="group", apres=1, rows=1, by=["site"], measure_0="sum|reel")
    replaced(meals, agent, IN_WORDS)
    page = read(at())
    assert "Cette étape ne peut pas être suivie" in page and "on ne peut pas faire la somme" in page


def test_a_dataset_missing_from_the_catalogue_is_reported_at_its_step(
    town, agent, draft, meals, steward, read, at
):
    catalogue.undo(meals.current, steward)
    page = read(at())
    assert "n'est plus au catalogue" in page and "La première étape ne peut pas être suivie" in page
    assert len(steps_of(draft)) == 1


def test_a_text_that_looks_like_html_or_sql_stays_text(client, draft, at):
    evil = "<script>alert(1)</script>'; DROP TABLE x; --"
    sent = {"genre": "derive", "apres": 1, "operation": "year", "column": "date", "name": evil}
    raw = client.post(at("draft-step"), sent, follow=True).content.decode()
    assert steps_of(draft)[1].name == evil
    assert "<script>alert" not in raw and "&lt;script&gt;alert(1)" in raw and "2025" in raw


# Saving


def test_a_draft_is_seen_then_saved_with_what_a_figure_needs_and_put_on_a_board(
    client, town, agent, draft, send, read, at
):
    send(genre="group", apres=1, rows=1, by=["site"], measure_0="sum|reel", name_0="Repas")
    page = read(at("draft-save"))
    assert 'value="{compte}"' in page and "comme nouvelle version" not in page
    figure = {
        "title": "Repas par site", "kind": "bar", "x": "site", "y": "Repas", "unit": "", "base": "{lignes} lignes du fichier",
        "year_column": "date", "year": "", "source": "Cantines", "place": "new", "board": "__nouveau__",
        "new_board": "La cantine", "action": "save",
    }  # fmt: skip
    page = page_text(client.post(at("draft-save"), figure))
    assert "Un point est à corriger" in page and Draft.objects.count() == 1
    page = page_text(client.post(at("draft-save"), figure | {"unit": "repas", "action": "preview"}))
    assert "Ce qui sera montré" in page and "Compté : 8 lignes du fichier · Année : 2025 à 2026" in page
    page = page_text(client.post(at("draft-save"), figure | {"unit": "repas"}, follow=True))
    assert "est enregistrée, version 1" in page and "Unité : repas" in page
    assert Board.objects.get().figures.get().recipe == StoredRecipe.objects.get()
    assert not Draft.objects.exists()


@pytest.mark.parametrize(("lacking", "words"), [("year_column", "de quelle période"), ("y", "colonne du chiffre"),
                                                ("x", "ce que l'on compare"), ("source", "obligatoire")])  # fmt: skip
def test_a_figure_requires_what_it_lacks(client, draft, send, at, lacking, words):
    send(genre="group", apres=1, rows=1, by=["site"], measure_0="sum|reel", name_0="Repas")
    figure = {"title": "Repas", "kind": "bar", "x": "site", "y": "Repas", "unit": "repas", "base": "tout", "source": "Cantines",
              "year_column": "date", "place": "new", "board": "", "action": "save"}  # fmt: skip
    assert words in page_text(client.post(at("draft-save"), figure | {lacking: ""}))
    assert not StoredRecipe.objects.exists()


def test_an_analysis_taken_up_is_saved_as_its_next_version(client, town, agent, meals):
    saved(town, agent, served_by_site(meals))
    taken = drafts.take_up(StoredRecipe.objects.get(), agent)
    page = page_text(client.get(reverse("draft-save", args=[town.slug, taken.pk])))
    assert "comme nouvelle version de « Repas servis par site »" in page
    figure = {"title": "Repas", "kind": "number", "y": "servis", "unit": "repas", "base": "tout", "source": "Cantines",
              "year": "2025", "place": "version", "board": "", "action": "save"}  # fmt: skip
    page = page_text(client.post(reverse("draft-save", args=[town.slug, taken.pk]), figure))
    assert "attend une seule ligne et en reçoit 4" in page
    page = page_text(
        client.post(
            reverse("draft-save", args=[town.slug, taken.pk]), figure | {"kind": "table"}, follow=True
        )
    )
    assert "Version 2" in page
    assert services.answer(agent, StoredRecipe.objects.get()).figure.kind == "table"


def test_a_board_of_the_public_is_not_offered_to_who_may_not_publish(
    client, town, agent, steward, meals, draft, send, at
):
    saved(town, agent, served_by_site(meals))
    services.save_board(town, steward, "vu", "Vu de tous", "", ["repas"], public=True)
    assert "Vu de tous" not in page_text(client.get(at("draft-save")))
    own_draft = drafts.begin(town, steward, meals)
    assert "Vu de tous" in page_text(
        entered(steward).get(reverse("draft-save", args=[town.slug, own_draft.pk]))
    )

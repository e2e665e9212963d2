"""Two exports brought together by an agent: the right key, honest counts, totals that are not multiplied."""

import html
from urllib.parse import urlsplit

import canteens
import pytest
from canteens import FAMILIES, poured, replaced
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from beffroi.web.catalogue.grants import NotGranted
from beffroi.web.catalogue.models import Dataset
from beffroi.web.studio import join_keys, services
from beffroi.web.studio.models import Board, StoredRecipe

pytestmark = pytest.mark.django_db

WASTE = """Code INSEE;Commune;Date;Flux;Tonnage
01001;Les Saules;05/01/2024;Verre;10
01001;Les Saules;06/02/2024;Papier;30
01002;Le Bac;05/01/2024;Verre;20
01002;Le Bac;06/02/2024;Papier;20
01003;Haÿ-les-Prés;05/01/2024;Verre;6
01004;La Source;05/01/2024;Papier;8
01999;Hors liste;05/01/2024;Papier;5
"""
COMMUNES = """Code commune;Nom;Secteur;Population
01001;LES SAULES;Nord;400
01002;LE BAC;Nord;100
01003;HAY LES PRES;Sud;60
01004;LA SOURCE;Sud;40
01005;LE MOULIN;Sud;500
"""
YEARLY = "Code INSEE;Année;Logements\n" + "".join(
    f"0100{n};{year};{n * 100}\n" for n in (1, 2, 3, 4) for year in (2022, 2023)
)


@pytest.fixture
def waste(town, agent):
    return poured(town, agent, WASTE, "Tonnages.csv").dataset


@pytest.fixture
def communes(town, agent):
    return poured(town, agent, COMMUNES, "Communes.csv").dataset


@pytest.fixture
def client(agent):
    client = Client()
    client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def page(client, town):
    """The page, read as text, for these parameters."""

    def read(**query):
        answer = client.get(reverse("new-analysis", args=[town.slug]), query)
        return html.unescape(answer.content.decode()).replace("\u00a0", " ")

    return read


def typed(answer):
    return html.unescape(answer.content.decode()).replace("\u00a0", " ")


@pytest.fixture
def ask(client, town):
    """Send the question; the page as text, or where one is led."""

    def send(**query):
        answer = client.post(reverse("new-analysis", args=[town.slug]), query)
        return (
            answer.url
            if answer.status_code == 302
            else html.unescape(answer.content.decode()).replace("\u00a0", " ")
        )

    return send


def question(waste, communes, **more):
    return {
        "jeu": waste.slug,
        "avec": communes.slug,
        "cle": "code_insee|code_commune|exact",
        "title": "Tonnes de déchets par habitant",
        "group": "autre:secteur",
        "measure": "sum|tonnage",
        "divisor": "autre:population",
        "unit": "tonnes par habitant",
        "filter_column": "",
        "filter_test": "=",
        "filter_value": "",
        "kind": "bar",
        "first": "10",
        "board": "__nouveau__",
        "new_board": "Nos déchets",
        "action": "preview",
        **more,
    }


def cached_answer(agent):
    return services.answer(agent, StoredRecipe.objects.get())


def test_the_columns_in_common_are_proposed_with_what_they_match(page, waste, communes):
    text = page(jeu=waste.slug, avec=communes.slug, choisir="1")
    assert "« Code INSEE » = « Code commune »" in text
    assert (
        "6 lignes sur 7 trouvent leur partenaire (85,7 %) ; 1 n'en trouve pas, par exemple « 01999 »." in text
    )


@pytest.mark.parametrize("turned", [False, True])
def test_a_sure_match_leads_straight_to_the_question_from_the_side_with_one_partner(
    client, town, waste, communes, turned
):
    first, second = (communes, waste) if turned else (waste, communes)
    query = {"jeu": first.slug, "avec": second.slug}
    answer = client.get(reverse("new-analysis", args=[town.slug]), query, follow=True)
    ((where, _),) = answer.redirect_chain
    assert {f"jeu={waste.slug}", f"avec={communes.slug}"} <= set(where.partition("?")[2].split("&"))
    text = html.unescape(answer.content.decode()).replace("\u00a0", " ")
    assert "rapproché de « Communes » par « Code INSEE » = « Code commune »" in text
    # The first question is answered at once: what the file measures, over its time.
    assert "Compté : 6 lignes sur 7 ; 1 sans « Code INSEE » en commun" in text


def test_names_written_differently_find_each_other(agent, town, waste, communes):
    two = join_keys.DatasetPair(agent, services.steering(town), waste, communes)
    (by_name,) = [m for m in join_keys.propose_matches(two) if m.pair.left == "commune"]
    assert by_name.pair == join_keys.KeyPair("commune", "nom", fold=True)
    assert (by_name.matched, by_name.lost, by_name.examples) == (6, 1, ("Hors liste",))


def test_a_population_is_counted_once_for_each_commune(ask, agent, waste, communes):
    ask(**question(waste, communes, action="save"))
    found = cached_answer(agent).released.table.to_pylist()
    # Nord: 80 tonnes for 500 inhabitants; Sud: 14 for 100.
    assert {row["secteur"]: row["valeur"] for row in found} == pytest.approx({"Nord": 0.16, "Sud": 0.14})


def test_names_spelt_differently_give_the_same(ask, agent, waste, communes):
    ask(**question(waste, communes, action="save", cle="commune|nom|proche"))
    found = cached_answer(agent).released.table.to_pylist()
    assert {row["secteur"]: row["valeur"] for row in found} == pytest.approx({"Nord": 0.16, "Sud": 0.14})


def test_a_column_of_the_first_may_group_a_ratio(ask, agent, waste, communes):
    ask(**question(waste, communes, action="save", group="flux"))
    found = cached_answer(agent).released.table.to_pylist()
    expected = {"Verre": 36 / 560, "Papier": 58 / 540}
    assert {row["flux"]: row["valeur"] for row in found} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({"measure": "sum|autre:population", "divisor": ""}, 600),
        ({"measure": "mean|autre:population", "divisor": ""}, 150),
        ({"measure": "rows", "divisor": ""}, 6),
        ({"measure": "sum|tonnage"}, 94 / 600),
        ({"measure": "sum|tonnage", "filter_column": "autre:secteur", "filter_value": "Sud"}, 0.14),
        ({"measure": "sum|tonnage", "filter_column": "flux", "filter_value": "Verre"}, 36 / 560),
    ],
)
def test_one_number_is_made_of_both(ask, agent, waste, communes, more, value):
    ask(**question(waste, communes, **{"action": "save", "kind": "number", "group": "__tout__", **more}))
    (row,) = cached_answer(agent).released.table.to_pylist()
    assert row["valeur"] == pytest.approx(value)


def test_the_preview_displays_steps_sources_and_matched_rows(ask, waste, communes):
    text = ask(**question(waste, communes))
    assert "Rapprocher de « Communes » là où « Code INSEE » est égal à « Code commune »" in text
    assert "« Tonnages », livraison n° 1 du" in text
    assert "« Communes », livraison n° 1 du" in text
    assert "Compté : 6 lignes sur 7 ; 1 sans « Code INSEE » en commun" in text
    assert not StoredRecipe.objects.exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"filter_column": "flux", "filter_value": "Papier"},
            "3 lignes sur 7 ; 3 que la condition écarte, 1 sans « Code INSEE » en commun",
        ),
        (
            {"filter_column": "autre:secteur", "filter_value": "Sud"},
            "2 lignes sur 7 ; 1 sans « Code INSEE » en commun, 4 que la condition écarte",
        ),
    ],
)
def test_the_base_counts_what_a_condition_leaves(ask, waste, communes, more, message):
    assert message in ask(**question(waste, communes, **more))


def test_unmatched_rows_of_the_second_are_reported_when_they_would_have_counted(ask, waste, communes):
    # Le Moulin has 500 inhabitants, and no collection.
    assert " ; 1 ligne de « Communes » sans partenaire" in ask(**question(waste, communes))
    text = ask(**question(waste, communes, divisor=""))
    assert "6 lignes sur 7" in text and "sans partenaire" not in text


def test_rows_counted_in_several_groups_are_reported_not_to_add_up(ask, waste, communes):
    by_flow = question(waste, communes, measure="sum|autre:population", divisor="", group="flux")
    message = "des lignes de « Communes » comptent dans plusieurs groupes, qui ne s'additionnent donc pas"
    assert message in ask(**by_flow)
    assert message not in ask(**by_flow | {"group": "commune"})


def test_a_ratio_leaves_out_the_rows_where_one_of_its_values_is_missing(ask, agent, town, communes):
    weighed = WASTE.replace("Papier;30", "Papier;")
    waste = poured(town, agent, weighed, "Pesées.csv").dataset
    text = ask(**question(waste, communes))
    assert "5 lignes sur 7 ; 1 sans « Code INSEE » en commun, 1 sans « Tonnage »" in text
    single_number = question(
        waste, communes, avec="", cle="", group="flux", divisor="tonnage", measure="rows", action="save"
    )
    ask(**single_number)
    found = cached_answer(agent)
    rows = {row["flux"]: row["valeur"] for row in found.released.table.to_pylist()}
    assert rows == pytest.approx({"Verre": 3 / 36, "Papier": 3 / 33})
    assert found.figure.base == "6 lignes sur 7 ; 1 sans «\u00a0Tonnage\u00a0»"


def test_groups_that_differ_only_by_spelling_are_named(ask, town, agent):
    weighed = WASTE.replace("06/02/2024;Papier", "06/02/2024;PAPIER").replace("Tonnage", "Tonnage (kg)")
    waste = poured(town, agent, weighed, "Pesées.csv").dataset
    single_number = {
        "avec": "",
        "cle": "",
        "measure": "sum|tonnage_kg",
        "divisor": "",
        "group": "flux",
        "unit": "",
    }
    text = ask(**question(waste, waste, **single_number))
    assert "« PAPIER » et « Papier » sont comptés à part : seule leur écriture diffère." in text
    assert "Unité : kg" in text  # what brackets say comes before what the word « tonnage » does
    assert "sont comptés à part" not in ask(**question(waste, waste, **single_number | {"group": "commune"}))


def test_intermediate_columns_are_described_in_words(ask, client, waste, communes):
    draft = ask(**question(waste, communes, action="steps"))
    explanation = html.unescape(client.get(draft).content.decode()).replace("\u00a0", " ")
    assert "diviseur de chaque ligne rapprochée" in explanation
    assert "« diviseur_ligne »" not in explanation
    page = html.unescape(client.get(f"{draft}enregistrer/").content.decode()).replace("\u00a0", " ")
    assert "« {compte_unique} » est remplacé par les lignes comptées" in page


def test_the_answer_is_saved_on_a_board(ask, client, waste, communes):
    where = ask(**question(waste, communes, action="save"))
    assert Board.objects.get().title == "Nos déchets"
    assert "Tonnes de déchets par habitant" in client.get(where).content.decode()


def test_several_partners_are_refused_before_anything_runs(page, ask, waste, communes, town, agent):
    yearly = poured(town, agent, YEARLY, "Logements par an.csv").dataset
    text = page(jeu=waste.slug, avec=yearly.slug)
    assert "Des lignes compteraient plusieurs fois" in text
    assert "C'est vrai dans les deux sens" in text
    text = ask(
        **question(waste, yearly, cle="code_insee|code_insee|exact", action="save", group="flux", divisor="")
    )
    assert "Rien n'est rapproché ainsi" in text
    assert not StoredRecipe.objects.exists()


MONTHS = "Site;Mois;{}\n" + "".join(f"Site {n};{m:02}/2025;{n * m}\n" for n in (1, 2, 3) for m in (1, 2, 3))


@pytest.fixture
def monthly(town, agent):
    return [
        poured(town, agent, MONTHS.replace("{}", title), f"{title}.csv").dataset
        for title in ("Repas", "Restes")
    ]


def test_two_monthly_files_are_joined_by_the_site_and_the_month_together(
    page, ask, client, town, agent, monthly
):
    meals, waste = monthly
    led = client.get(reverse("new-analysis", args=[town.slug]), {"jeu": meals.slug, "avec": waste.slug})
    pair = join_keys.KeyPair.read(QueryDict(urlsplit(led.url).query)["cle"])
    assert set(pair.columns) == {("site", "site"), ("mois", "mois")}
    text = ask(
        **question(
            meals,
            waste,
            cle=pair.text,
            title="Restes pour 100 repas",
            measure="sum|repas",
            group="site",
            divisor="autre:restes",
            unit="repas par reste",
            action="save",
            kind="table",
        )
    )
    rows = {row["site"]: row["valeur"] for row in cached_answer(agent).released.table.to_pylist()}
    assert rows == {"Site 1": 1, "Site 2": 1, "Site 3": 1}, text
    chosen = page(jeu=meals.slug, avec=waste.slug, choisir="1")
    assert "« Site » = « Site » et « Mois » = « Mois »" in chosen
    assert "9 lignes sur 9 trouvent leur partenaire (100 %)" in chosen


def test_a_key_of_three_columns_is_found_and_one_that_would_still_give_several_partners_is_not(town, agent):
    header = "Site;Année;Mois;{}\n"
    rows = [(s, y, m) for s in ("Nord", "Sud") for y in (2023, 2024) for m in (1, 2, 3)]
    text = header + "".join(f"{s};{y};{m};{y * m}\n" for s, y, m in rows)
    meals = poured(town, agent, text.replace("{}", "Repas"), "Repas du mois.csv").dataset
    staff = poured(town, agent, text.replace("{}", "Agents"), "Effectifs du mois.csv").dataset
    two = join_keys.DatasetPair(agent, services.steering(town), meals, staff)
    (best, *_) = join_keys.propose_matches(two)
    assert best.sound and set(best.pair.lefts) == {"site", "annee", "mois"}
    doubled = poured(
        town, agent, text.replace("{}", "Agents") + text.partition("\n")[2], "Doubles.csv"
    ).dataset
    found = join_keys.propose_matches(join_keys.DatasetPair(agent, services.steering(town), doubled, doubled))
    assert not any(match.one_sided for match in found)


def test_values_without_partner_of_a_key_of_two_columns_are_named_together(town, agent, monthly):
    fewer = MONTHS.replace("{}", "Eau").replace("Site 2;03/2025;6\n", "")
    water = poured(town, agent, fewer, "Eau.csv").dataset
    two = join_keys.DatasetPair(agent, services.steering(town), monthly[0], water)
    (best, *_) = join_keys.propose_matches(two)
    assert best.lost == 1 and best.examples[0].startswith("Site 2, ")


def test_a_pair_written_in_an_address_is_read_again_and_a_hostile_one_is_not():
    pair = join_keys.KeyPair("site", "lieu", True, (("mois", "month"),))
    assert join_keys.KeyPair.read(pair.text) == pair
    assert join_keys.KeyPair.read(pair.turned.text).columns == (("lieu", "site"), ("month", "mois"))
    for text in (
        "a|b",
        "a|b|exact|c",
        "a|b|exact||d",
        "a|b|exact|a|d",
        "a|b|exact|c|b",
        "|".join(["a", "b", "exact", *"cdefgh"]),
    ):
        assert join_keys.KeyPair.read(text) is None, text


def test_the_only_unique_column_is_read_among_many_that_have_the_same_headers(town, agent):
    names = ["Objet", *(f"Rubrique {sign}" for sign in "ABCDEFGHIJKLMNOP")]
    rows = [[str(row + 1), *(f"Valeur {row % (n + 5)}" for n in range(16))] for row in range(30)]
    text = "\n".join(";".join(cells) for cells in [names, *rows])
    plans, places = (poured(town, agent, text, f"{title}.csv").dataset for title in ("Plans", "Lieux"))
    (best, *_) = join_keys.propose_matches(
        join_keys.DatasetPair(agent, services.steering(town), plans, places)
    )
    assert (best.pair.columns, best.sound) == ((("objet", "objet"),), True)


def test_rows_of_which_nothing_else_tells_are_counted_by_what_the_second_file_names(page, town, agent):
    stops = "stop_id;stop_name;lat\n" + "".join(f"ST{n:04};Arrêt {n % 3};{47 + n / 100}\n" for n in range(30))
    times = "stop_id;passage\n" + "".join(f"ST{n % 30:04};{7 + n % 12}:{n % 60:02}:00\n" for n in range(240))
    passed = poured(town, agent, times, "Passages.csv").dataset
    named = poured(town, agent, stops, "Arrêts.csv").dataset
    text = page(jeu=passed.slug, avec=named.slug, cle="stop_id|stop_id|exact")
    assert "Nombre de lignes par stop name" in text


def test_rows_are_first_counted_by_a_name_rather_than_by_the_code_that_stands_before_it(page, town, agent):
    rows = "".join(f"{34000 + n % 2};{n % 7};Quartier {'ABCDEFG'[n % 7]};{n}\n" for n in range(70))
    buildings = poured(town, agent, f"CODCOMM;CDSECT;LIBQUART;Bâtiment\n{rows}", "Bâtiments.csv").dataset
    assert "Nombre de lignes par LIBQUART" in page(jeu=buildings.slug)


def test_two_monthly_files_may_be_joined_by_hand_step_by_step(client, town, monthly):
    meals, waste = monthly
    query = {"jeu": meals.slug, "avec": waste.slug}
    answer = client.post(reverse("drafts", args=[town.slug]), query, follow=True)
    form = answer.context["form"]
    assert form.other == waste
    assert {"left_0", "right_0", "left_1", "right_1"} <= set(form.fields)
    assert "« Site » = « Site » et « Mois » = « Mois »" in typed(answer)
    draft = answer.request["PATH_INFO"]
    both = {"left_0": "site", "right_0": "site", "left_1": "mois", "right_1": "mois"}
    joined = both | {"genre": "join", "apres": "1", "avec": waste.slug, "rows": "2", "pair": "main",
                     "keep": "all", "bring": ["restes"]}  # fmt: skip
    assert "Étape « Rapprocher » ajoutée" in typed(client.post(draft, joined, follow=True))


def test_two_monthly_files_may_be_joined_by_the_pair_proposed_step_by_step(client, town, monthly):
    meals, waste = monthly
    query = {"jeu": meals.slug, "avec": waste.slug}
    answer = client.post(reverse("drafts", args=[town.slug]), query, follow=True)
    pair = answer.context["form"]["pair"].value()
    assert len(join_keys.KeyPair.read(pair).columns) == 2
    joined = {
        "genre": "join",
        "apres": "1",
        "avec": waste.slug,
        "pair": pair,
        "keep": "all",
        "bring": ["restes"],
    }
    page_text = typed(client.post(answer.request["PATH_INFO"], joined, follow=True))
    assert "Étape « Rapprocher » ajoutée" in page_text and "9 lignes sur 9" in page_text


def test_the_side_with_one_partner_is_proposed_when_the_other_has_several(page, waste, communes):
    text = page(jeu=communes.slug, avec=waste.slug, choisir="1")
    assert "Partir de « Tonnages »" in text
    assert "2 lignes s'ajouteraient" in text


def test_a_new_delivery_with_doubles_shows_no_larger_total(ask, agent, waste, communes):
    ask(**question(waste, communes, action="save"))
    cached_answer(agent)
    replaced(communes, agent, COMMUNES + "01001;LES SAULES;Nord;410\n", "Communes bis.csv")
    found = cached_answer(agent)
    assert "plusieurs partenaires" in (found.failure or "")
    assert max(found.released.table["valeur"].to_pylist()) == pytest.approx(0.16)


def test_without_common_columns_the_page_explains_what_to_do(page, town, agent, waste):
    other = poured(town, agent, "Salle;Réservations\nPivoine;3\nGlycine;5\nMuguet;8\n", "Salles.csv").dataset
    text = page(jeu=waste.slug, avec=other.slug)
    assert "Aucune colonne commune n'a été trouvée" in text
    assert "Choisir moi-même les deux colonnes" in text


def test_two_columns_may_be_chosen_by_hand(page, waste, communes):
    text = page(jeu=waste.slug, avec=communes.slug, gauche="commune", droite="nom", proche="oui")
    assert "6 lignes sur 7" in text and "Mettre sur le tableau" in text


def test_going_back_to_the_match_loses_nothing(ask, client, waste, communes):
    where = ask(**question(waste, communes, action="match"))
    text = html.unescape(client.get(where).content.decode())
    assert "Rapprocher ainsi" in text
    assert 'name="title" value="Tonnes de déchets par habitant"' in text
    again = where.replace("choisir=1", "cle=code_insee|code_commune|exact")
    text = html.unescape(client.get(again).content.decode())
    assert 'value="Tonnes de déchets par habitant"' in text
    assert '<option value="autre:secteur" selected>' in text


def test_a_dataset_is_not_joined_to_itself(page, waste):
    assert "Choisissez deux jeux différents" in page(jeu=waste.slug, avec=waste.slug)


def test_a_personal_second_dataset_is_neither_offered_nor_read(page, ask, town, agent, waste):
    poured(town, agent, FAMILIES, "Familles.csv")
    people = Dataset.objects.get(slug="familles")
    assert "Familles" not in page(jeu=waste.slug)
    text = page(jeu=waste.slug, avec=people.slug)
    assert "il porte sur des personnes" in text
    assert "Familles" not in text
    text = ask(**question(waste, people, cle="commune|nom|exact", action="save"))
    assert "il porte sur des personnes" in text
    assert not StoredRecipe.objects.exists()


def test_a_saved_analysis_of_a_dataset_that_became_personal_is_refused(ask, agent, waste, communes):
    ask(**question(waste, communes, action="save"))
    Dataset.objects.filter(pk=communes.pk).update(sensitivity=Dataset.Sensitivity.PERSONAL)
    with pytest.raises(NotGranted, match="données personnelles"):
        cached_answer(agent)


def test_a_division_requires_a_total(ask, waste, communes):
    assert "On divise un total" in ask(**question(waste, communes, measure="mean|tonnage"))


def test_a_base_written_before_reads_as_it_would_today(town, agent, ask, waste, communes):
    ask(**question(waste, communes, action="save"))
    stored = StoredRecipe.objects.get()
    stored.definition["figure"]["base"] = (
        "{trouvees} lignes sur {avant} de « Tonnages » ont trouvé leur partenaire dans « Communes » ; {perdues} n'en "
        "ont pas et ne comptent pas{seules:Communes} ; parmi elles, comptent les {lignes} lignes"
    )
    services.save_recipe(town, agent, stored.slug, stored.definition, stored.processing)
    base = cached_answer(agent).figure.base.replace("\u00a0", " ")
    assert (
        base == "6 lignes sur 7 ; 1 sans « Code INSEE » en commun ; 1 ligne de « Communes » sans partenaire"
    )


MEALS = """Secteur;Servis (repas);Prévus (repas);Agents (heures)
Nord;58;60;7
Nord;39;40;7
Sud;55;50;7
Sud;;20;7
"""


@pytest.mark.parametrize(
    ("more", "values", "unit"),
    [
        ({"compare": "difference", "measure": "sum|servis_repas"}, {"Nord": -3, "Sud": 5}, "repas"),
        ({"compare": "difference", "measure": "mean|servis_repas"}, {"Nord": -1.5, "Sud": 5}, "repas"),
        ({"compare": "ratio", "measure": "sum|servis_repas"}, {"Nord": 97, "Sud": 110}, "%"),
        (
            {"compare": "ratio", "measure": "sum|servis_repas", "divisor": "agents_heures"},
            {"Nord": 97 / 14, "Sud": 55 / 7},
            "repas par heure",
        ),
    ],
)
def test_two_measures_are_compared_where_both_are_known(ask, town, agent, more, values, unit):
    """Nobody said which is the other measure: the one that is counted in the same unit."""
    meals = poured(town, agent, MEALS, "Repas.csv").dataset
    alone = {
        "avec": "",
        "cle": "",
        "group": "secteur",
        "divisor": "",
        "unit": "",
        "title": "",
        "kind": "auto",
    }
    ask(**question(meals, meals, **alone | {"action": "save"} | more))
    found = cached_answer(agent)
    rows = {row["secteur"]: row["valeur"] for row in found.released.table.to_pylist()}
    assert rows == pytest.approx(values)
    assert (found.figure.unit, found.figure.kind) == (unit, "bar")
    assert found.figure.base == "3 lignes sur 4 ; 1 sans «\u00a0Servis (repas)\u00a0»"


def test_several_conditions_hold_together(ask, agent, waste, communes):
    two = {"filter_column": "flux", "filter_value": "Verre"}
    two |= {"filter_column_2": "autre:secteur", "filter_test_2": "=", "filter_value_2": "Nord"}
    ask(**question(waste, communes, action="save", group="__tout__", kind="number", divisor="", **two))
    found = cached_answer(agent)
    assert found.released.table.to_pylist() == [{"valeur": 30}]
    assert "5 que la condition écarte" in found.figure.base  # four are paper, one is glass of the south


def test_what_means_nothing_is_not_offered(page, town, agent):
    lines = "".join(
        f"{n};{2020 + n % 3};{44000 + n};{n / 7:.2f};{n * 3}\n".replace(".", ",") for n in range(1, 40)
    )
    text = "Numéro;Année;Code postal;Taux de présence;Repas\n" + lines
    meals = poured(town, agent, text, "Repas.csv").dataset
    offered = page(jeu=meals.slug)
    for wrong in ("Année", "Numéro", "Code postal", "Taux de présence"):
        assert f"Somme de « {wrong} »" not in offered
    assert "Somme de « Repas »" in offered and "Moyenne de « Taux de présence »" in offered
    assert "Moyenne de « Année »" not in offered


def test_the_parts_of_two_dates_are_told_apart_by_their_dataset(ask, town, agent, waste):
    opened = COMMUNES.replace("Population", "Population;Ouverte le").replace("00\n", "00;01/02/2020\n")
    communes = poured(
        town,
        agent,
        opened.replace("60\n", "60;03/04/2021\n").replace("40\n", "40;05/06/2022\n"),
        "Communes.csv",
    ).dataset
    html_ = ask(**question(waste, communes))
    assert ">Mois (Tonnages)<" in html_ and ">Mois (Communes)<" in html_ and ">Mois<" not in html_


def test_another_file_is_offered_where_its_values_meet_and_not_for_its_header(page, town, agent):
    meals = poured(town, agent, canteens.MEALS, "Repas.csv").dataset
    poured(town, agent, canteens.SCHOOLS, "Écoles.csv")
    trees = "SITE;Arbre\n" + "".join(f"{n};Platane {n}\n" for n in range(200, 231))
    poured(town, agent, trees, "Arbres.csv")
    text = page(jeu=meals.slug)
    assert "Écoles, par « Site »" in text
    assert "Arbres, par" not in text


def test_choosing_the_columns_oneself_is_open_beside_the_warning(page, town, agent, waste):
    monthly = poured(town, agent, YEARLY, "Logements.csv").dataset
    text = page(jeu=waste.slug, avec=monthly.slug, choisir="1")
    warning, chosen = (
        text.index("Des lignes compteraient plusieurs fois"),
        text.index("<details open><summary>Choisir moi-même"),
    )
    assert warning < chosen < text.index("Comparer plusieurs colonnes à la fois")


def test_a_division_says_what_one_may_divide_by(ask, town, agent, waste, communes):
    text = "Site;Repas (nombre);Prévus (nombre);Agents (heures)\nA;5;6;7\nB;8;9;1\n"
    meals = poured(town, agent, text, "Divisions.csv").dataset
    alone = {"avec": "", "cle": "", "group": "site", "unit": "", "board": "", "new_board": ""}
    proposed = ask(**question(meals, meals, **alone, measure="rows", compare="ratio", divisor=""))
    assert "Proposée parmi 3" in proposed
    single = "Site;Repas (nombre)\nA;5\nB;8\n"
    only = poured(town, agent, single, "Seuls.csv").dataset
    refused = ask(**question(only, only, **alone, measure="sum|repas_nombre", compare="ratio", divisor=""))
    assert "Rien à diviser : ce jeu n'a pas d'autre nombre." in refused

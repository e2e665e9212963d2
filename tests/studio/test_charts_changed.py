"""Charts proposed of a file and kept, changed on a page with undo, and not published while they lack their words."""

import html
import re
from datetime import timedelta

import pytest
from canteens import FAMILIES, MEALS, poured, saved, served_by_site
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.studio import public, services, sharing
from beffroi.web.studio.answers import StudioError
from beffroi.web.studio.columns import FILE_UNIT
from beffroi.web.studio.editing import drafts
from beffroi.web.studio.models import Board, BoardLink, Draft, StoredRecipe
from beffroi.web.studio.proposing import proposals
from places import a_person, strongly

pytestmark = pytest.mark.django_db
ROLLS = "Site;Places\nLES SAULES;150\nLE BAC;80\nLE MOULIN;60\n"


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS.replace("Réel", "Repas servis")).dataset


def client_of(person):
    client = Client()
    strongly(client, person)
    return client


def text_of(response):
    page = html.unescape(response.content.decode()).replace("\u00a0", " ")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def in_a_month():
    return timezone.localdate() + timedelta(days=30)


# Proposed


def test_a_file_just_poured_proposes_charts_and_one_is_saved_in_one_act(town, agent, meals):
    client = client_of(agent)
    page = client.get(reverse("dataset", args=[town.slug, meals.slug]), {"verse": "1"})
    assert "Ce que ces données montrent" in text_of(page)
    assert text_of(page).count("Garder ce graphique") == 3
    assert "Garder et partager" not in text_of(page)  # an agent does not publish
    first = proposals.proposals(agent, meals)[0]
    answer = client.post(
        reverse("proposal-keep", args=[town.slug, meals.slug]), {"graphique": first.key}, follow=True
    )
    assert "Le graphique est gardé sur le tableau" in text_of(answer)
    again = client.post(reverse("proposal-keep", args=[town.slug, meals.slug]), {"graphique": first.key})
    assert again.status_code == 302
    assert Board.objects.get().figures.count() == StoredRecipe.objects.count() == 1


def test_what_is_proposed_can_be_published_as_it_is(town, agent, meals):
    for one in proposals.proposals(agent, meals):
        assert one.view.unit in ("repas", "lignes")
        assert one.view.year == "2025 à 2026"


def test_an_undated_file_displays_its_delivery_day(town, agent):
    rolls = poured(town, agent, ROLLS, "Places.csv").dataset
    assert all(one.view.year.startswith("état au ") for one in proposals.proposals(agent, rolls))


def test_nothing_is_proposed_of_personal_data_nor_to_who_only_reads(town, agent, meals):
    families = poured(town, agent, FAMILIES, "Familles.csv").dataset
    assert proposals.proposals(agent, families) == []
    auditor = client_of(a_person(town, "auditor"))
    page = auditor.get(reverse("dataset", args=[town.slug, meals.slug]), {"graphiques": "1"})
    assert "Garder ce graphique" not in text_of(page)
    answer = auditor.post(reverse("proposal-keep", args=[town.slug, meals.slug]), {"graphique": "x"})
    assert answer.status_code == 404


def test_a_proposal_that_is_no_more_changes_nothing(town, agent, meals):
    with pytest.raises(StudioError, match="n'est plus proposé"):
        proposals.keep(agent, meals, "autre-chose")
    assert not Board.objects.exists()


# Changed


@pytest.fixture
def draft(town, agent):
    dataset = poured(town, agent, MEALS).dataset
    return drafts.take_up(saved(town, agent, served_by_site(dataset)), agent)


def sent(draft, **more):
    return {
        "title": "Repas", "kind": "bar", "displayed_kind": "bar", "x": "site", "y": "servis", "unit": "repas", "base": "tout",
        "source": "Cantines", "year": "2025", "place": "version", "board": "", "action": "preview", **more,
    }  # fmt: skip


def at(draft, page="draft-save"):
    return reverse(page, args=[draft.territory.slug, draft.pk])


def test_the_page_explains_which_kind_suits_and_why_others_do_not(agent, draft):
    page = text_of(client_of(agent).get(at(draft)))
    assert "Proposé : barres. « Site » a 4 valeurs à comparer" in page
    assert "Nuage de points : il faut deux colonnes de nombres" in page
    assert "Courbe : il faut une colonne de dates" in page


def test_a_change_is_seen_undone_redone_and_saved_as_a_version(town, agent, draft):
    client = client_of(agent)
    look = {
        "direction": "standing",
        "sort": "name",
        "reference": "100",
        "reference_name": "Objectif",
        "decimals": "1",
    }
    page = client.post(at(draft), sent(draft, **look))
    assert "Objectif : 100" in html.unescape(page.content.decode()).replace("\u00a0", " ")
    figure = drafts.current_recipe(Draft.objects.get()).figure
    assert (figure.look.sort, figure.look.decimals, figure.look.reference.value) == ("name", 1, 100)
    undone = client.post(at(draft, "draft-undo"), {"vers": "figure"}, follow=True)
    assert undone.redirect_chain[-1][0] == at(draft)
    assert drafts.current_recipe(Draft.objects.get()).figure.look.sort == "data"
    client.post(at(draft, "draft-redo"), {"vers": "figure"})
    client.post(at(draft), sent(draft, **look, action="save"))
    stored = StoredRecipe.objects.get()
    assert stored.version == 2
    assert stored.definition["figure"]["look"]["direction"] == "standing"
    assert not Draft.objects.exists()


def test_a_kind_newly_chosen_takes_the_columns_that_suit_it(agent, town, meals):
    one = drafts.begin(town, agent, meals)
    data = sent(one, kind="histogram", displayed_kind="bar", x="", y="", place="new")
    page = client_of(agent).post(at(one), data)
    # Eight rows are too few for classes: the kind says so, and what was said is kept.
    assert "Choisissez ce que l'on compare" in text_of(page)
    page = client_of(agent).post(
        at(one), sent(one, kind="scatter", displayed_kind="bar", x="", y="", place="new")
    )
    found = drafts.current_recipe(Draft.objects.get(pk=one.pk)).figure.encodings
    assert (found.x, found.y, found.series) == ("prevision", "repas_servis", "site")
    assert "Ce qui sera montré" in text_of(page)


def test_a_large_number_is_compared_to_a_target(agent, town, meals):
    one = drafts.begin(town, agent, meals)
    compared = {"compare": "target", "compare_value": "300,5", "compare_name": "l'objectif", "better": "down"}
    page = client_of(agent).post(
        at(one),
        sent(
            one, kind="number", displayed_kind="number", x="date", y="repas_servis", place="new", **compared
        ),
    )
    assert "sous l'objectif" in text_of(page)
    assert "C'est mieux." in text_of(page)


def test_a_comparison_requires_its_target(agent, town, meals):
    one = drafts.begin(town, agent, meals)
    data = sent(
        one, kind="number", displayed_kind="number", x="date", y="repas_servis", place="new", compare="target"
    )
    assert "Donnez l'objectif" in text_of(client_of(agent).post(at(one), data))


def test_the_analysis_links_to_the_requested_field_of_its_chart(town, agent, draft):
    client = client_of(agent)
    page = client.get(reverse("recipe", args=[town.slug, "repas"]))
    assert "Changer le graphique" in text_of(page)
    took = client.post(
        reverse("recipe-take-up", args=[town.slug, "repas"]), {"vers": "figure", "champ": "unit"}
    )
    assert took["Location"].endswith("/enregistrer/#id_unit")


# Published


@pytest.fixture
def unsaid(town, agent):
    dataset = poured(town, agent, MEALS).dataset
    saved(town, agent, served_by_site(dataset, unit="unité du fichier", year="non datée"))
    return services.save_board(town, agent, "cantine", "La cantine", "", ["repas"])


def test_a_figure_without_unit_or_year_is_not_shared_and_lists_what_it_lacks(town, steward, unsaid):
    with pytest.raises(StudioError, match=r"à « Repas servis par site », une unité et une année"):
        sharing.create_link(unsaid, steward, in_a_month(), "bureau")
    page = client_of(steward).get(reverse("board-share", args=[town.slug, "cantine"]))
    assert "une unité et une année" in text_of(page)
    assert 'name="champ" value="unit"' in page.content.decode()
    assert not BoardLink.objects.exists()


def test_one_figure_that_lacks_something_stays_inside_and_the_others_leave(town, agent, steward, unsaid):
    dataset = poured(town, agent, MEALS, "Autres.csv").dataset
    saved(town, agent, served_by_site(dataset), slug="bien")
    services.add_to_board(unsaid, agent, StoredRecipe.objects.get(slug="bien"))
    link, _ = sharing.create_link(unsaid, steward, in_a_month(), "bureau")
    views, answer = sharing.link_figures(link, lambda rank: "")
    assert (len(views), answer) == (1, 1)
    assert sharing.link_drawing(link, 1) is None
    assert sharing.link_drawing(link, 2) is not None


def test_the_public_does_not_see_it_and_its_board_warns_members(town, agent, steward, unsaid):
    services.save_board(town, steward, "cantine", "La cantine", "", ["repas"], public=True)
    board = Board.objects.get()
    assert public.figures(board) == []
    assert public.drawing(board, 1) is None
    page = text_of(client_of(agent).get(reverse("board", args=[town.slug, "cantine"])))
    assert "Ce qui n'est pas montré au public" in page
    assert "une unité et une année" in page


def test_a_chart_saved_without_a_unit_asks_for_it_and_never_loses_the_one_given(town, agent):
    desk = poured(town, agent, MEALS, "Guichet.csv").dataset
    client, address = client_of(agent), reverse("proposal-keep", args=[town.slug, desk.slug])
    found = next(one for one in proposals.proposals(agent, desk) if one.view.unit == FILE_UNIT)

    def saved(unit):
        return text_of(client.post(address, {"graphique": found.key, "unite": unit}, follow=True))

    def units():
        return [stored.definition["figure"]["unit"] for stored in StoredRecipe.objects.all()]

    assert "Il n'a pas d'unité" in saved(" ") and units() == [FILE_UNIT]
    assert "Il n'a pas d'unité" not in saved("personnes") and units() == ["personnes"]
    assert "Il n'a pas d'unité" not in saved("") and units() == ["personnes"]

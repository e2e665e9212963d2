"""An analysis taken up in another territory: its text goes by the hand of a person, nothing else of the first is read."""

import pytest
from canteens import MEALS, poured, saved, served_by_site
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from beffroi.web.studio import services
from beffroi.web.studio.editing import drafts
from beffroi.web.studio.models import Draft
from places import a_person, a_territory, elsewhere, strongly

pytestmark = pytest.mark.django_db
# The same register, from another supplier.
OTHERS = MEALS.replace("Site;Date;Prévision;Réel", "Restaurant;Jour;Prévision;Servis")


def signed_in(person):
    return strongly(Client(), person)


@pytest.fixture
def text(town, agent):
    dataset = poured(town, agent, MEALS).dataset
    saved(town, agent, served_by_site(dataset))
    answer = signed_in(agent).get(reverse("recipe-yaml", args=[town.slug, "repas"]))
    return answer.content.decode()


@pytest.fixture
def other(db):
    return a_territory("Brumelande", code="99T02")


@pytest.fixture
def colleague(other):
    return a_person(other, "agent", email="la-bas@example.org")


def page(place):
    return reverse("recipe-import", args=[place.slug])


def test_the_text_states_its_origin_and_contains_no_data(town, text):
    assert text.startswith("# « Repas servis par site », version 1 du ")
    assert text.splitlines()[0].endswith(town.name)
    assert "LES SAULES" not in text


def test_the_same_data_in_another_territory_open_a_draft_at_once(text, other, colleague):
    with elsewhere(other):
        poured(other, colleague, MEALS)
    client = signed_in(colleague)
    page_text = client.post(page(other), {"text": text}).content.decode().replace("\xa0", " ")
    assert "À la place de « cantines »" in page_text
    assert '<option value="cantines" selected>' in page_text
    answer = client.post(
        page(other), {"stage": "match", "text": text, "origin": "Là-bas", "jeu-cantine": "cantines"}
    )
    with elsewhere(other):
        draft = Draft.objects.get()
        assert answer.url == reverse("draft", args=[other.slug, draft.pk])
        recipe = drafts.current_recipe(draft)
        stored = drafts.save(draft, colleague, recipe, in_place=False)
        assert stored.origin == "Là-bas"
        assert services.answer(colleague, stored).released.table.num_rows == 4
    page_text = client.get(reverse("recipe", args=[other.slug, stored.slug])).content.decode()
    assert "Reprise de" in page_text
    assert "Là-bas" in page_text


def test_columns_of_other_names_are_named_and_chosen(text, other, colleague):
    with elsewhere(other):
        poured(other, colleague, OTHERS, "Restaurants.csv")
    client = signed_in(colleague)
    data = {"stage": "match", "text": text, "origin": "", "jeu-cantine": "restaurants"}
    page_text = client.post(page(other), data).content.decode().replace("\xa0", " ")
    assert "À la place de la colonne « reel »" in page_text
    assert "À la place de la colonne « site »" in page_text
    client.post(page(other), data | {"colonne-0": "servis", "colonne-1": "restaurant"})
    with elsewhere(other):
        draft = Draft.objects.get()
        recipe = drafts.current_recipe(draft)
        assert recipe.figure.encodings.x == "restaurant"
        stored = drafts.save(draft, colleague, recipe, in_place=False)
        rows = services.answer(colleague, stored).released.table.to_pylist()
        assert rows[0]["restaurant"] == "LES SAULES"


@pytest.mark.parametrize("bad", ["", "# rien\n", "version: 1\ntitle: T\n", "[" * 500, "version: 9\n"])
def test_a_text_that_is_no_recipe_is_refused_and_remains_in_the_form(other, colleague, bad):
    answer = signed_in(colleague).post(page(other), {"text": bad})
    assert answer.status_code == 422


def test_the_page_warns_that_a_refused_file_is_not_stored(other, colleague):
    client = signed_in(colleague)
    page_text = client.post(
        page(other), {"file": SimpleUploadedFile("r.yaml", b"version: 9\n")}
    ).content.decode()
    assert "Le fichier, lui, n'est pas conservé" in page_text
    page_text = client.post(page(other), {"text": "version: 9\n"}).content.decode()
    assert "Ce que vous avez saisi est conservé." in page_text
    assert "n'est pas conservé" not in page_text


def test_a_dataset_that_is_not_offered_is_refused(text, other, colleague):
    client = signed_in(colleague)
    data = {"stage": "match", "text": text, "origin": "", "jeu-cantine": "cantines"}
    assert client.post(page(other), data).status_code == 422
    with elsewhere(other):
        assert not Draft.objects.exists()


def test_an_auditor_takes_nothing_in(other):
    auditor = a_person(other, "auditor", email="a@example.org")
    assert signed_in(auditor).get(page(other)).status_code == 404

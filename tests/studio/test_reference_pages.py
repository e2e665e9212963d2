"""« Compléter par commune » on the editor's pages: rows that find their commune are counted before the step is added."""

import html
import re

import pytest
from canteens import poured
from django.test import Client
from django.urls import reverse
from test_reference_answers import GRANTS
from untouched import assert_untouched_is_unchanged

from beffroi.lake.reference import reference
from beffroi.recipes.model import Recipe
from beffroi.web.studio.editing import drafts
from reference_data import require_reference

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _reference():
    require_reference()


@pytest.fixture
def subsidies(town, agent):
    return poured(town, agent, GRANTS, "Subventions.csv").dataset


@pytest.fixture
def draft(town, agent, subsidies):
    return drafts.begin(town, agent, subsidies)


@pytest.fixture
def page(agent, town, draft):
    """The form, or what follows once it is posted."""
    client = Client()
    client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = reverse("draft-step", args=[town.slug, draft.pk])

    def submit(**posted):
        data = {"genre": "reference", "apres": 1, **posted}
        answer = client.post(address, data, follow=True) if posted else client.get(address, data)
        assert answer.status_code == 200
        return html.unescape(answer.content.decode()).replace("\u00a0", " ")

    return submit


def cells(text):
    table = text.split('aria-label="Premières lignes"')[1].split("</table>")[0]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", table)[1:]]


def last(draft):
    draft.refresh_from_db()
    return drafts.current_recipe(draft).steps[-1]


def test_the_form_proposes_the_column_of_codes_and_cites_its_source(page):
    text = page()
    assert re.search(r'<option value="code_insee" selected>', text)
    assert 'value="population"' in text and "ce n'est pas le code postal" in text
    assert f"Source : {reference()}." in text
    assert '<option value="montant"' not in text


def test_codes_read_as_numbers_go_through_the_other_step(town, agent):
    numbers = poured(town, agent, "Ville;Lieu\nA;1001\nB;75056\nC;\n", "Villes.csv").dataset
    begun = drafts.begin(town, agent, numbers)
    client = Client()
    client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = reverse("draft-step", args=[town.slug, begun.pk])
    assert (
        '<option value="lieu"' not in client.get(address, {"genre": "reference", "apres": 1}).content.decode()
    )
    client.post(address, {"genre": "place", "apres": 1, "column": "lieu", "by": "code"})
    form = client.get(address, {"genre": "reference", "apres": 2}).content.decode()
    assert '<option value="code_commune" selected>' in form
    sent = {"genre": "reference", "apres": 2, "column": "code_commune", "bring": ["commune_name"]}
    after = html.unescape(client.post(address, sent, follow=True).content.decode())
    assert [row[-1] for row in cells(after)] == ["L'Abergement-Clémenciat", "Paris", "–"]


def test_rows_are_counted_then_completed(page, draft):
    text = page(column="code_insee", bring=["epci_name", "region_code"])
    assert "4 lignes sur 5 trouvent leur commune ; 1 ne la trouve pas, dont 1 sans code." in text
    assert [row[-2:] for row in cells(text)] == [
        ["Nantes Métropole", "52"],
        ["Métropole du Grand Paris", "11"],
        ["–", "53"],
        ["–", "–"],
        ["CA du Pays Ajaccien", "94"],
    ]
    assert [row[0] for row in cells(text)] == ["Fanfare", "Aviron", "Rugby", "Chorale", "Judo"]
    assert "Apporter du découpage administratif, selon le code INSEE de « Code INSEE »" in text


def test_a_name_that_is_taken_gets_a_number(page, draft):
    page(column="code_insee", bring=["population", "commune_name"])
    assert last(draft).added == {"population": "population 2", "commune_name": "nom_commune"}
    assert last(draft).names == {"population": "population 2"}


def test_a_column_without_any_commune_is_refused(page, draft):
    text = page(column="association", bring=["epci_name"])
    assert "0 ligne sur 5 trouve sa commune ; 5 ne la trouvent pas." in text
    assert "Choisissez la colonne des codes INSEE des communes." in text
    assert len(drafts.current_recipe(draft).steps) == 1
    assert "Ce champ est obligatoire" in page(column="code_insee")


def test_a_form_that_is_sent_as_it_opened_leaves_its_step(town, agent, subsidies):
    step = {"step": "reference", "column": "code_insee", "bring": ["region_name", "population"]}
    recipe = {
        "title": "Essai",
        "sources": {"a": subsidies.slug},
        "steps": [{"step": "source", "source": "a"}, {**step, "names": {"population": "habitants"}}],
    }
    assert_untouched_is_unchanged(town, agent, Recipe.model_validate(recipe))

"""The examples of an analysis on its page: verified without the data, proposed from them, asked for before a validation."""

import pytest
from canteens import MEALS, poured, saved, served_by_site
from django.urls import reverse

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.studio import examples, validation
from beffroi.web.studio.answers import StudioError, read_definition
from places import a_person, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


@pytest.fixture
def stored(town, agent, meals):
    return saved(town, agent, served_by_site(meals))


def test_an_example_is_proposed_from_the_first_rows(client, town, agent, stored):
    strongly(client, agent)
    address = reverse("recipe-examples", args=[town.slug, stored.slug])
    assert "pas d'exemple" in client.get(address).content.decode()
    assert client.post(address, {"title": "Deux sites"}).status_code == 302
    stored.refresh_from_db()
    (example,) = read_definition(stored.definition).examples
    assert list(example.given["cantine"].columns) == ["site", "reel"]
    assert len(example.given["cantine"].rows) == 5
    assert example.expect.rows == (("LES SAULES", 226), ("LE BAC", 182))
    assert stored.version == 2
    page = client.get(address).content.decode()
    assert "juste" in page
    assert "Deux sites" in page


def test_protected_rows_never_become_examples(town, agent, steward, meals, stored):
    catalogue.edit_card(meals, steward, protects="households")
    with pytest.raises(StudioError, match="est protégé"):
        examples.propose(stored, agent, "Non")


def test_a_failing_example_prevents_a_validation(client, town, agent, steward, stored):
    saved_version = examples.propose(stored, agent, "Deux sites")
    definition = saved_version.definition
    definition["examples"][0]["expect"]["rows"][0][1] = 1
    wrong = saved(town, agent, definition)
    with pytest.raises(StudioError, match="« Deux sites » ne donne pas"):
        validation.validate(wrong, steward, wrong.version, "Vu")
    strongly(client, steward)
    page = client.get(reverse("recipe-examples", args=[town.slug, stored.slug])).content.decode()
    assert "à revoir" in page
    assert "Ligne 1" in page


def test_examples_do_not_leave_with_the_recipe(client, town, agent, stored):
    examples.propose(stored, agent, "Deux sites")
    strongly(client, agent)
    for name in ("recipe-yaml", "recipe-python"):
        assert "LES SAULES" not in client.get(reverse(name, args=[town.slug, "repas"])).content.decode()


def test_a_reader_verifies_and_adds_none(client, town, stored):
    strongly(client, a_person(town, "auditor"))
    address = reverse("recipe-examples", args=[town.slug, stored.slug])
    assert client.get(address).status_code == 200
    assert client.post(address, {"title": "x"}).status_code == 404


def test_saved_again_unchanged_an_older_definition_stays_as_it_is(town, agent, stored):
    stored.definition.pop("examples")
    stored.save()
    assert saved(town, agent, stored.definition).version == 1


WEIGHED = "Site de collecte;Jour;Poids (kg)\nLE BAC;06/01/2025;21,18\nLE BAC;07/01/2025;36,77\nLA FORGE;07/01/2025;5,00\n"


@pytest.fixture
def weighed(town, agent):
    dataset = poured(town, agent, WEIGHED, "Pesées.csv").dataset
    definition = served_by_site(
        dataset, encodings={"x": "site_de_collecte", "y": "total", "labels": {"total": "Poids en tout"}}
    )
    measures = [{"name": "total", "operation": "sum", "column": "poids_kg"}]
    definition["steps"] = [
        {"step": "source", "source": "cantine"},
        {"step": "filter", "conditions": [{"column": "jour", "op": "present"}]},
        {"step": "group", "by": ["site_de_collecte"], "measures": measures},
    ]
    definition["figure"] |= {"year": "{periode:jour}"}
    return saved(town, agent, definition)


def test_an_example_is_read_in_the_words_of_its_files_with_french_numbers(client, town, agent, weighed):
    examples.propose(weighed, agent, "Deux pesées")
    strongly(client, agent)
    page = client.get(reverse("recipe-examples", args=[town.slug, weighed.slug])).content.decode()
    assert "Données\u00a0: Pesées" in page
    for words in (
        "Site de collecte</th>",
        "Poids (kg)</th>",
        "Poids en tout</th>",
        ">06/01/2025<",
        ">21,18<",
        ">57,95<",
    ):
        assert words in page
    for raw in ("poids_kg", "21.18", "57.95", "2025-01-06"):
        assert raw not in page


def test_an_example_is_deleted_as_a_new_version(client, town, agent, stored):
    saved_version = examples.propose(examples.propose(stored, agent, "Premier"), agent, "Second")
    strongly(client, agent)
    page = reverse("recipe-examples", args=[town.slug, saved_version.slug])
    assert "Supprimer l'exemple «&nbsp;Premier&nbsp;»" in client.get(page).content.decode()
    address = reverse("recipe-example-remove", args=[town.slug, saved_version.slug])
    client.post(address, {"numero": 1, "version": saved_version.version})
    # Sent twice, it does not take the next one away.
    client.post(address, {"numero": 1, "version": saved_version.version})
    again = type(saved_version).objects.get(pk=saved_version.pk)
    assert [example.title for example in read_definition(again.definition).examples] == ["Second"]
    assert again.version == saved_version.version + 1
    assert client.post(address, {"numero": "un", "version": 1}).status_code == 404


def test_who_only_reads_deletes_no_example(client, town, agent, stored):
    saved_version = examples.propose(stored, agent, "Premier")
    strongly(client, a_person(town, "auditor"))
    assert (
        "Supprimer"
        not in client.get(reverse("recipe-examples", args=[town.slug, saved_version.slug])).content.decode()
    )
    address = reverse("recipe-example-remove", args=[town.slug, saved_version.slug])
    assert client.post(address, {"numero": 1, "version": saved_version.version}).status_code == 404

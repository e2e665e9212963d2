"""Who makes use of a dataset, and what nobody does: told on its page and in the list, never deleted by itself."""

from datetime import timedelta

import pytest
from deliveries import FAMILIES, dataset_of, poured
from django.test import Client
from django.utils import timezone

from beffroi.web.catalogue import lifecycle, usage_registry
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform import ledger
from places import strongly

pytestmark = pytest.mark.django_db
WORTH = "Sans ces relevés, la cuisine commande huit repas de trop sur cent."


@pytest.fixture
def meals(town, agent):
    return dataset_of(town, agent)


def aged(dataset, days=400):
    """As if it had arrived so long ago."""
    then = timezone.now() - timedelta(days=days)
    Dataset.objects.filter(pk=dataset.pk).update(created_at=then)
    Snapshot.objects.filter(dataset=dataset).update(at=then)
    return Dataset.objects.get(pk=dataset.pk)


def page(town, person, dataset):
    return strongly(Client(), person).get(f"/t/{town.slug}/donnees/jeux/{dataset.slug}/").content.decode()


def test_what_arrived_this_year_is_not_reported_unused(town, meals, agent):
    aged(meals, 300)
    assert usage_registry.unused(town) == []
    assert [d.pk for d in usage_registry.unused(town, months=9)] == [meals.pk]
    assert usage_registry.summarize_uses(meals, agent).unused_since is None


def test_what_nobody_uses_for_a_year_is_reported_with_what_to_do_and_nothing_goes_by_itself(
    town, meals, steward
):
    aged(meals)
    assert [d.pk for d in usage_registry.unused(town)] == [meals.pk]
    html = page(town, steward, meals)
    assert (
        "Personne ne s&#x27;en sert" in html.replace("'", "&#x27;")
        and "Rien n'est supprimé de soi-même" in html
    )
    listed = strongly(Client(), steward).get(f"/t/{town.slug}/donnees/?filtre=sans-usage").content.decode()
    assert "Dont personne ne se sert" in listed and meals.title in listed
    assert Dataset.objects.filter(pk=meals.pk).exists()


def test_a_reason_to_retain_it_answers_the_alert_and_the_card_shows_it(town, meals, steward):
    aged(meals)
    lifecycle.edit_card(Dataset.objects.get(pk=meals.pk), steward, worth=WORTH)
    html = page(town, steward, meals)
    assert html.count(WORTH) == 2  # the answer to the alert, and the card
    assert "à justifier" not in html
    assert [d.pk for d in usage_registry.unused(town)] == [meals.pk]  # still true, and still listed


def test_the_form_of_the_card_has_a_reason_and_an_empty_one_changes_nothing(town, meals, steward):
    client, address = strongly(Client(), steward), f"/t/{town.slug}/donnees/jeux/{meals.slug}/fiche/"
    response = client.get(address)
    assert "Pourquoi cela vaut-il la peine de recueillir ces données" in response.content.decode()
    fields = {name: field.value() or "" for name, field in ((f.name, f) for f in response.context["form"])}
    assert client.post(address, fields).status_code == 302
    assert Dataset.objects.get(pk=meals.pk).worth is None
    client.post(address, fields | {"worth": WORTH})
    assert Dataset.objects.get(pk=meals.pk).worth == WORTH


def test_what_the_public_reads_is_used(town, meals, steward):
    lifecycle.edit_card(meals, steward, licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    lifecycle.publish(meals, steward)
    old = aged(meals)
    assert usage_registry.unused(town) == []
    assert [use.label for use in usage_registry.summarize_uses(old, steward).uses] == [
        "le public, en données ouvertes"
    ]


def test_an_export_or_a_notebook_counts_for_a_year(town, meals, agent):
    old = aged(meals)
    b"".join(lifecycle.export_rows(agent, old, None, None).chunks)
    assert usage_registry.unused(town) == []
    assert "exporté par une personne, la dernière fois" in page(town, agent, old).replace(
        "Exporté", "exporté"
    )
    with pytest.MonkeyPatch.context() as patch:
        later = timezone.now() + timedelta(days=380)
        patch.setattr("beffroi.web.catalogue.usage_registry.timezone.now", lambda: later)
        assert [d.pk for d in usage_registry.unused(town)] == [old.pk]


def test_a_room_above_that_reads_it_keeps_it_in_use_and_one_that_has_stopped_does_not(town, meals, agent):
    old = aged(meals)
    last_use = {"at": None}

    def above(territory, slug):
        return {
            old.slug: [
                usage_registry.Use("le service d'essai", "/la-bas/", last_use["at"], act="source.read")
            ]
        }

    usage_registry.register_user(above)
    try:
        assert usage_registry.unused(town) == []
        (use,) = usage_registry.summarize_uses(old, agent).uses
        assert use.url == "/la-bas/"
        last_use["at"] = timezone.now() - timedelta(days=500)
        assert [d.pk for d in usage_registry.unused(town)] == [old.pk]
    finally:
        usage_registry._users.remove(above)


def test_the_page_of_one_dataset_queries_that_one_only(town, meals, agent):
    queried = []

    def above(territory, slug):
        queried.append(slug)
        return {}

    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    for dataset in (meals, families):
        ledger.append(town, "dataset.export", agent, f"dataset:{dataset.pk}", {})
    usage_registry.register_user(above)
    try:
        assert [use.label for use in usage_registry.summarize_uses(meals, agent).uses] == [
            "exporté par une personne"
        ]
        assert usage_registry.of_all(town).keys() >= {meals.slug, families.slug}
    finally:
        usage_registry._users.remove(above)
    assert queried == [meals.slug, None]
    assert usage_registry.of_all(town, meals.slug).keys() == {meals.slug}


def test_what_is_read_for_a_purpose_is_listed_in_order(town, meals, steward):
    ledger.append(town, "dataset.read_personal", steward, f"dataset:{meals.pk}", {})
    (use,) = usage_registry.summarize_uses(meals, steward).uses
    assert use.label == "lu pour une finalité du registre"


def test_a_link_is_for_who_may_follow_it(town, meals, steward, agent):
    def above(territory, slug):
        return {meals.slug: [usage_registry.Use("un secret d'à côté", "/la-bas/", act="member.read")]}

    usage_registry.register_user(above)
    try:
        assert usage_registry.summarize_uses(meals, agent).uses[0].url == ""
    finally:
        usage_registry._users.remove(above)


def test_personal_data_that_nobody_uses_are_reported_too(town, agent):
    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    aged(families)
    assert [d.pk for d in usage_registry.unused(town)] == [families.pk]

"""Datasets and systems say why their data are worth keeping; what nobody uses is flagged."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue import usage_registry
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.models import SystemUse
from life import NEED
from places import strongly

pytestmark = pytest.mark.django_db
WORTH = "Sans ces repas comptés, la commande du lendemain se fait au jugé."


def aged(dataset: Dataset) -> None:
    then = timezone.now() - timedelta(days=400)
    Dataset.objects.filter(pk=dataset.pk).update(created_at=then)
    Snapshot.objects.filter(dataset=dataset).update(at=then)


def page(person: Person, territory: Territory, path: str) -> str:
    return strongly(Client(), person).get(f"/t/{territory.slug}/{path}").content.decode()


@pytest.mark.requirement("R103")
def test_a_dataset_says_its_purpose_and_why_it_is_worth_it(dataset: Dataset, steward: Person) -> None:
    catalogue.edit_card(dataset, steward, purpose="Commander les repas.", worth=WORTH)
    card = page(steward, dataset.territory, f"donnees/jeux/{dataset.slug}/")
    assert "Commander les repas." in card and WORTH in card


@pytest.mark.requirement("R103")
def test_a_system_says_its_purpose_and_why_its_data_are_worth_it(use: SystemUse, supervisor: Person) -> None:
    before = page(supervisor, use.territory, "services-ia/tiny/")
    assert "Personne ne l'a encore dit" in before
    services.answer(use, supervisor, "need", NEED)
    card = page(supervisor, use.territory, "services-ia/tiny/")
    assert "Dire combien de repas prévoir demain" in card and NEED["worth"] in card


@pytest.mark.requirement("R103")
def test_unused_data_are_flagged_and_what_a_system_reads_is_not(
    bound: SystemUse, dataset: Dataset, steward: Person
) -> None:
    territory = bound.territory
    aged(dataset)
    assert usage_registry.unused(territory) == []
    assert "Moyenne des repas" in page(steward, territory, f"donnees/jeux/{dataset.slug}/")
    SystemUse.objects.filter(pk=bound.pk).update(binding={})
    assert [d.pk for d in usage_registry.unused(territory)] == [dataset.pk]
    assert "à supprimer, ou à justifier" in page(steward, territory, f"donnees/jeux/{dataset.slug}/")
    assert dataset.title in page(steward, territory, "donnees/?filtre=sans-usage")

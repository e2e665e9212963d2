"""Processings and hostings stand in one register each: the catalogue shows them and begins from them, and the register shows the catalogue's."""

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.guides import Register
from beffroi.web.catalogue.forms import CardForm
from beffroi.web.catalogue.grants import processing
from beffroi.web.catalogue.models import Dataset
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Territory:
    return a_territory()


@pytest.fixture
def administrator(town: Territory) -> Person:
    return a_person(town, "administrator", "data_officer")


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_processing_of_the_register_becomes_a_purpose_without_being_typed_again(
    town: Territory, administrator: Person, client: Client
) -> None:
    values = {"name": "Cantine et accueil", "purpose": "Inscrire les enfants et facturer les familles.",
              "basis": "public_task", "persons": "enfants et parents", "data": "identité, présences",
              "sensitive": "yes", "outside_eu": "no", "impact": "to_do"}  # fmt: skip
    entry = registers.save_entry(town, administrator, guide(Register, "processing"), values)
    client.force_login(administrator)
    purposes = reverse("purposes", args=[town.slug])
    listed = page(client, purposes)
    assert "Cantine et accueil" in listed and f"{purposes}?traitement={entry.pk}" in listed
    form = client.get(f"{purposes}?traitement={entry.pk}").context["form"]
    assert form.initial["title"] == "Cantine et accueil" and form.initial["covers_personal"] is True
    assert (
        form.initial["purpose"] == values["purpose"]
        and "mission de service public" in form.initial["legal_basis"]
    )
    client.post(purposes, dict(form.initial))
    # Once it is a purpose, it is not proposed again, and its entry leads to it.
    assert "traitement=" not in page(client, purposes)
    there = page(client, reverse("register-entry", args=[town.slug, "processing", entry.pk]))
    assert purposes in there


def test_the_register_of_processing_shows_the_purposes_that_it_lacks(
    town: Territory, administrator: Person, client: Client
) -> None:
    client.force_login(administrator)
    register = reverse("register", args=[town.slug, "processing"])
    assert "Facturation de l'eau" not in page(client, register).replace("&#x27;", "'")
    processing(town, "eau", title="Facturation de l'eau", purpose="Facturer.", legal_basis="Contrat",
               covers_personal=True, person=administrator)  # fmt: skip
    processing(town, "plan", title="Plan de ville", purpose="Cartes.", legal_basis="Mission",
               covers_personal=False, person=administrator)  # fmt: skip
    listed = page(client, register).replace("&#x27;", "'")
    assert "Facturation de l'eau" in listed and "Plan de ville" not in listed
    added = client.get(
        reverse("register-add", args=[town.slug, "processing"]),
        {"name": "Facturation de l'eau", "purpose": "Facturer."},
    )
    assert added.context["form"]["name"].value() == "Facturation de l'eau"
    # Who may not read purposes is not told of them.
    client.force_login(a_person(town, "security_officer"))
    assert "Facturation de l'eau" not in client.get(register).content.decode().replace("&#x27;", "'")


def test_the_card_of_a_dataset_names_a_hosting_of_the_register(
    town: Territory, administrator: Person, client: Client
) -> None:
    eau = Dataset.objects.create(
        territory=town, slug="eau", title="Abonnés de l'eau", hosting="Ancien hébergeur"
    )
    assert not hasattr(CardForm(instance=eau).fields["hosting"], "choices")
    values = {"service": "Logiciel de l'eau", "provider": "Hébergeur inventé", "foreign_law": "no",
              "data": ["personal"], "copy": "yes"}  # fmt: skip
    entry = registers.save_entry(town, administrator, guide(Register, "hosting"), values)
    choices = [value for value, _ in CardForm(instance=eau).fields["hosting"].choices]
    assert choices == ["interne", "Logiciel de l'eau, Hébergeur inventé", "Ancien hébergeur"]
    client.force_login(administrator)
    register = reverse("register", args=[town.slug, "hosting"])
    assert "Ancien hébergeur" in page(client, register), "a hosting that only a dataset names is shown"
    Dataset.objects.filter(pk=eau.pk).update(hosting=choices[1])
    assert "Ancien hébergeur" not in page(client, register)
    assert reverse("dataset", args=[town.slug, "eau"]) in page(
        client, reverse("register-entry", args=[town.slug, "hosting", entry.pk])
    )

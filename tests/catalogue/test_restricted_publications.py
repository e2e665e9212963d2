"""A restriction that comes after a publication closes it at once, everywhere; only a decision opens it again."""

import pytest
from deliveries import FEBRUARY, JANUARY, poured, staged
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError, PublicationError
from beffroi.web.catalogue.forms import CardForm
from beffroi.web.catalogue.lifecycle import Choice
from beffroi.web.catalogue.models import Dataset
from beffroi.web.catalogue.publication import authorisations, restrictions, workflow
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from places import a_person, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def dpo(town: Territory) -> Person:
    return a_person(town, "dpo", email="dpo@example.org")


@pytest.fixture
def decider(town: Territory) -> Person:
    return a_person(town, "decider", email="elu@example.org")


@pytest.fixture
def meals(town: Territory, steward: Person) -> Dataset:
    found = poured(town, steward, "Cantines janvier 2025.csv", JANUARY).dataset
    lifecycle.edit_card(found, steward, licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    return lifecycle.publish(found, steward)


def public_status(dataset: Dataset) -> set[int]:
    """What every public door answers."""
    place = dataset.territory.slug
    pages = (
        reverse("portal-dataset", args=[place, dataset.slug]),
        reverse("portal-dataset-csv", args=[place, dataset.slug]),
        f"/api/v1/p/{place}/datasets/{dataset.slug}",
    )
    return {Client().get(page).status_code for page in pages}


def home(person: Person, town: Territory) -> str:
    return strongly(Client(), person).get(reverse("territory", args=[town.slug])).content.decode()


def reopened(dataset: Dataset, steward: Person, dpo: Person, decider: Person, columns: list[str]) -> Dataset:
    request = workflow.request_publication(
        dataset, steward, ground="lifted", reason="Utile.", evidence="Le motif a disparu.", columns=columns
    )
    workflow.advise(request, dpo, "favourable", "Rien ne s'y oppose plus.")
    workflow.settle(request, decider, authorise=True)
    dataset.refresh_from_db()
    return dataset


def test_a_protection_said_after_publishing_closes_it_everywhere_and_tells_who_must_know(
    town, steward, dpo, decider, meals, settings, django_capture_on_commit_callbacks
):
    settings.MAIL_HOST = "mail.example"
    assert public_status(meals) == {200}
    assert "sa publication se ferme" in str(CardForm(instance=meals).fields["protects"].help_text)
    chief = a_person(town, "administrator", email="chief@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.edit_card(meals, chief, protects="firms")
    meals.refresh_from_db()
    assert public_status(meals) == {404}
    assert meals not in authorisations.published_datasets(town)
    line = ledger.lines_of(town).last()
    assert (line.act, line.actor, line.detail.payload) == (
        "dataset.unpublish",
        f"person:{chief.pk}",
        {"restricted": True},
    )
    assert {to for message in mail.outbox for to in message.to} == {steward.email, dpo.email}
    assert meals.title not in mail.outbox[0].body
    for person in (steward, dpo):
        assert "Publication fermée" in home(person, town)
    assert "Publication fermée" not in home(decider, town)
    page = strongly(Client(), steward).get(reverse("publications", args=[town.slug])).content.decode()
    assert meals.title in page and "entreprise" in page


def test_it_opens_again_by_a_decision_alone_for_the_columns_that_it_names(town, steward, dpo, decider, meals):
    lifecycle.edit_card(meals, steward, protects="firms")
    meals.refresh_from_db()
    with pytest.raises(PublicationError, match="Sa fiche dit"):
        reopened(meals, steward, dpo, decider, ["ecole"])
    lifecycle.edit_card(meals, steward, protects="")
    with pytest.raises(CatalogueError, match="décision de l'élu"):
        lifecycle.publish(meals, steward)
    with pytest.raises(IntegrityError, match="by a decision"), transaction.atomic():
        Dataset.objects.of(town).filter(pk=meals.pk).update(published_at=meals.created_at)
    assert "La raison de la fermeture a disparu" in (
        strongly(Client(), steward).get(reverse("publication", args=[town.slug, meals.slug])).content.decode()
    )
    reopened(meals, steward, dpo, decider, ["ecole"])
    assert public_status(meals) == {200}
    page = Client().get(reverse("portal-dataset", args=[town.slug, meals.slug])).content.decode()
    assert "était fermée" in page
    assert "Jean-Moulin" in page and "112" not in page


def test_personal_data_are_not_opened_by_the_end_of_a_restriction(town, steward, meals):
    families = poured(
        town, steward, "elus.csv", "Nom;Prénom;Mandat\nMartin;Léa;Maire\nPetit;Inès;Adjointe\n"
    ).dataset
    lifecycle.edit_card(families, steward, licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    with pytest.raises(PublicationError, match="qu'une restriction a fermée"):
        workflow.request_publication(
            families, steward, ground="lifted", reason="x", evidence="y", columns=["mandat"]
        )


@pytest.mark.parametrize("into", ["the published dataset", "a new one"])
def test_a_file_that_shows_that_published_columns_are_about_people_closes_them(town, steward, meals, into):
    delivery = staged(town, steward, "Cantines fevrier 2025.csv", FEBRUARY)
    personal = {"ecole": True}
    choice = (
        Choice(0, meals.slug, "Cantines", "append", personal)
        if into == "the published dataset"
        else Choice(0, None, "Cantines protégées", "replace", personal)
    )
    if into == "the published dataset":
        with pytest.raises(CatalogueError, match="données personnelles"):
            lifecycle.pour(delivery, steward, [choice])
    else:
        lifecycle.pour(delivery, steward, [choice])
    meals.refresh_from_db()
    assert meals.restricted_reason == "Un nouveau fichier y montre des données sur des personnes : « École »."
    assert public_status(meals) == {404}


def test_a_file_about_people_that_has_nothing_to_do_with_it_closes_nothing(town, steward, meals):
    poured(town, steward, "elus.csv", "Nom;Prénom;Mandat\nMartin;Léa;Maire\nPetit;Inès;Adjointe\n")
    meals.refresh_from_db()
    assert public_status(meals) == {200}


def test_what_a_room_restricts_later_is_closed_by_the_hour_in_every_territory(town, meals, monkeypatch):
    monkeypatch.setattr(
        restrictions, "_restrictions", [lambda dataset: "Un plan reste fermé." if dataset == meals else ""]
    )
    restrictions.close_all_restricted()
    meals.refresh_from_db()
    assert (meals.published_at, meals.restricted_reason) == (None, "Un plan reste fermé.")
    assert ledger.lines_of(town).last().actor == "host"

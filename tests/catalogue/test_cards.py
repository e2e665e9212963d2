"""The card: who corrects it, who publishes, what must be on it first."""

import pytest
from deliveries import FAMILIES, JANUARY, dataset_of, poured
from django.core.exceptions import PermissionDenied

from beffroi.web.catalogue import services
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.signals import withdrawn
from beffroi.web.territories import ledger
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def meals(town, agent):
    return dataset_of(town, agent)


def complete(dataset, steward):
    return services.edit_card(
        dataset, steward, licence="Licence Ouverte 2.0", producer="Ville de Valbruyère", owner=steward
    )


def test_a_steward_corrects_the_card_and_the_ledger_names_the_fields_only(town, meals, steward):
    services.edit_card(meals, steward, title="Repas servis", description="Par école et par jour")
    line = ledger.lines_of(town).last()
    assert (line.act, line.detail.payload) == ("dataset.card", {"fields": ["description", "title"]})


def test_an_unchanged_card_writes_nothing(town, meals, steward):
    before = ledger.lines_of(town).count()
    services.edit_card(meals, steward, title=meals.title)
    assert ledger.lines_of(town).count() == before


def test_an_agent_may_not_correct_the_card(meals, agent):
    with pytest.raises(PermissionDenied):
        services.edit_card(meals, agent, title="Autre")


def test_a_card_keeps_a_title(meals, steward):
    with pytest.raises(CatalogueError, match="besoin d'un titre"):
        services.edit_card(meals, steward, title="  ")


def test_the_owner_is_a_member_of_the_territory(meals, steward):
    other = a_territory("Ailleurs", code="99T02")
    with pytest.raises(CatalogueError, match="membre de ce territoire"):
        services.edit_card(meals, steward, owner=a_person(other, "agent", email="ailleurs@example.org"))


def test_a_dataset_without_licence_producer_and_owner_is_not_published(meals, steward):
    with pytest.raises(CatalogueError, match="une licence, un producteur, un responsable"):
        services.publish(meals, steward)


def test_a_steward_publishes_and_takes_back(town, meals, steward):
    services.publish(complete(meals, steward), steward)
    assert meals.published_at is not None
    services.unpublish(meals, steward)
    assert meals.published_at is None
    assert [line.act for line in ledger.lines_of(town)][-2:] == ["dataset.publish", "dataset.unpublish"]


def test_an_administrator_may_not_publish(town, meals, steward):
    complete(meals, steward)
    with pytest.raises(PermissionDenied):
        services.publish(meals, a_person(town, "administrator"))


def test_a_steward_may_not_publish_personal_data(town, agent, steward):
    families = complete(poured(town, agent, "familles.csv", FAMILIES).dataset, steward)
    with pytest.raises(CatalogueError, match="données personnelles"):
        services.publish(families, steward)


def test_a_published_card_keeps_what_publishing_needs(meals, steward):
    services.publish(complete(meals, steward), steward)
    with pytest.raises(CatalogueError, match="doit garder une licence"):
        services.edit_card(meals, steward, licence="")


def test_a_dataset_emptied_by_an_undo_leaves_the_public_space(meals, steward):
    services.publish(complete(meals, steward), steward)
    services.undo(meals.current, steward)
    meals.refresh_from_db()
    assert meals.published_at is None


def test_the_rooms_above_are_told_to_forget(town, agent, meals, steward):
    told = []

    def listen(sender, dataset, **_):
        told.append(dataset)

    withdrawn.connect(listen)
    try:
        services.undo(poured(town, agent, "Cantines 2024.csv", JANUARY.replace("2025", "2024")), steward)
    finally:
        withdrawn.disconnect(listen)
    assert told == [meals]

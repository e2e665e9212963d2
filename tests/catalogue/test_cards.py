"""The card: who corrects it, who publishes, what must be on it first."""

import pytest
from deliveries import FAMILIES, JANUARY, dataset_of, poured
from django.core.exceptions import PermissionDenied

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.signals import withdrawn
from beffroi.web.platform import ledger
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def meals(town, agent):
    return dataset_of(town, agent)


def complete(dataset, steward):
    return lifecycle.edit_card(
        dataset, steward, licence="Licence Ouverte 2.0", producer="Ville de Valbruyère", owner=steward
    )


def test_a_steward_corrects_the_card_and_the_ledger_names_the_fields_only(town, meals, steward):
    lifecycle.edit_card(meals, steward, title="Repas servis", description="Par école et par jour")
    line = ledger.lines_of(town).last()
    assert (line.act, line.detail.payload) == ("dataset.card", {"fields": ["description", "title"]})


def test_an_unchanged_card_writes_nothing(town, meals, steward):
    before = ledger.lines_of(town).count()
    lifecycle.edit_card(meals, steward, title=meals.title)
    assert ledger.lines_of(town).count() == before


def test_an_agent_may_not_correct_the_card(meals, agent):
    with pytest.raises(PermissionDenied):
        lifecycle.edit_card(meals, agent, title="Autre")


def test_a_card_keeps_a_title(meals, steward):
    with pytest.raises(CatalogueError, match="besoin d'un titre"):
        lifecycle.edit_card(meals, steward, title="  ")


def test_the_owner_is_a_member_of_the_territory(meals, steward):
    other = a_territory("Ailleurs", code="99T02")
    with pytest.raises(CatalogueError, match="membre de ce territoire"):
        lifecycle.edit_card(meals, steward, owner=a_person(other, "agent", email="ailleurs@example.org"))


@pytest.mark.requirement("R06")
def test_a_dataset_without_licence_producer_and_owner_is_not_published(meals, steward):
    with pytest.raises(CatalogueError, match="une licence, un producteur, un responsable"):
        lifecycle.publish(meals, steward)


def test_a_steward_publishes_and_takes_back(town, meals, steward):
    lifecycle.publish(complete(meals, steward), steward)
    assert meals.published_at is not None
    lifecycle.unpublish(meals, steward)
    assert meals.published_at is None
    assert [line.act for line in ledger.lines_of(town)][-2:] == ["dataset.publish", "dataset.unpublish"]


def test_an_administrator_may_not_publish(town, meals, steward):
    complete(meals, steward)
    with pytest.raises(PermissionDenied):
        lifecycle.publish(meals, a_person(town, "administrator"))


@pytest.mark.requirement("R18")
def test_a_steward_may_not_publish_personal_data(town, agent, steward):
    families = complete(poured(town, agent, "familles.csv", FAMILIES).dataset, steward)
    with pytest.raises(CatalogueError, match="données personnelles"):
        lifecycle.publish(families, steward)


def test_a_published_card_keeps_what_publishing_needs(meals, steward):
    lifecycle.publish(complete(meals, steward), steward)
    with pytest.raises(CatalogueError, match="doit garder une licence"):
        lifecycle.edit_card(meals, steward, licence="")


def test_a_dataset_emptied_by_an_undo_leaves_the_public_space(meals, steward):
    lifecycle.publish(complete(meals, steward), steward)
    lifecycle.undo(meals.current, steward)
    meals.refresh_from_db()
    assert meals.published_at is None


def test_withdrawal_is_signalled_to_the_rooms_above(town, agent, meals, steward):
    withdrawals = []

    def listen(sender, dataset, **_):
        withdrawals.append(dataset)

    withdrawn.connect(listen)
    try:
        lifecycle.undo(poured(town, agent, "Cantines 2024.csv", JANUARY.replace("2025", "2024")), steward)
    finally:
        withdrawn.disconnect(listen)
    assert withdrawals == [meals]


def test_the_card_names_whom_the_groups_count_and_by_which_column(town, meals, steward):
    lifecycle.edit_card(meals, steward, protects="households", unit="ecole")
    assert (meals.protects, meals.unit, meals.protection) == ("households", "ecole", "households")
    assert ledger.lines_of(town).last().detail.payload == {"fields": ["protects", "unit"]}
    assert "moins de 11" in meals.protection_label


def test_a_unit_is_one_of_the_columns(meals, steward):
    with pytest.raises(CatalogueError, match="pas de colonne « foyer »"):
        lifecycle.edit_card(meals, steward, unit="foyer")


def test_answers_counted_by_a_former_rule_are_dropped(meals, steward):
    heard = []
    withdrawn.connect(lambda dataset, **_: heard.append(dataset.pk), dispatch_uid="heard", weak=False)
    try:
        lifecycle.edit_card(meals, steward, retention="5 ans")
        assert heard == []
        lifecycle.edit_card(meals, steward, protects="firms")
        assert heard == [meals.pk]
    finally:
        withdrawn.disconnect(dispatch_uid="heard")


def test_rows_about_firms_are_not_published_one_by_one(meals, steward):
    complete(meals, steward)
    lifecycle.edit_card(meals, steward, protects="firms")
    with pytest.raises(CatalogueError, match="analyse qui n'en montre que"):
        lifecycle.publish(meals, steward)
    lifecycle.edit_card(meals, steward, protects="")
    lifecycle.publish(meals, steward)
    lifecycle.edit_card(meals, steward, protects="firms")
    meals.refresh_from_db()
    assert meals.published_at is None


def test_personal_data_are_protected_as_people_by_default(town, agent):
    assert poured(town, agent, "familles.csv", FAMILIES).dataset.protection == "persons"

"""What a system says must stay closed is not published, nor what it was bound to; its page says why."""

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.systems import registry
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.catalogue.publication import restrictions
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import readers, services
from beffroi.web.workshop.models import SystemUse
from places import strongly

from .conftest import deposit

pytestmark = pytest.mark.django_db

FLOWS = "secteur;jour;debit\nBourg;01/09/2026;12,5\nBourg;02/09/2026;12,9\n"


@pytest.fixture
def flows(territory: Territory, steward: Person) -> Dataset:
    found = deposit(territory, steward, "debits.csv", FLOWS)
    card = {"licence": "Licence Ouverte 2.0", "producer": "Syndicat", "owner": steward}
    return lifecycle.edit_card(found, steward, **card)


def bound(territory: Territory, table: str, dataset: Dataset) -> SystemUse:
    purpose = Processing.objects.create(territory=territory, key="eau", title="Fuites")
    return SystemUse.objects.create(
        territory=territory, system="leaks", processing=purpose, binding={table: {"dataset": dataset.slug}}
    )


def page_of(dataset: Dataset, person: Person) -> str:
    client = strongly(Client(), person)
    answer = client.get(reverse("dataset", args=[dataset.territory.slug, dataset.slug]))
    return str(answer.content.decode())


def test_the_network_its_flows_and_its_pressures_are_restricted() -> None:
    restricted = registry.get("leaks").manifest.publication_restriction
    assert restricted is not None and set(restricted.inputs) == {"network", "flows", "pressures"}


def test_a_dataset_bound_to_a_restricted_input_is_not_published_and_its_page_says_why(
    territory: Territory, steward: Person, flows: Dataset
) -> None:
    assert readers.publication_restriction(flows) == ""
    bound(territory, "flows", flows)
    with pytest.raises(CatalogueError, match=r"L\. 311-5"):
        lifecycle.publish(flows, steward)
    flows.refresh_from_db()
    assert flows.published_at is None
    page = page_of(flows, steward)
    assert "Ce jeu ne peut pas être publié. Un réseau d’eau potable" in page
    assert ">Publier<" not in page


def test_another_input_of_the_same_system_is_published_and_a_dataset_published_before_is_closed(
    territory: Territory, steward: Person, flows: Dataset
) -> None:
    use = bound(territory, "volumes", flows)
    lifecycle.publish(flows, steward)
    restrictions.close_restricted(territory)
    flows.refresh_from_db()
    assert flows.published_at is not None
    use.binding = {"network": {"dataset": flows.slug}}
    use.save()
    restrictions.close_restricted(territory)
    page = page_of(flows, steward)
    assert "est fermée le" in page and "Un réseau d’eau potable" in page
    assert ">Publier<" not in page and "Demander sa publication" not in page


def test_binding_a_system_closes_at_once_what_it_restricts(
    use: SystemUse, supervisor: Person, steward: Person, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifecycle.edit_card(dataset, steward, licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    lifecycle.publish(dataset, steward)

    def bound_to_tiny(one: Dataset) -> str:
        read = SystemUse.objects.of(one.territory).get(system="tiny").binding.get("attendance", {})
        return "Il reste fermé." if read.get("dataset") == one.slug else ""

    monkeypatch.setattr(restrictions, "_restrictions", [bound_to_tiny])
    columns = {"site": "ecole", "date": "jour", "meals": "repas_servis"}
    services.bind(use, supervisor, {"attendance": {"dataset": dataset.slug, "columns": columns}})
    dataset.refresh_from_db()
    assert (dataset.published_at, dataset.restricted_reason) == (None, "Il reste fermé.")

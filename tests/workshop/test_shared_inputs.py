"""A table that several systems read is bound once a territory: it then serves them all, unless a person says otherwise."""

import pytest
from django.test import Client

from beffroi.systems.input_schema import InputSchema
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy.services import admit
from beffroi.web.workshop import services
from beffroi.web.workshop.models import SystemUse
from places import strongly

from .conftest import deposit

pytestmark = pytest.mark.django_db

ANOTHER = "Début;Fin\n01/07/2026;31/08/2026\n"
VISITS = "Lieu;Jour;Entrées\n" + "".join(f"Piscine;{day:02}/09/2026;{100 + day}\n" for day in range(1, 29))


@pytest.fixture
def school(territory: Territory, steward: Person) -> Dataset:
    return deposit(territory, steward, "vacances scolaires.csv", "Début;Fin\n17/10/2026;01/11/2026\n")


@pytest.fixture
def canteen(territory: Territory, supervisor: Person, dataset: Dataset, school: Dataset) -> SystemUse:
    use = services.adopt(territory, supervisor, "canteen", supervisor=supervisor)
    return services.bind(use, supervisor, {"attendance": _meals(dataset), "holidays": _holidays(school)})


@pytest.fixture
def pool(territory: Territory, supervisor: Person, steward: Person) -> SystemUse:
    deposit(territory, steward, "entrees de la piscine.csv", VISITS)
    return services.adopt(territory, supervisor, "attendance", supervisor=supervisor)


def _meals(dataset: Dataset) -> dict[str, object]:
    return {
        "dataset": dataset.slug,
        "columns": {"site": "ecole", "date": "jour", "meals": "repas_servis"},
    }


def _holidays(dataset: Dataset, **more: object) -> dict[str, object]:
    return {"dataset": dataset.slug, "columns": {"start": "debut", "end": "fin"}, **more}


def _visits() -> dict[str, object]:
    return {
        "dataset": "entrees-de-la-piscine",
        "columns": {"place": "lieu", "date": "jour", "count": "entrees"},
    }


def test_what_one_system_was_bound_to_is_proposed_to_the_next(
    canteen: SystemUse, pool: SystemUse, school: Dataset
) -> None:
    proposed = services.propose_binding(pool).inputs["holidays"]
    assert proposed.dataset == school
    assert {name: match.column for name, match in proposed.columns.items()} == {
        "start": "debut",
        "end": "fin",
    }
    assert "s'en sert déjà" in proposed.why


def test_binding_a_shared_table_binds_it_for_the_others(
    canteen: SystemUse, pool: SystemUse, territory: Territory, steward: Person, supervisor: Person
) -> None:
    other = deposit(territory, steward, "calendrier des vacances.csv", ANOTHER)
    services.bind(pool, supervisor, {"counts": _visits(), "holidays": _holidays(other)})
    canteen.refresh_from_db()
    assert canteen.binding["holidays"] == _holidays(other)
    assert canteen.binding["attendance"]["dataset"] != other.slug


def test_a_choice_for_one_system_alone_neither_spreads_nor_is_replaced(
    canteen: SystemUse, pool: SystemUse, territory: Territory, steward: Person, supervisor: Person
) -> None:
    before = canteen.binding["holidays"]
    other = deposit(territory, steward, "calendrier des vacances.csv", ANOTHER)
    services.bind(pool, supervisor, {"counts": _visits(), "holidays": _holidays(other, standalone=True)})
    canteen.refresh_from_db()
    assert canteen.binding["holidays"] == before
    services.bind(canteen, supervisor, dict(canteen.binding))
    pool.refresh_from_db()
    assert pool.binding["holidays"] == _holidays(other, standalone=True)


def test_a_person_held_to_one_system_does_not_change_the_others(
    canteen: SystemUse, pool: SystemUse, territory: Territory, steward: Person
) -> None:
    before = canteen.binding["holidays"]
    with scope.nowhere():
        held = admit(
            territory, "h@example.org", "H", ["supervisor"], by=None, limited_to=["system:attendance"]
        )
    other = deposit(territory, steward, "calendrier des vacances.csv", ANOTHER)
    services.bind(pool, held, {"counts": _visits(), "holidays": _holidays(other)})
    canteen.refresh_from_db()
    assert canteen.binding["holidays"] == before


def test_the_page_says_whom_a_shared_table_serves(
    canteen: SystemUse, pool: SystemUse, territory: Territory, supervisor: Person
) -> None:
    client = Client()
    strongly(client, supervisor)
    page = client.get(f"/t/{territory.slug}/services-ia/attendance/liaison/").content.decode()
    assert "Sinon, il vaut aussi pour" in page
    assert page.count("Garder ce choix pour ce service seul") == 1


def test_a_system_says_its_own_words_for_a_shared_column() -> None:
    schema = InputSchema.model_validate(
        {
            "name": "sites",
            "use": "kit.places",
            "columns": [{"shared": "place", "name": "site", "same_as": "meals.site"}, "geometry"],
        }
    )
    assert [(need.name, need.shared) for need in schema.columns] == [
        ("site", "place"),
        ("geometry", "geometry"),
    ]
    assert schema.columns[0].same_as == "meals.site"
    assert not schema.required
    assert schema.title == "Coordonnées des lieux"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"use": "kit.tides"}, "aucune table partagée ne s’appelle « kit.tides »"),
        ({"use": "kit.weather", "columns": ["wind"]}, "n’a pas de colonne « wind »"),
    ],
)
def test_an_unknown_shared_input_is_told_with_those_that_are(declared: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        InputSchema.model_validate({"name": "table", **declared})

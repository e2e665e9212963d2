"""A dataset read as it was: at a delivery or at the end of a day, on its page, by export, notebook and API."""

import json
from datetime import datetime, timedelta

import pytest
from deliveries import FAMILIES, FEBRUARY, JANUARY, dataset_of, poured
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.catalogue import lifecycle, past_states
from beffroi.web.catalogue.grants import Shows, consultation, grant, processing
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.catalogue.row_queries import page_of_rows
from beffroi.web.tenancy import tokens
from places import a_person, strongly

pytestmark = pytest.mark.django_db


def signed_in(person):
    client = Client()
    strongly(client, person)
    return client


def page(name, town, *args):
    return reverse(name, args=[town.slug, *args])


def body(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def dated(snapshot, year, month, day):
    at = timezone.make_aware(datetime(year, month, day, 23, 30))
    Snapshot.objects.filter(pk=snapshot.pk).update(at=at)


@pytest.fixture
def meals(town, agent):
    """January poured on 10 February, February on 5 March."""
    dataset = dataset_of(town, agent)
    dated(dataset.current, 2025, 2, 10)
    poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    dated(dataset.current, 2025, 3, 5)
    return dataset


def test_the_page_of_a_past_delivery_is_marked_and_shows_its_rows_and_counts(town, agent, meals):
    html = body(signed_in(agent).get(page("dataset", town, meals.slug) + "?version=1"))
    assert "Ce n'est pas l'état en vigueur" in html
    assert "4 lignes et 4 colonnes à ce moment-là, en une livraison" in html
    assert "Revenir à l'état en vigueur" in html
    assert "03/02/2025" not in html
    assert "export.csv?version=1" in html
    assert "Annuler la livraison" not in html


def test_the_page_of_a_day_shows_what_was_in_force_at_its_end(town, agent, meals):
    client = signed_in(agent)
    html = body(client.get(page("dataset", town, meals.slug) + "?au=2025-03-04"))
    assert "à la date du 4 mars 2025" in html
    assert "03/02/2025" not in html
    assert "03/02/2025" in body(client.get(page("dataset", town, meals.slug) + "?au=2025-03-05"))


def test_a_day_since_the_last_delivery_is_the_present(town, agent, meals):
    html = body(signed_in(agent).get(page("dataset", town, meals.slug) + "?au=2030-01-01"))
    assert "Tel qu" not in html
    assert "03/02/2025" in html


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ("au=2020-01-01", "n&#x27;existait pas encore le 1er janvier 2020"),
        ("au=hier", "n&#x27;est pas une date"),
        ("version=9", "pas de livraison n° 9"),
        ("version=zut", "pas de livraison n° zut"),
        ("version=" + "9" * 40, "pas de livraison"),
    ],
)
def test_a_state_that_never_was_is_reported_above_the_present_one(town, agent, meals, params, message):
    html = body(signed_in(agent).get(page("dataset", town, meals.slug) + "?" + params))
    assert message in html
    assert "Voici l'état en vigueur" in html
    assert "03/02/2025" in html


def test_an_undone_delivery_is_not_read_again(town, agent, meals):
    lifecycle.undo(meals.current, agent)
    with pytest.raises(past_states.NoSuchState, match="a été annulée"):
        past_states.state_of(meals, version="2")
    assert past_states.state_of(meals, day="2025-03-10").snapshot.number == 1


def test_a_state_that_the_lake_no_longer_keeps_is_reported(town, agent, meals):
    Snapshot.objects.filter(dataset=meals, number=1).update(lake_version=999)
    html = body(signed_in(agent).get(page("dataset", town, meals.slug) + "?version=1"))
    assert "ne sont plus conservées à la version demandée" in html


def test_the_export_of_a_past_state_bears_its_number(town, agent, meals):
    client = signed_in(agent)
    response = client.get(page("dataset-export", town, meals.slug) + "?version=1")
    assert "cantines-livraison-1.csv" in response["Content-Disposition"]
    assert len(body(response).strip().splitlines()) == 5
    present = client.get(page("dataset-export", town, meals.slug) + "?version=2")
    assert "livraison" not in present["Content-Disposition"]
    assert len(body(present).strip().splitlines()) == 8


def test_an_export_of_an_unknown_state_goes_back_to_the_dataset_with_the_reason(town, agent, meals):
    response = signed_in(agent).get(page("dataset-export", town, meals.slug) + "?version=7", follow=True)
    assert "L'export n'a pas été fait" in body(response) or "L&#x27;export n&#x27;a pas été fait" in body(
        response
    )


def test_a_notebook_s_grant_opens_the_past_state(town, agent, meals):
    client = signed_in(agent)
    url = page("dataset-notebook", town, meals.slug) + "?version=1"
    assert "Tel qu'il était" in body(client.get(url))
    granted = client.post(url, {"purpose": "catalogue", "hours": 1})
    first = meals.snapshots.get(number=1)
    assert json.loads(body(granted))["grant"]["version"] == first.lake_version
    assert client.get(page("dataset-notebook", town, meals.slug) + "?version=7").status_code == 404


def test_the_api_reads_a_past_state_by_number_and_by_day(town, agent, meals):
    params = tokens.NewToken("Essai", ("dataset.read",), timezone.localdate() + timedelta(days=30))
    secret = tokens.create(town, agent, params, by=agent).secret
    caller = Client(headers={"authorization": f"Bearer {secret}"})
    url = f"/api/v1/t/{town.slug}/datasets/{meals.slug}/rows"
    for params in ("version=1", "au=2025-03-01"):
        message = caller.get(f"{url}?{params}").json()
        assert (message["snapshot"], message["total"]) == (1, 4)
    assert caller.get(url).json()["total"] == 7
    refused = caller.get(f"{url}?au=2020-01-01")
    assert refused.status_code == 422
    assert "n'existait pas encore" in refused.json()["detail"]
    assert body(caller.get(f"{url}.csv?version=1")).count("\r\n") == 5


def test_a_column_found_to_be_about_people_since_is_masked_in_the_past_too(town, agent, steward):
    dataset = poured(town, agent, "familles.csv", FAMILIES).dataset
    poured(town, agent, "familles.csv", FAMILIES + "Roux;Zoé;zoe.roux@example.org;512\n")
    first, last = dataset.snapshots.get(number=1), dataset.snapshots.get(number=2)
    for column in last.columns:
        column["personal"] = "declared" if column["name"] == "quotient" else column["personal"]
    last.save(update_fields=["columns"])
    billing = processing(
        town, "f", title="F", purpose="…", legal_basis="…", covers_personal=True, datasets=[dataset]
    )
    opened = grant(agent, dataset, billing, shows=Shows.GROUPS, snapshot=first)
    assert ("quotient", "hide") in opened.masks


def test_pages_of_the_past_follow_each_other(town, agent):
    lines = "".join(f"École {n};{n}\n" for n in range(1, 121))
    dataset = dataset_of(town, agent, "effectifs.csv", "École;Élèves\n" + lines)
    poured(town, agent, "effectifs.csv", "École;Élèves\n" + lines + "Autre;7\n")
    first = dataset.snapshots.get(number=1)
    html = page_of_rows(agent, dataset, consultation(town), 3, snapshot=first)
    assert ([row[1] for row in html.rows], html.total) == (list(range(101, 121)), 120)


def test_a_stranger_reads_no_past(town, meals):
    from places import a_territory

    other = a_territory("Ailleurs", code="99T02")
    stranger = a_person(other, "administrator", "data_officer", email="etranger@example.org")
    for name in ("dataset", "dataset-export", "dataset-notebook"):
        assert signed_in(stranger).get(page(name, town, meals.slug) + "?version=1").status_code == 404


def test_january_stays_what_it_was(town, agent, meals):
    first = meals.snapshots.get(number=1)
    assert page_of_rows(agent, meals, consultation(town), 1, snapshot=first).total == JANUARY.count("\n") - 1

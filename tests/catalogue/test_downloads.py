"""A file leaves whole or not at all: data that cannot be read are an error, never an empty file under a status of success."""

import pytest
from deliveries import dataset_of
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from beffroi.web.catalogue import lifecycle
from beffroi.web.platform.http.downloads import CUT_SHORT, WholeFilesMiddleware, download

pytestmark = pytest.mark.django_db
# Long enough for files of its own in the lake.
METERS = "Compteur;Index\n" + "".join(f"Compteur {n};{n}\n" for n in range(3_000))


@pytest.fixture
def meters(town, agent, steward):
    """A published dataset."""
    dataset = dataset_of(town, agent, "compteurs.csv", METERS)
    lifecycle.edit_card(dataset, steward, licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    lifecycle.publish(dataset, steward)
    return dataset


@pytest.fixture
def lost(town, meters):
    """The same, whose files are lost."""
    files = list(settings.HOME.territory(town.slug).rglob("*.parquet"))
    assert files
    for file in files:
        file.unlink()
    return meters


def test_a_file_states_its_length(town, meters, client):
    answer = client.get(reverse("portal-dataset-csv", args=[town.slug, meters.slug]))
    body = b"".join(answer.streaming_content)
    assert body.count(b"\r\n") == 3_001
    assert int(answer["Content-Length"]) == len(body)


def test_a_page_reports_that_the_rows_cannot_be_read(town, lost, agent, client):
    client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.get(reverse("dataset-export", args=[town.slug, lost.slug]), follow=True)
    assert "L&#x27;export n&#x27;a pas été fait" in answer.content.decode()


def test_the_public_gets_no_empty_file_by_page_nor_by_program(town, lost, client):
    by_program = client.get(f"/api/v1/p/{town.slug}/datasets/{lost.slug}/rows.csv")
    assert by_program.status_code >= 400
    assert by_program["Content-Type"] == "application/problem+json"
    visitor = Client(raise_request_exception=False)
    assert visitor.get(reverse("portal-dataset-csv", args=[town.slug, lost.slug])).status_code >= 400


def cut_short():
    """A file whose second part cannot be read."""
    yield b"Compteur;Index\r\n"
    raise OSError("lecture impossible")


def test_what_cannot_be_read_later_is_an_error_too_and_nothing_is_sent():
    answering = WholeFilesMiddleware(lambda request: download(cut_short(), "compteurs.csv"))
    with pytest.raises(OSError, match="lecture impossible"):
        answering(RequestFactory().get("/t/ville/donnees/compteurs/export.csv"))
    answer = answering(RequestFactory().get("/api/v1/t/ville/datasets/compteurs/rows.csv"))
    assert isinstance(answer, HttpResponse)
    assert answer.status_code == 500
    assert CUT_SHORT in answer.content.decode()

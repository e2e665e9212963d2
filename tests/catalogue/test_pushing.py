"""A published dataset leaves for a portal, once, with nothing that the public may not read; its token is forgotten."""

import pytest
from deliveries import FAMILIES, dataset_of
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from source_helpers import finish

from beffroi.lake.sources import push as portals
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.models import Dataset
from beffroi.web.catalogue.sources import pushing
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Job
from places import strongly
from servers.portals import TOKEN, Ckan
from servers.web import serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def ckan(settings):
    portal = Ckan()
    with serving(portal) as web:
        settings.ALLOWED_HOSTS_OUT = [web.host]
        portal.address = web.url().rstrip("/")
        yield portal


@pytest.fixture
def published(town, steward):
    dataset = dataset_of(town, steward)
    card = {"licence": "Licence Ouverte 2.0", "producer": "Ville", "owner": steward, "simulated": False}
    lifecycle.edit_card(dataset, steward, **card)
    return lifecycle.publish(dataset, steward)


def page(town, dataset):
    return reverse("dataset-push", args=[town.slug, dataset.slug])


def portal_form(portal):
    return {"kind": "ckan", "url": portal.address, "organization": "", "token": TOKEN}


def test_a_published_dataset_leaves_with_its_card_and_again_without_a_second_one(
    town, steward, ckan, published
):
    client = strongly(Client(), steward)
    for _ in range(2):
        answer = client.post(page(town, published), portal_form(ckan))
        assert answer.status_code == 302, answer.content.decode()
        (job,) = finish(town)
        assert job.state == "done", job.message
        assert TOKEN not in str(Job.objects.of(town).get(pk=job.pk).arguments)
    (package,) = ckan.packages.values()
    assert (package["title"], package["license_id"]) == (published.title, "etalab-2.0")
    assert ckan.uploads == 1
    (content,) = ckan.files.values()
    assert "Jean-Moulin" in content.decode()
    acts = [line.act for line in ledger.lines_of(town)]
    assert acts.count("dataset.push") == 2
    assert TOKEN not in str([line.__dict__ for line in ledger.lines_of(town)])


def test_what_is_not_published_or_is_invented_or_about_people_does_not_leave(town, steward, ckan):
    portal = portals.Ckan(url=ckan.address)
    unpublished = dataset_of(town, steward)
    with pytest.raises(CatalogueError, match="n'est pas publié"):
        pushing.start(unpublished, steward, portal, TOKEN)
    families = dataset_of(town, steward, "familles.csv", FAMILIES)
    families.published_at = families.created_at  # the database refuses such a row
    with pytest.raises(CatalogueError, match="n'est pas publié"):
        pushing.start(families, steward, portal, TOKEN)
    Dataset.objects.filter(pk=unpublished.pk).update(published_at=unpublished.created_at)
    unpublished.refresh_from_db()
    with pytest.raises(CatalogueError, match="simulées"):
        pushing.start(unpublished, steward, portal, TOKEN)
    assert ckan.packages == {}


def test_an_agent_may_not_publish_on_a_portal(town, agent, ckan, published):
    assert strongly(Client(), agent).get(page(town, published)).status_code == 404
    with pytest.raises(PermissionDenied):
        pushing.start(published, agent, portals.Ckan(url=ckan.address), TOKEN)


def test_a_wrong_token_is_reported_and_forgotten(town, steward, ckan, published):
    client = strongly(Client(), steward)
    client.post(page(town, published), portal_form(ckan) | {"token": "un-autre"})
    (job,) = finish(town)
    assert job.state == "failed" and "un-autre" not in job.message
    assert Job.objects.of(town).get(pk=job.pk).arguments["sealed"] == ""
    assert ledger.lines_of(town).last().act != "dataset.push"

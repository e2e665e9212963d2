"""Every page of a territory that a person and a citizen can open, asked for real through the whole site."""

from django.test import Client
from django.urls import reverse

from beffroi.web.catalogue.models import Dataset
from beffroi.web.catalogue.publication.authorisations import published_datasets
from beffroi.web.decisions.models import Proposal
from beffroi.web.platform.models import Person, Territory
from beffroi.web.studio.models import Board
from beffroi.web.workshop.models import SystemUse


def addresses(territory: Territory) -> list[str]:
    """The main pages of the site for this territory, as addresses without host."""
    slug = territory.slug
    names = (
        "territory",
        "catalogue",
        "upload",
        "boards",
        "systems",
        "decisions",
        "trust-register",
        "ledger",
        "people",
        "portal-territory",
        "portal-systems",
        "portal-reports",
        "portal-committee",
        "portal-recommendations",
    )
    paths = [reverse(name, kwargs={"slug": slug}) for name in names]
    paths += [reverse("dataset", args=[slug, d.slug]) for d in Dataset.objects.of(territory)]
    paths += [reverse("board", args=[slug, b.slug]) for b in Board.objects.of(territory)]
    paths += [reverse("system", args=[slug, u.system]) for u in SystemUse.objects.of(territory)]
    paths += [reverse("trust-law", args=[slug, u.system]) for u in SystemUse.objects.of(territory)]
    paths += [reverse("proposal", args=[slug, p.pk]) for p in Proposal.objects.of(territory)[:1]]
    paths += [reverse("portal-dataset", args=[slug, d.slug]) for d in published_datasets(territory)]
    paths += [reverse("portal-system", args=[slug, u.system]) for u in SystemUse.objects.of(territory)]
    return [reverse("portal"), *paths]


def that_answer(territory: Territory, person: Person) -> list[str]:
    """Those that answer 200 to a signed-in person."""
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return [path for path in addresses(territory) if client.get(path).status_code == 200]

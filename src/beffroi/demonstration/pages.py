"""Every page of a territory that a person and a citizen can open, asked for real through the whole site."""

from dataclasses import dataclass

from django.test import Client
from django.urls import reverse

from beffroi.web.catalogue.models import Dataset
from beffroi.web.catalogue.publication.authorisations import published_datasets
from beffroi.web.continuity.crisis import cell
from beffroi.web.decisions.models import Proposal
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.studio.models import Board
from beffroi.web.workshop.models import SystemUse

from .continuity.pages import addresses as continuity_addresses
from .members import Members
from .security import Cast, Security


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
        "cyber",
        "devices",
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
    return [reverse("portal"), *paths, *continuity_addresses(territory)]


def that_answer(territory: Territory, person: Person) -> list[str]:
    """Those that answer 200 to a signed-in person."""
    return _answering(addresses(territory), person)


@dataclass(frozen=True)
class Walk:
    """What one person sees of a part: their address, their place in words, pages that answer 200; without an account, one page."""

    who: str
    words: str
    pages: list[str]


def walks(security: Security) -> list[Walk]:
    """By role, the pages of security that open for each person, the first to open first."""
    cast = security.cast
    town, seat, csirt = cast.commune.slug, cast.seat.slug, cast.csirt.slug
    of_the_town = [
        *(reverse(name, args=[town]) for name in ("cyber", "cyber-incidents", "mail", "offers")),
        *(reverse("register", args=[town, key]) for key in ("devices", "teleservices", "legal_deadlines")),
    ]
    of_each = (
        (cast.secretary, "secrétaire de mairie", of_the_town),
        (cast.mayor, "maire", [reverse("cyber", args=[town]), reverse("plan", args=[town, "cyber_kit"])]),
        (
            cast.security_officer,
            "responsable de la sécurité de l'agglomération",
            [reverse("cyber", args=[seat]), reverse("devices", args=[seat]), reverse("host-cyber")],
        ),
        (cast.responder, "CSIRT", [reverse("cyber", args=[csirt]), reverse("cyber-tickets", args=[csirt])]),
    )
    found = [Walk(person.email, words, _answering(paths, person)) for person, words, paths in of_each]
    outside = {"provider": "prestataire, sans compte", "who_to_call": "« Qui appeler », sans compte"}
    return found + [
        Walk("", words, _answering([security.addresses[key]], None)) for key, words in outside.items()
    ]


def continuity_walks(cast: Cast, members: Members) -> list[Walk]:
    """By role, the pages of continuity that open for each person, the first to open first; all those of the commune for its mayor."""
    with scope.nowhere(), scope.inside(cast.commune):
        everything = continuity_addresses(cast.commune)
        crisis = cell.open_crises(cast.commune)[0]
    town, seat = cast.commune.slug, cast.seat.slug
    cell_page, wall = (reverse(name, args=[town, crisis.pk]) for name in ("crisis", "crisis-wall"))
    of_each = (
        (cast.mayor, "maire : directeur de crise et porte-parole", [wall, reverse("restoration", args=[town]), *everything]),
        (
            cast.secretary,
            "secrétaire de mairie : journal, kit et ressaisie",
            [cell_page, *(reverse(name, args=[town]) for name in ("rekeying", "kit", "paper-forms", "billing", "own-service"))],
        ),
        (
            cast.security_officer,
            "responsable de la sécurité : remise en route et sauvegardes",
            [reverse(name, args=[seat]) for name in ("restart", "backups", "continuity-tests", "exercises")],
        ),
        (members.agent, "cheffe de service", [reverse(name, args=[seat]) for name in ("own-service", "sheets", "outages")]),
        (members.decider, "élu qui signe", [reverse(name, args=[seat]) for name in ("recovery-plans", "outages", "billing")]),
    )  # fmt: skip
    return [
        Walk(person.email, words, _answering(list(dict.fromkeys(paths)), person))
        for person, words, paths in of_each
    ]


def _answering(paths: list[str], person: Person | None) -> list[str]:
    client = Client(headers={"host": "127.0.0.1"})
    if person is not None:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return [path for path in paths if client.get(path).status_code == 200]

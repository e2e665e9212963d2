"""Bundles of roles: what a person comes to do, in one line of French; separations of duties hold inside a bundle."""

from datetime import date

import pytest
from django.test import Client

from beffroi.web.platform import scope
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import (
    BUNDLES,
    INCOMPATIBLE,
    NOT_ASSIGNABLE,
    RIGHTS,
    ROLES,
    SMALL_TOWN,
    find_bundle,
    may,
    roles_of,
)
from beffroi.web.tenancy import host_founding, services
from beffroi.web.tenancy.hosting import HostingContract
from beffroi.web.tenancy.services import LegalAct, NewTerritory
from places import a_person, a_territory, elsewhere, strongly

pytestmark = pytest.mark.django_db
ELECTED = LegalAct("PV n° 1", date(2026, 3, 22))


@pytest.fixture
def town():
    return a_territory(fictional=False)


def test_every_bundle_is_made_of_roles_that_one_person_may_hold_together():
    for bundle in BUNDLES:
        roles = set(bundle.roles_for(mandate=True))
        assert roles <= ROLES.keys() - NOT_ASSIGNABLE - {"service", "partner", "steward"}, bundle.key
        assert not [pair for pair in INCOMPATIBLE if set(pair) <= roles], bundle.key


def test_the_small_town_bundle_does_the_whole_small_town_path_and_decides_only_with_a_mandate():
    acts = frozenset[str]().union(*(RIGHTS[role] for role in SMALL_TOWN.roles))
    path = {"member.invite", "dataset.deposit", "dataset.manage", "recipe.edit", "dataset.publish"}
    assert path <= acts
    assert "decision.record" not in acts
    assert "decider" in SMALL_TOWN.roles_for(mandate=True)


@pytest.mark.parametrize("words", ["Décider", "decider", " DÉCIDER "])
def test_a_bundle_is_found_by_its_french_word_whatever_its_accents(words):
    assert find_bundle(words).roles == ("decider",)
    assert find_bundle("chef") is None


def test_a_town_that_its_syndicate_lets_in_has_the_same_first_person_as_one_that_installs():
    with scope.nowhere():
        made = host_founding.found(
            NewTerritory(code="99777", name="Bourg", kind="commune", population=900),
            HostingContract("processor"),
            email="secretaire@example.org",
            name="Awa",
            by=None,
        )
    person = Person.objects.get(email="secretaire@example.org")
    with elsewhere(made.territory):
        assert roles_of(person, made.territory) == set(SMALL_TOWN.roles)


def invited(town, **posted):
    client = strongly(Client(), a_person(town, "administrator", email="chief@example.org"))
    page = client.post(f"/t/{town.slug}/reglages/personnes/inviter/", {"name": "Awa", **posted})
    return page.status_code, page.content.decode().replace("&#x27;", "'")


def test_the_page_to_invite_takes_one_line_and_gives_its_roles(town):
    status, page = invited(town, email="awa@example.org", bundle="données")
    assert (status, "/entree/" in page) == (200, True)
    assert roles_of(Person.objects.get(email="awa@example.org"), town) == {"data_officer"}


def test_an_elected_person_who_does_everything_decides_by_their_legal_act(town):
    status, _ = invited(
        town,
        email="maire@example.org",
        bundle="tout",
        legal_act_reference="PV n° 1",
        legal_act_date="2026-03-22",
    )
    assert status == 200
    assert may(Person.objects.get(email="maire@example.org"), "decision.record", town)


def test_inviting_to_decide_without_a_mandate_is_refused_and_to_do_nothing_too(town):
    status, page = invited(town, email="elue@example.org", bundle="décider")
    assert (status, "référence et la date de l'acte" in page) == (422, True)
    client = strongly(Client(), Person.objects.get(email="chief@example.org"))
    page = client.post(f"/t/{town.slug}/reglages/personnes/inviter/", {"name": "B", "email": "b@example.org"})
    assert "Choisissez ce que fera cette personne" in page.content.decode()
    assert not Person.objects.filter(email__in=["elue@example.org", "b@example.org"]).exists()


def test_the_page_shows_four_lines_and_keeps_the_roles_behind_a_fold(town):
    client = strongly(Client(), a_person(town, "administrator"))
    page = client.get(f"/t/{town.slug}/reglages/personnes/inviter/").content.decode()
    seen, _, folded = page.partition("<summary>Choisir en détail")
    assert seen.count('name="bundle"') == len(BUNDLES) == 4
    assert 'name="roles"' not in seen
    assert 'name="roles"' in folded


def test_a_bundle_does_not_lift_an_incompatibility(town):
    adviser = services.admit(town, "dpo@example.org", "Dpo", ["dpo"], by=None)
    with pytest.raises(services.PeopleError, match="qui conseille ou contrôle ne décide pas"):
        services.admit(
            town, adviser.email, "", SMALL_TOWN.roles_for(mandate=True), by=None, legal_act=ELECTED
        )
    assert roles_of(adviser, town) == {"dpo"}

"""Coming in: single-use links, invitation only, no default password."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.tenancy import services
from beffroi.web.tenancy.models import EntryLink
from beffroi.web.tenancy.signin import make_link
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


def path_of(link: str) -> str:
    return "/" + link.split("/", 3)[3]


def test_a_link_lets_in_once():
    path = path_of(make_link(a_person(a_territory(), "agent"), "signin"))
    assert Client().get(path).status_code == 200
    first, second = Client(), Client()
    assert first.post(path).status_code == 302
    assert first.get("/accueil/").status_code == 302
    assert second.post(path).status_code == 410
    assert second.get("/accueil/").headers["Location"].startswith("/compte/login/")


def test_looking_at_a_link_does_not_burn_it():
    path = path_of(make_link(a_person(a_territory(), "agent"), "signin"))
    for _ in range(3):
        assert Client().get(path).status_code == 200


def test_an_expired_link_states_what_to_do():
    path = path_of(make_link(a_person(a_territory(), "agent"), "signin"))
    EntryLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    answer = Client().get(path)
    assert answer.status_code == 410
    assert "beffroi signin" in answer.content.decode()


def test_the_secret_of_a_link_is_not_stored():
    link = make_link(a_person(a_territory(), "agent"), "signin")
    secret = link.rstrip("/").rsplit("/", 1)[1]
    assert secret not in str(EntryLink.objects.values().get())


def test_an_invitation_names_who_invites_and_leads_to_choosing_a_password():
    town = a_territory("Bourg")
    path = path_of(services.invite(town, "nouveau@b.example", "", ["agent"], by=None))
    assert "Vous rejoignez <strong>Bourg</strong>" in Client().get(path).content.decode()
    assert Client().post(path).headers["Location"] == "/compte/password/set/"


def test_an_invited_person_has_no_password_until_they_choose_one():
    assert not a_person(a_territory(), "agent").has_usable_password()


def test_nobody_signs_up_by_themselves():
    answer = Client().get("/compte/signup/")
    assert "password1" not in answer.content.decode()


def test_a_common_password_is_refused():
    person = a_person(a_territory(), "agent")
    client = Client()
    client.post(path_of(make_link(person, "invite")))
    answer = client.post("/compte/password/set/", {"password1": "password1234", "password2": "password1234"})
    person.refresh_from_db()
    assert answer.status_code == 200
    assert not person.has_usable_password()


def test_a_chosen_password_signs_in():
    person = a_person(a_territory(), "agent")
    client = Client()
    client.post(path_of(make_link(person, "invite")))
    client.post(
        "/compte/password/set/", {"password1": "quatre beaux clochers", "password2": "quatre beaux clochers"}
    )
    other = Client()
    other.post("/compte/login/", {"login": person.email, "password": "quatre beaux clochers"})
    assert other.get("/accueil/").headers["Location"] == f"/t/{a_slug(person)}/"


def a_slug(person):
    return person.memberships.first().territory.slug

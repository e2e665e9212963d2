"""The sessions of a person: seen, ended one by one, all at once, and by who runs the place."""

import time

import pytest
from django.contrib.auth import get_user
from django.core.exceptions import PermissionDenied
from django.test import Client

from beffroi.web.platform import ledger
from beffroi.web.platform.http.client_address import device_name
from beffroi.web.platform.models import Person
from beffroi.web.tenancy.signin.sessions import end_sessions
from places import a_person, a_territory, elsewhere, strongly
from support.resumed_forms import send_again

pytestmark = pytest.mark.django_db
PASSWORD = "quatre beaux clochers"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)


@pytest.fixture
def person() -> Person:
    return Person.objects.create_user("agent@mairie.example", PASSWORD, name="Agent")


def a_browser(agent: str = FIREFOX, address: str = "192.0.2.7") -> Client:
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    client.post("/compte/login/", {"login": "agent@mairie.example", "password": PASSWORD})
    assert entered(client)
    return client


def entered(client: Client) -> bool:
    return get_user(client).is_authenticated


def test_the_page_states_where_the_account_is_open(person):
    desk, _phone = a_browser(), a_browser(PHONE, "198.51.100.4")
    page = desk.get("/compte/sessions/").content.decode()
    assert "Firefox sur Linux" in page and "Chrome sur Android" in page
    assert "192.0.2.7" in page and "198.51.100.4" in page
    assert page.count("celui-ci") == 1


def test_one_session_is_ended_without_the_others(person):
    desk, phone, tablet = a_browser(), a_browser(PHONE), a_browser(address="198.51.100.9")
    rows = desk.get("/compte/sessions/").context["rows"]
    (there,) = [row for row in rows if row.device == "Chrome sur Android"]
    assert desk.post(f"/compte/sessions/{there.pk}/fermer/").status_code == 302
    assert not entered(phone) and entered(desk) and entered(tablet)


def test_all_the_others_are_ended_at_once(person):
    desk, phone, tablet = a_browser(), a_browser(PHONE), a_browser()
    desk.post("/compte/sessions/")
    assert entered(desk) and not entered(phone) and not entered(tablet)


def test_ending_sessions_requires_the_password_again_after_a_while_then_goes_on(person):
    desk, phone, tablet = a_browser(), a_browser(PHONE), a_browser()
    rows = desk.get("/compte/sessions/").context["rows"]
    (there,) = [row for row in rows if row.device == "Chrome sur Android"]
    for path, deleted in ((f"/compte/sessions/{there.pk}/fermer/", phone), ("/compte/sessions/", tablet)):
        session = desk.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 3600}]
        session.save()
        requested = desk.post(path)
        assert requested.status_code == 302 and requested.headers["Location"].startswith(
            "/compte/reauthenticate/"
        )
        assert entered(deleted)
        proved = desk.post(requested.headers["Location"], {"password": PASSWORD})
        assert send_again(desk, proved.headers["Location"]).status_code == 302
        assert entered(desk) and not entered(deleted)


def test_nobody_ends_the_session_of_someone_else(person):
    desk = a_browser()
    (own,) = desk.get("/compte/sessions/").context["rows"]
    other = Person.objects.create_user("autre@mairie.example", name="Autre")
    thief = Client()
    thief.force_login(other, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert thief.post(f"/compte/sessions/{own.pk}/fermer/").status_code == 404
    assert entered(desk)


def test_the_administrator_ends_those_of_a_member_and_the_ledger_states_it(person):
    town = a_territory(fictional=False)
    a_person(town, "agent", email=person.email)
    admin = strongly(Client(), a_person(town, "administrator"))
    desk, phone = a_browser(), a_browser(PHONE)
    answer = admin.post(f"/t/{town.slug}/reglages/personnes/{person.pk}/sessions/")
    assert answer.status_code == 302
    assert not entered(desk) and not entered(phone) and entered(admin)
    with elsewhere(town):
        line = ledger.lines_of(town).last()
    assert (line.act, line.thing) == ("session.end", f"person:{person.pk}")


def test_only_who_has_the_right_and_only_for_a_member(person):
    town, other = a_territory(fictional=False), a_territory("Ailleurs", code="99T02", fictional=False)
    a_person(town, "agent", email=person.email)
    stranger = a_person(other, "administrator", email="admin@ailleurs.example")
    desk = a_browser()
    with elsewhere(town), pytest.raises(PermissionDenied):
        end_sessions(person, stranger, town)
    with elsewhere(other), pytest.raises(PermissionDenied):
        end_sessions(person, stranger, other)
    client = strongly(Client(), stranger)
    assert client.post(f"/t/{other.slug}/reglages/personnes/{person.pk}/sessions/").status_code == 404
    assert entered(desk)


def test_changing_the_password_closes_the_other_sessions(person):
    desk, phone = a_browser(), a_browser(PHONE)
    new = "tramway citron bottine"
    desk.post("/compte/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert entered(desk) and not entered(phone)


def test_an_unknown_browser_is_called_so():
    assert device_name("") == "Navigateur inconnu"


def test_a_session_left_for_long_is_closed_and_one_in_use_ends_after_its_twelve_hours(settings):
    town = a_territory("Nantes", code="44109", fictional=False)
    page = f"/t/{town.slug}/"
    for active, opened in ((settings.SESSION_IDLE_SECONDS + 1, 0), (30, settings.SESSION_COOKIE_AGE + 1)):
        client = strongly(Client(), a_person(town, "agent", email=f"agent{opened}@mairie.example"))
        assert client.get(page).status_code == 200
        session, now = client.session, time.time()
        session["beffroi_active_at"], session["beffroi_opened_at"] = now - active, now - opened
        session.save()
        answer = client.get(page)
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/compte/login/")
        assert "ouverte trop longtemps" in client.get(answer.headers["Location"]).content.decode()


def test_who_proves_again_who_they_are_is_granted_another_key_and_the_former_opens_nothing(person):
    desk, thief = a_browser(), Client()
    thief.cookies = desk.cookies.copy()
    assert entered(thief)
    assert desk.post("/compte/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert entered(desk) and not entered(thief)
    rows = desk.get("/compte/sessions/").context["rows"]
    assert [row.here for row in rows] == [True]
    assert person.pk == int(desk.session["_auth_user_id"])


def test_a_session_that_ends_by_itself_has_the_browser_forget_the_site(person):
    client = a_browser()
    session = client.session
    session["beffroi_active_at"] = time.time() - 3 * 3600
    session.save()
    assert client.get("/compte/sessions/").headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not entered(client)


def test_signing_out_has_the_browser_forget_the_site():
    town = a_territory("Nantes", code="44109", fictional=False)
    answer = strongly(Client(), a_person(town, "agent")).post("/compte/logout/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'

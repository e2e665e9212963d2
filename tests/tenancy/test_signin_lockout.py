"""Failed passwords: the attacker is stopped, the person is not, and nobody learns which accounts exist."""

import secrets
from datetime import timedelta
from threading import Thread
from typing import ClassVar

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from beffroi.web.platform import scope
from beffroi.web.platform.models import Person
from beffroi.web.tenancy.models import SignInCounter
from beffroi.web.tenancy.signin import lockout, make_link
from beffroi.web.tenancy.signin.devices import cookie_name

pytestmark = pytest.mark.django_db
PASSWORD = "quatre beaux clochers"


class CountingHasher(PBKDF2PasswordHasher):
    """The real one, which writes down how many iterations each hash takes."""

    spent: ClassVar[list[int]] = []

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        self.spent.append(iterations or self.iterations)
        return super().encode(password, salt, iterations)


@pytest.fixture
def victim() -> Person:
    return Person.objects.create_user("maire@mairie.example", PASSWORD, name="La maire")


def tries(client: Client, password: str, *, email: str = "maire@mairie.example", address: str = "192.0.2.1"):
    return client.post("/compte/login/", {"login": email, "password": password}, REMOTE_ADDR=address)


def entered(client: Client) -> bool:
    return get_user(client).is_authenticated


def is_blocked(answer) -> bool:
    return "Trop d" in answer.content.decode() and "lien d" in answer.content.decode()


def flood(count: int, *, email: str = "maire@mairie.example", addresses: int = 1) -> list:
    attacker = Client()
    return [
        tries(attacker, f"faux {n}", email=email, address=f"198.51.100.{n % addresses + 1}")
        for n in range(count)
    ]


def test_an_attacker_is_stopped_after_a_few_tries(victim: Person):
    answers = flood(7)
    assert [is_blocked(a) for a in answers] == [False] * 5 + [True] * 2
    attacker = Client()
    assert is_blocked(tries(attacker, PASSWORD, address="198.51.100.1"))
    assert not entered(attacker), "the right password passed while blocked"


def test_the_message_states_until_when_and_the_other_ways_in(victim: Person):
    page = flood(6)[-1].content.decode()
    until = timezone.localtime(SignInCounter.objects.exclude(blocked_until=None).first().blocked_until)
    assert f"{until:%H} h {until:%M}" in page
    assert "clé d" in page and "fournisseur" in page


def test_a_flood_from_many_addresses_is_stopped_for_the_account(victim: Person):
    answers = flood(30, addresses=30)
    assert sum(not is_blocked(a) for a in answers) == lockout.UNKNOWN.most


def test_the_victim_still_enters_from_a_known_device(victim: Person):
    at_home = Client()
    tries(at_home, PASSWORD)
    assert entered(at_home)
    at_home.post("/compte/logout/")
    flood(40, addresses=40)
    assert is_blocked(tries(Client(), PASSWORD)), "an unknown device should wait"
    tries(at_home, PASSWORD)
    assert entered(at_home)


def test_the_victim_still_enters_by_a_link_and_their_browser_is_known_from_then_on(victim: Person):
    flood(40, addresses=40)
    fresh = Client()
    with scope.host():
        link = make_link(victim, "signin")
    fresh.post("/" + link.split("/", 3)[3])
    assert entered(fresh)
    fresh.post("/compte/logout/")
    tries(fresh, PASSWORD)
    assert entered(fresh)


def test_a_known_device_is_slowed_down_for_itself_only(victim: Person):
    at_home, at_work = Client(), Client()
    for client in (at_home, at_work):
        tries(client, PASSWORD)
        client.post("/compte/logout/")
    for _ in range(lockout.DEVICE.most):
        assert not is_blocked(tries(at_home, "faux"))
    for n in range(lockout.PAIR.most):  # from now on a stranger
        tries(at_home, f"faux {n}")
    assert is_blocked(tries(at_home, PASSWORD))
    tries(at_work, PASSWORD)
    assert entered(at_work)


def test_a_device_is_known_for_its_own_account_only(victim: Person):
    Person.objects.create_user("autre@mairie.example", PASSWORD, name="Autre")
    attacker = Client()
    tries(attacker, PASSWORD, email="autre@mairie.example")
    attacker.post("/compte/logout/")
    answers = [tries(attacker, f"faux {n}") for n in range(7)]
    assert is_blocked(answers[-1])


def test_a_forged_or_copied_mark_is_worth_nothing(victim: Person):
    client = Client()
    tries(client, PASSWORD)
    cookie = client.cookies[cookie_name()]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert "maire" not in cookie.value
    forger = Client()
    forger.cookies[cookie_name()] = cookie.value[:-3] + "abc"
    assert is_blocked([tries(forger, f"faux {n}") for n in range(6)][-1])


def test_one_s_own_sign_ins_between_tries_do_not_wipe_the_slate(victim: Person):
    Person.objects.create_user("pirate@mairie.example", PASSWORD, name="P")
    answers = []
    for n in range(7):
        tries(Client(), PASSWORD, email="pirate@mairie.example", address="198.51.100.1")
        answers.append(tries(Client(), f"faux {n}", address="198.51.100.1"))
    assert is_blocked(answers[-1])


def test_many_accounts_tried_from_one_address_stop_it(victim: Person):
    answers = [
        tries(Client(), "faux", email=f"agent{n}@mairie.example") for n in range(lockout.ADDRESS.most + 1)
    ]
    assert is_blocked(answers[-1]) and not is_blocked(answers[-2])


def test_the_block_ends(victim: Person):
    flood(6)
    SignInCounter.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    client = Client()
    tries(client, PASSWORD, address="198.51.100.1")
    assert entered(client)


def test_an_account_that_does_not_exist_answers_the_same(victim: Person):
    def errors_of(answers: list) -> list[list[str]]:
        return [sorted(set(a.context["form"].errors.get("__all__", []))) for a in answers]

    existing, absent = flood(7), flood(7, email="personne@mairie.example")
    assert [a.status_code for a in existing] == [a.status_code for a in absent]
    assert errors_of(existing)[:5] == errors_of(absent)[:5]
    assert [is_blocked(a) for a in existing] == [is_blocked(a) for a in absent]


def test_an_account_that_does_not_exist_costs_as_many_hashes(settings, victim: Person):
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    victim.set_password(PASSWORD)
    victim.save()

    def iterations(email: str) -> list[int]:
        SignInCounter.objects.all().delete()
        CountingHasher.spent.clear()
        assert not entered(client := Client()) and tries(client, "faux", email=email)
        return list(CountingHasher.spent)

    existing, absent = iterations("maire@mairie.example"), iterations("personne@mairie.example")
    assert existing == absent == [PBKDF2PasswordHasher.iterations]


def test_counters_are_in_the_database_not_in_the_process(victim: Person):
    for n in range(7):
        cache.clear()
        last = tries(Client(), f"faux {n}")
    assert is_blocked(last)
    assert "maire" not in str(list(SignInCounter.objects.values()))


def test_old_counters_are_forgotten(victim: Person):
    flood(6)
    count = SignInCounter.objects.count()
    assert lockout.clean_up() == 0
    SignInCounter.objects.update(
        since=timezone.now() - lockout.RETENTION - timedelta(hours=1), blocked_until=None
    )
    assert lockout.clean_up() == count


def test_the_password_requested_again_is_counted_too(victim: Person):
    client = Client()
    tries(client, PASSWORD)
    answers = [client.post("/compte/reauthenticate/", {"password": f"faux {n}"}) for n in range(16)]
    assert any(is_blocked(a) for a in answers if a.status_code == 200)


# On PostgreSQL the application's role cannot empty the tables, and its server lets the threads in beside this test's transaction.
@pytest.mark.django_db(transaction=connection.vendor != "postgresql")
def test_many_tries_at_once_do_not_pass_together():
    # The counter itself: asked by pages, strangers would wait for each other in the site's own lanes.
    admitted: list[bool] = []
    token = secrets.token_hex(4)

    def one() -> None:
        try:
            attempt = lockout.begin(RequestFactory().post("/"), f"maire-{token}@mairie.example", "192.0.2.1")
            admitted.append(attempt.blocked_until is None)
        finally:
            connection.close()

    threads = [Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(admitted) == [False] * (12 - lockout.PAIR.most) + [True] * lockout.PAIR.most


def changed(client: Client, current: str, new: str):
    return client.post(
        "/compte/password/change/", {"oldpassword": current, "password1": new, "password2": new}
    )


@pytest.fixture
def inside(victim: Person) -> Client:
    client = Client()
    tries(client, PASSWORD)
    return client


def test_who_chooses_a_new_password_may_be_refused_many_times(victim: Person, inside: Client):
    cache.clear()
    for n in range(12):
        answer = changed(inside, PASSWORD, f"azerty{n:06}")
        assert answer.status_code == 200
    page = answer.content.decode()
    assert page.count("Prenez plutôt quatre mots") == 2  # in the list, and at the field
    assert "Ce que vous avez saisi est conservé" not in page and "saisissez-le à nouveau" in page
    assert changed(inside, PASSWORD, "tramway citron bottine 12").status_code == 302
    victim.refresh_from_db()
    assert victim.check_password("tramway citron bottine 12")


def test_a_current_password_guessed_to_change_it_is_counted_like_any_other(victim: Person, inside: Client):
    cache.clear()
    answers = [changed(inside, f"faux {n}", "tramway citron bottine 12") for n in range(lockout.DEVICE.most)]
    assert not any(is_blocked(answer) for answer in answers)
    changed(inside, "encore faux", "tramway citron bottine 12")
    for n in range(lockout.PAIR.most):
        changed(inside, f"faux {n}", "tramway citron bottine 12")
    assert is_blocked(changed(inside, PASSWORD, "tramway citron bottine 12"))
    victim.refresh_from_db()
    assert victim.check_password(PASSWORD)

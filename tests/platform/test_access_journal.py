"""The journal of access: what happens to an account is written down, shown to who may read it, sent on, and forgotten."""

import json
import logging
import logging.handlers
import socket
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.access_log import journal
from beffroi.web.platform.models import AccessEvent, Person
from beffroi.web.tenancy import services
from beffroi.web.tenancy.signin import make_link
from places import a_person, a_territory, as_host, elsewhere, strongly

pytestmark = pytest.mark.django_db
PASSWORD = "quatre beaux clochers"


@pytest.fixture
def town():
    return a_territory("Nantes", code="44109", fictional=False)


@pytest.fixture
def agent(town) -> Person:
    person = a_person(town, "agent")
    person.set_password(PASSWORD)
    person.save()
    return person


def kinds() -> list[str]:
    return [event.kind for event in events()]


def events() -> list[AccessEvent]:
    """All but changes of roles, as the host reads them: the first one first."""
    with as_host():
        return list(
            AccessEvent.objects.select_related("person", "territory").exclude(kind="roles").order_by("pk")
        )


def sign_in(email: str, password: str) -> Client:
    client = Client(REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    client.post("/compte/login/", {"login": email, "password": password})
    return client


def test_entries_failures_and_exits_are_written_with_where_they_came_from(town, agent):
    sign_in(agent.email, "faux mot de passe")
    client = sign_in(agent.email, PASSWORD)
    client.post("/compte/logout/")
    Client().post("/" + make_link(agent, "signin").split("/", 3)[3])
    assert kinds() == ["failed", "entered", "left", "entered"]
    failed, entered, _, by_link = events()
    assert failed.person == entered.person == agent
    assert (failed.address, failed.device) == ("192.0.2.7", "Firefox sur Linux")
    assert (entered.detail, by_link.detail) == ("mot de passe", "lien d'entrée")


def test_a_wrong_code_is_written_like_a_wrong_password(agent):
    TOTP.activate(agent, generate_totp_secret())
    client = sign_in(agent.email, PASSWORD)
    assert client.post("/compte/2fa/authenticate/", {"code": "000000"}).status_code == 200
    (failed,) = [event for event in events() if event.kind == "failed"]
    assert (failed.person, failed.detail) == (agent, "code du second facteur")
    assert "000000" not in journal.as_json(failed)


def test_tries_on_an_account_that_does_not_exist_and_lock_outs_are_written_and_never_what_was_typed(agent):
    sign_in("personne@example.org", "un mot de passe tapé")
    for _ in range(6):
        sign_in(agent.email, "faux mot de passe")
    assert kinds() == ["failed"] * 6 + ["locked"]
    assert events()[0].person is None
    written = " ".join(journal.as_json(event) for event in events())
    assert "tapé" not in written and "faux" not in written and "personne@example.org" not in written


def test_a_change_of_roles_is_written_in_its_own_territory(town, agent):
    keeper = a_person(town, "administrator")
    services.invite(town, "nouvelle@mairie.example", "Nouvelle", ["agent"], by=keeper)
    with as_host():
        event = AccessEvent.objects.select_related("person", "territory").filter(kind="roles").latest("pk")
    assert (event.territory, event.detail, event.person.email) == (
        town,
        "member.admit",
        "nouvelle@mairie.example",
    )


def test_the_page_shows_the_members_of_one_s_territory_to_who_may_read_it(town, agent):
    other = a_territory("Rezé", code="44143", fictional=False)
    with elsewhere(other):
        stranger = a_person(other, "agent", email="voisin@reze.example")
        Person.objects.filter(pk=stranger.pk).update(name="Voisin Inconnu")
    sign_in(agent.email, "faux mot de passe")
    journal.record(None, AccessEvent.Kind.ENTERED, stranger)
    page = reverse("access-journal", args=[town.slug])
    reader = strongly(Client(), a_person(town, "security_officer"))
    displayed = reader.get(page).content.decode()
    assert (
        "mot de passe, code ou clé refusé" in displayed
        and "192.0.2.7" in displayed
        and "Voisin Inconnu" not in displayed
    )
    assert '<table class="stacked">' in displayed  # on a phone, what happened is not out of sight sideways
    lines = b"".join(reader.get(reverse("access-journal-export", args=[town.slug])).streaming_content)
    message = [json.loads(line) for line in lines.decode().splitlines()]
    assert "failed" in {line["event"] for line in message}
    assert stranger.pk not in {line["account"] for line in message}
    assert strongly(Client(), agent).get(page).status_code == 404


def test_events_leave_for_another_machine_as_they_come(agent, django_capture_on_commit_callbacks):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        other.settimeout(5)
        handler = logging.handlers.SysLogHandler(address=other.getsockname(), facility="authpriv")
        handler.setFormatter(logging.Formatter("beffroi: %(message)s"))
        logger = logging.getLogger("beffroi.access")
        logger.addHandler(handler)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                sign_in(agent.email, "faux mot de passe")
            received = other.recv(4096).decode()
        finally:
            logger.removeHandler(handler)
            handler.close()
    line = json.loads(received.partition("beffroi: ")[2].rstrip("\0"))
    assert (line["event"], line["account"], line["address"]) == ("failed", agent.pk, "192.0.2.7")


def test_events_are_forgotten_after_a_year(agent):
    with as_host():
        for age in (364, 366):
            AccessEvent.objects.create(kind="entered", person=agent, at=timezone.now() - timedelta(days=age))
    journal.delete_expired()
    assert kinds() == ["entered"]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE platform_accessevent SET person_id = NULL",
        "DELETE FROM platform_accessevent",
        "INSERT OR REPLACE INTO platform_accessevent (id, at, kind, detail, address, device) "
        "SELECT id, at, 'left', '', '', '' FROM platform_accessevent",
    ],
)
def test_the_database_itself_refuses_to_rewrite_the_journal(agent, sql):
    if "REPLACE" in sql and connection.vendor == "postgresql":
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")
    with as_host():
        AccessEvent.objects.create(kind="failed", person=agent, at=timezone.now() - timedelta(days=360))
    with (
        as_host(),
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)

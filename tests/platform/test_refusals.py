"""Refusals in the journal of access: hidden pages, forged forms, dead tokens, keys, floods; counted when they are too many."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.hashing import hash_secret
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.platform.access_log import journal
from beffroi.web.platform.access_log.line_limits import A_MINUTE, AN_HOUR, LineLimits
from beffroi.web.platform.concurrency import middleware
from beffroi.web.platform.concurrency.fair_queue import Bounds, FairQueue
from beffroi.web.platform.models import AccessEvent, ApiToken
from beffroi.web.tenancy import tokens
from places import a_person, a_territory, as_host, elsewhere, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return a_territory()


@pytest.fixture
def agent(town):
    return a_person(town, "agent")


def written(*kinds: str) -> list[AccessEvent]:
    with as_host():
        found = AccessEvent.objects.select_related("person", "territory").filter(kind__in=kinds)
        return list(found.order_by("pk"))


def a_token(town, person, *acts: str) -> tokens.Issued:
    until = timezone.localdate() + timedelta(days=5)
    return tokens.create(
        town, person, tokens.NewToken("Carnet", acts or ("dataset.read",), until, ()), by=person
    )


def test_a_page_that_a_guard_hides_is_written_by_its_route_and_not_its_query(client, town, agent):
    client.force_login(agent)
    assert client.get(reverse("access-journal", args=[town.slug]), {"personne": "secret"}).status_code == 404
    assert client.get(reverse("host")).status_code == 404
    here, host = written("denied")
    assert (here.person, here.territory, here.detail) == (agent, town, "access-journal")
    assert (host.person, host.territory, host.detail) == (agent, None, "host")
    assert "secret" not in journal.as_json(here)


def test_the_page_of_the_journal_states_in_words_what_was_refused(client, town, agent):
    client.force_login(agent)
    client.get(reverse("access-journal", args=[town.slug]))
    reader = strongly(Client(), a_person(town, "security_officer"))
    page = reader.get(reverse("access-journal", args=[town.slug])).content.decode()
    assert "page ou donnée refusée (consulter les connexions et leurs échecs)" in page


def test_a_page_that_is_open_or_does_not_exist_writes_nothing(client, town, agent):
    client.get(reverse("access-journal", args=[town.slug]))  # to sign-in
    client.force_login(agent)
    assert client.get(reverse("territory", args=[town.slug])).status_code == 200
    assert client.get("/rien/").status_code == 404
    assert written("denied") == []


def test_who_was_refused_in_another_territory_is_named_to_their_own_territory_only(client, town):
    other = a_territory("Rezé", code="44143")
    with elsewhere(other):
        stranger = a_person(other, "agent", email="voisin@example.org")
    client.force_login(stranger)
    assert client.get(reverse("territory", args=[town.slug])).status_code == 404
    reader = strongly(Client(), a_person(town, "security_officer"))
    assert (
        "une personne d&#x27;un autre territoire"
        in reader.get(reverse("access-journal", args=[town.slug])).content.decode()
    )
    exported = b"".join(reader.get(reverse("access-journal-export", args=[town.slug])).streaming_content)
    (line,) = [
        encode for encode in map(json.loads, exported.decode().splitlines()) if encode["event"] == "denied"
    ]
    assert line["account"] is None
    requested = reader.get(reverse("access-journal", args=[town.slug]), {"personne": stranger.pk})
    assert requested.context["rows"] == []
    assert json.loads(journal.as_json(written("denied")[0]))["account"] == stranger.pk


@pytest.mark.parametrize("posted", [{}, {"csrfmiddlewaretoken": "faux"}])
def test_a_form_without_its_token_is_written(town, agent, posted):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(agent)
    assert strict.post("/compte/sessions/", posted).status_code == 403
    (event,) = written("forged", "denied")
    assert (event.kind, event.person, event.detail) == ("forged", agent, "usersessions_list")


def test_a_dead_or_unknown_token_is_written_and_never_the_token(client, town, agent):
    dead = a_token(town, agent)
    ApiToken.objects.filter(digest=hash_secret(dead.secret)).update(revoked_at=timezone.now())
    for secret in (dead.secret, "bft_jamaisdonné"):
        answer = client.get(f"/api/v1/t/{town.slug}", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 401
    of_agent, unknown = written("token")
    assert (of_agent.person, of_agent.territory) == (agent, town)
    assert (unknown.person, unknown.territory) == (None, None)
    message = "".join(map(journal.as_json, written("token")))
    assert dead.secret not in message and "jamaisdonn" not in message


def test_a_token_that_goes_beyond_its_acts_is_written(client, town, agent):
    headers = {"Authorization": f"Bearer {a_token(town, agent, 'board.read').secret}"}
    assert client.get(f"/api/v1/t/{town.slug}/deliveries/1", headers=headers).status_code == 404
    (event,) = written("denied")
    assert (event.person, event.territory) == (agent, town) and "deliver" in event.detail


def test_too_many_requests_are_written(client, town, monkeypatch):
    monkeypatch.setattr(middleware, "queue", FairQueue(Bounds(in_line=0)))
    assert client.get("/").status_code == 429
    (event,) = written("limited")
    assert (event.person, event.address) == (None, "127.0.0.1")


def test_a_refused_file_is_written(town, agent):
    catalogue.stage(catalogue.receive(town, agent, "rien.xlsx", [b"PK\x03\x04 not a workbook"]))
    (event,) = written("file")
    assert (event.person, event.territory) == (agent, town)


def test_a_refused_passkey_is_written_with_the_account_that_it_names(client, agent):
    client.get("/compte/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert (
        client.post("/compte/2fa/webauthn/login/", {"credential": json.dumps(a_false_key(agent))}).status_code
        == 302
    )
    (event,) = written("failed")
    assert (event.person, event.detail) == (agent, "clé d'accès")
    assert client.post("/compte/2fa/webauthn/login/", {"credential": '{"type": "rien"}'}).status_code == 302
    assert written("failed")[1].person is None


def a_false_key(person) -> dict[str, object]:
    """What a browser sends after a key was used, made by somebody who has not the key."""
    from base64 import urlsafe_b64encode

    from allauth.account.utils import user_pk_to_url_str

    def encode(raw: bytes) -> str:
        return urlsafe_b64encode(raw).decode().rstrip("=")

    collected = {"type": "webauthn.get", "challenge": encode(b"0" * 32), "origin": "http://testserver"}
    response = {
        "clientDataJSON": encode(json.dumps(collected).encode()),
        "authenticatorData": encode(b"\0" * 37),
        "signature": encode(b"false"),
        "userHandle": encode(user_pk_to_url_str(person).encode()),
    }
    return {"id": encode(b"key"), "rawId": encode(b"key"), "type": "public-key", "response": response}


def test_a_link_that_opens_nothing_is_written_and_never_the_link(client):
    assert client.get("/entree/rien-du-tout/").status_code == 410
    (event,) = written("failed")
    assert event.person is None and "rien-du-tout" not in journal.as_json(event)


def test_a_flood_from_one_address_is_counted_and_not_written(client, town, agent, monkeypatch):
    clock = 6_000_000.0
    monkeypatch.setattr("beffroi.web.platform.access_log.line_limits.time.time", lambda: clock)
    client.force_login(agent)
    for _ in range(A_MINUTE + 7):
        client.get(reverse("host"))
    assert len(written("denied")) == A_MINUTE
    clock += 60
    client.get(reverse("host"))
    *_, counting, last = written("denied")
    assert len(written("denied")) == A_MINUTE + 2
    assert counting.detail.startswith("et 7 autres") and counting.address == "127.0.0.1"
    assert last.person == agent


def test_a_flood_from_many_addresses_is_bounded_in_the_hour_and_takes_no_memory():
    limits = LineLimits()
    admitted = sum(limits.admit("failed", f"192.0.2.{n}", now=3600.0) for n in range(AN_HOUR + 50))
    assert admitted == AN_HOUR
    assert limits.admit("locked", "192.0.2.1", now=3600.0)
    assert limits.take_skipped(now=3601.0) == {}
    assert limits.take_skipped(now=3660.0) == {("failed", ""): 50}
    assert limits.take_skipped(now=3660.0) == {}
    assert not limits.admit("failed", "192.0.2.9", now=3661.0)
    assert limits.admit("failed", "192.0.2.9", now=7200.0)


def test_what_a_service_refuses_is_written_where_the_view_hides_it(client, town, agent, monkeypatch):
    def refused(*_, **__):
        raise PermissionDenied

    monkeypatch.setattr("beffroi.web.tenancy.token_views.tokens.create", refused)
    client.force_login(agent)
    until = (timezone.localdate() + timedelta(days=5)).isoformat()
    requested = {"label": "Carnet", "bearer": "moi", "acts": ["dataset.read"], "until": until}
    assert client.post(reverse("tokens", args=[town.slug]), requested).status_code == 404
    (event,) = written("denied")
    assert (event.person, event.territory, event.detail) == (agent, town, "tokens")

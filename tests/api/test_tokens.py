"""What a token opens, and all that it never opens: one test a rule, through real requests."""

from datetime import date, timedelta

import pytest
from callers import a_token
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from beffroi.hashing import hash_secret
from beffroi.web.platform import ledger
from beffroi.web.platform.api import authentication
from beffroi.web.platform.models import ApiToken, Membership, Person
from beffroi.web.platform.rights import ACTS, ROLES, may
from beffroi.web.tenancy import tokens
from beffroi.web.tenancy.models import EntryLink
from beffroi.web.tenancy.signin import make_link, use_link
from beffroi.web.tenancy.tokens import NewToken, TokenError
from places import a_person, a_territory, elsewhere

pytestmark = pytest.mark.django_db


def acts_of(territory):
    return [line.act for line in ledger.lines_of(territory)]


def refused_by_the_database(change):
    with pytest.raises(DatabaseError), transaction.atomic():
        change()


def test_a_token_opens_what_it_states_and_its_secret_is_stored_nowhere(town, steward, program):
    issued = a_token(town, steward, "dataset.read")
    answer = program(issued.secret).get(f"t/{town.slug}")
    assert answer.status_code == 200
    assert [act["act"] for act in answer.json()["acts"]] == ["territory.enter", "dataset.read"]
    assert issued.secret.startswith("bft_")
    row = ApiToken.objects.of(town).values().get()
    assert issued.secret not in str(row)
    assert row["digest"] == hash_secret(issued.secret)


def test_creating_and_revoking_write_one_line_each_without_the_secret(town, steward):
    issued = a_token(town, steward)
    tokens.revoke(issued.token, by=steward)
    tokens.revoke(issued.token, by=steward)
    assert acts_of(town).count("token.create") == 1
    assert acts_of(town).count("token.revoke") == 1
    details = [line.detail.payload for line in ledger.lines_of(town)]
    assert issued.secret not in str(details)
    assert ledger.verify(town).ok


@pytest.mark.parametrize("secret", ["bft_", "bft_inconnu", "autre", "", "bft_\u00e9"])
def test_an_unknown_token_is_answered_401_in_french(town, program, secret):
    answer = program(secret).get(f"t/{town.slug}")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert "inconnu, expiré ou révoqué" in answer.json()["detail"]
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_another_scheme_than_bearer_opens_nothing(town, steward, client):
    secret = a_token(town, steward).secret
    for header in (f"Basic {secret}", secret, f"Token {secret}"):
        assert client.get(f"/api/v1/t/{town.slug}", headers={"Authorization": header}).status_code == 401


def test_a_revoked_token_opens_nothing(town, steward, program):
    issued = a_token(town, steward)
    tokens.revoke(issued.token, by=steward)
    assert program(issued.secret).get(f"t/{town.slug}").status_code == 401


def test_an_expired_token_opens_nothing(town, steward, program, monkeypatch):
    issued = a_token(town, steward, days=1)
    later = timezone.now() + timedelta(days=3)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert program(issued.secret).get(f"t/{town.slug}").status_code == 401


def test_a_request_without_a_token_is_answered_401(town, client, steward):
    client.force_login(steward)
    answer = client.get(f"/api/v1/t/{town.slug}/datasets")
    assert answer.status_code == 401
    assert "bft_" in answer.json()["detail"]


def test_a_token_in_another_territory_finds_nothing_as_if_it_did_not_exist(town, steward, program):
    other = a_territory("Ailleurs", code="99T02")
    with elsewhere(other):
        Membership.objects.create(territory=other, person=steward, role="steward")
    caller = program(a_token(town, steward, "dataset.read").secret)
    there, nowhere = caller.get(f"t/{other.slug}"), caller.get("t/nulle-part")
    assert there.status_code == nowhere.status_code == 404
    assert there.json() == nowhere.json()


def test_a_token_does_only_the_acts_that_it_carries(town, steward, program):
    caller = program(a_token(town, steward, "dataset.read").secret)
    assert caller.get(f"t/{town.slug}/datasets").status_code == 200
    for path in ("ledger", "systems", "boards", "proposals", "deliveries"):
        assert caller.get(f"t/{town.slug}/{path}").status_code == 404, path


def test_a_token_loses_what_its_person_loses(town, steward, program):
    caller = program(a_token(town, steward, "dataset.read").secret)
    assert caller.get(f"t/{town.slug}/datasets").status_code == 200
    Membership.objects.of(town).filter(person=steward).update(until=timezone.now())
    assert caller.get(f"t/{town.slug}/datasets").status_code == 404


def test_a_token_of_a_person_who_is_no_longer_active_is_answered_401(town, steward, program):
    caller = program(a_token(town, steward).secret)
    Person.objects.filter(pk=steward.pk).update(is_active=False)
    assert caller.get(f"t/{town.slug}").status_code == 401


def test_a_token_opens_no_page_of_the_site(town, steward, client):
    headers = {"Authorization": f"Bearer {a_token(town, steward).secret}"}
    for path in (f"/t/{town.slug}/", f"/t/{town.slug}/donnees/", "/accueil/", "/compte/password/change/"):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 302, path
        assert "login" in answer["Location"]


def test_a_session_with_a_token_changes_nothing(town, steward, agent, program, client):
    client.force_login(steward)
    caller = program(a_token(town, agent, "dataset.read").secret)
    answer = caller.get(f"t/{town.slug}")
    assert answer.json()["person"] == str(agent)
    assert "Set-Cookie" not in answer.headers
    assert not answer.cookies


def test_a_token_needs_no_csrf_and_a_session_without_one_writes_nothing(town, agent):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    secret = a_token(town, agent, "dataset.deposit").secret
    path = f"/api/v1/t/{town.slug}/deposits"
    assert strict.post(path, headers={"Authorization": f"Bearer {secret}"}).status_code == 422
    strict.force_login(agent)
    assert strict.post(path).status_code == 401


def test_a_token_over_its_rate_limit_must_wait(town, steward, program, monkeypatch):
    monkeypatch.setattr(authentication, "rate_limit", authentication.RateLimit(max_requests=3))
    fast, other = program(a_token(town, steward).secret), program(a_token(town, steward).secret)
    assert [fast.get(f"t/{town.slug}").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert 1 <= int(fast.get(f"t/{town.slug}")["Retry-After"]) <= 60
    assert other.get(f"t/{town.slug}").status_code == 200


def test_the_rate_limit_begins_again_each_minute():
    class Known:
        pk = 1

    rate_limit = authentication.RateLimit(max_requests=1)
    assert [rate_limit.retry_after(Known, now=t) for t in (60.0, 61.0, 119.5, 120.0)] == [0, 59, 1, 0]


def test_the_day_of_the_last_use_is_stored_and_nothing_finer(town, steward, program):
    issued = a_token(town, steward)
    assert issued.token.last_used is None
    program(issued.secret).get(f"t/{town.slug}")
    issued.token.refresh_from_db()
    assert issued.token.last_used == timezone.localdate()


# What a token may carry


def test_nothing_that_decides_publishes_or_lets_in_is_ever_offered():
    assert set(authentication.TOKEN_ACTS) <= set(ACTS)
    for act in authentication.TOKEN_ACTS:
        assert not act.startswith(("decision.", "member.")), act
        assert act not in {
            "dataset.publish",
            "dataset.manage",
            "territory.export",
            "recipe.edit",
            "system.bind",
        }


@pytest.mark.parametrize("act", sorted(set(ACTS) - set(authentication.TOKEN_ACTS)))
def test_a_token_cannot_be_made_with_an_act_outside_the_list(town, act):
    everything = a_person(town, "administrator", "agent", "data_officer", "supervisor", "decider")
    with pytest.raises(TokenError, match="ne peut pas permettre"):
        a_token(town, everything, act)


def test_acts_written_in_the_row_by_another_way_still_open_nothing(town, program):
    everything = a_person(town, "administrator", "agent", "data_officer", "supervisor", "decider")
    secret = authentication.PREFIX + "x" * 40
    token = ApiToken.objects.create(
        territory=town,
        label="Trop large",
        person=everything,
        digest=hash_secret(secret),
        acts=list(ACTS),
        created_by=everything,
        expires=timezone.now() + timedelta(days=1),
    )
    with authentication.using_token(token):
        allowed = {act for act in ACTS if may(everything, act, town)}
    assert allowed == set(authentication.TOKEN_ACTS)


def test_a_person_cannot_give_a_token_more_than_they_have(town, agent):
    with pytest.raises(TokenError, match="read_personal"):
        a_token(town, agent, "dataset.read_personal")


def test_a_token_is_made_for_oneself_never_in_the_name_of_another(town, keeper, steward, agent):
    with pytest.raises(PermissionDenied):
        a_token(town, steward, by=keeper)
    with pytest.raises(PermissionDenied):
        a_token(town, steward, by=agent)
    assert ApiToken.objects.of(town).count() == 0


@pytest.mark.parametrize(("days", "message"), [(-1, "passée"), (367, "un an au plus")])
def test_a_token_ends_within_a_year(town, steward, days, message):
    with pytest.raises(TokenError, match=message):
        a_token(town, steward, days=days)


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 12, 31), date(2027, 12, 31)),
        (date(2027, 6, 2), date(2028, 6, 2)),  # 366 days later
        (date(2028, 2, 29), date(2029, 2, 28)),
    ],
)
def test_a_year_of_a_token_ends_on_the_same_day(today: date, last: date) -> None:
    assert tokens.last_day(today) == last


def test_a_board_needs_its_datasets_and_states_so_in_the_token(town, steward):
    assert a_token(town, steward, "board.read").token.acts == [
        "territory.enter",
        "dataset.read",
        "board.read",
    ]


def test_a_token_without_acts_or_name_is_refused(town, steward):
    until = timezone.localdate()
    for requested in (NewToken("Essai", [], until), NewToken("  ", ["dataset.read"], until)):
        with pytest.raises(TokenError):
            tokens.create(town, steward, requested, by=steward)


def test_the_database_refuses_to_widen_or_revive_a_token(town, steward):
    token = a_token(town, steward).token
    rows = ApiToken.objects.of(town).filter(pk=token.pk)
    refused_by_the_database(lambda: rows.update(acts=["ledger.read"]))
    refused_by_the_database(lambda: rows.update(expires=timezone.now() + timedelta(days=900)))
    tokens.revoke(token, by=steward)
    refused_by_the_database(lambda: rows.update(revoked_at=None))


# Who sees and revokes


def test_each_sees_their_own_tokens_and_who_lets_in_sees_all(town, keeper, steward, agent):
    own, other = a_token(town, steward).token, a_token(town, agent).token
    assert tokens.seen_by(steward, town) == [own]
    assert set(tokens.seen_by(keeper, town)) == {own, other}
    with pytest.raises(PermissionDenied):
        tokens.revoke(other, by=steward)
    tokens.revoke(other, by=keeper)


def test_a_departure_ends_the_tokens_of_the_person_and_of_their_programs(town, keeper, steward, program):
    account = tokens.create_service(town, "Finances", "Dépôt de nuit", by=keeper, owner=steward)
    own, of_program = a_token(town, steward), a_token(town, account.person, by=keeper)
    saved = a_token(town, keeper)
    assert tokens.revoke_all(steward, town, by=keeper) == 2
    assert tokens.revoke_all(steward, town, by=keeper) == 0
    for secret in (own.secret, of_program.secret):
        assert program(secret).get(f"t/{town.slug}").status_code == 401
    assert program(saved.secret).get(f"t/{town.slug}").status_code == 200
    assert acts_of(town).count("token.revoke") == 2


def test_a_program_handed_over_before_a_departure_goes_on(town, keeper, steward):
    account = tokens.create_service(town, "Finances", "Dépôt de nuit", by=keeper, owner=steward)
    issued = a_token(town, account.person, by=keeper)
    tokens.entrust(account, keeper, by=keeper)
    assert tokens.revoke_all(steward, town, by=keeper) == 0
    assert authentication.find(issued.secret) is not None


# Service accounts


@pytest.fixture
def finances(town, keeper):
    return tokens.create_service(town, "Logiciel de finances", "Dépose les mandats", by=keeper).person


def test_only_who_lets_people_in_lets_a_program_in(town, steward):
    with pytest.raises(PermissionDenied):
        tokens.create_service(town, "Finances", "Dépôt", by=steward)


def test_a_service_account_never_signs_in(town, finances, client):
    assert not finances.has_usable_password()
    assert finances.email.endswith(".invalid")
    with pytest.raises(PermissionDenied):
        make_link(finances, "signin")
    link = EntryLink(person=finances, purpose="signin", digest=hash_secret("secret"))
    link.expires_at = timezone.now() + timedelta(hours=1)
    link.save()
    assert use_link("secret") is None
    assert client.get("/entree/secret/").status_code == 410


def test_a_service_account_with_a_password_is_still_refused_at_sign_in(town, finances, client):
    finances.set_password("un-long-mot-de-passe-7")
    finances.save()
    answer = client.post(
        "/compte/login/", {"login": finances.email, "password": "un-long-mot-de-passe-7"}, follow=True
    )
    assert not answer.context or not answer.wsgi_request.user.is_authenticated
    assert client.get(f"/t/{town.slug}/").status_code == 302


def test_a_service_account_may_do_nothing_outside_the_short_list_whatever_its_roles(town, finances):
    for role in set(ROLES) - {"decider"}:
        Membership.objects.get_or_create(territory=town, person=finances, role=role)
    allowed = {act for act in ACTS if may(finances, act, town)}
    assert allowed <= authentication.SERVICE_ACTS
    assert "dataset.read_personal" not in allowed
    assert "decision.record" not in allowed


def test_the_database_refuses_that_a_program_become_a_decider_a_human_or_leave(town, finances):
    other = a_territory("Ailleurs", code="99T02")
    refused_by_the_database(
        lambda: Membership.objects.create(territory=town, person=finances, role="decider")
    )
    refused_by_the_database(
        lambda: Membership.objects.of(town).filter(person=finances).update(role="decider")
    )
    with elsewhere(other):
        refused_by_the_database(
            lambda: Membership.objects.create(territory=other, person=finances, role="agent")
        )
    refused_by_the_database(lambda: Person.objects.filter(pk=finances.pk).update(kind="human"))


def test_a_service_account_makes_no_token_itself(town, finances):
    with pytest.raises(PermissionDenied):
        a_token(town, finances)


def test_a_program_answers_for_no_other_program(town, keeper, finances):
    with pytest.raises(TokenError, match="une personne"):
        tokens.create_service(town, "Autre", "Rien", by=keeper, owner=finances)

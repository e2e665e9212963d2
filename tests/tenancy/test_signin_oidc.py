"""Signing in by a territory's identity provider, against a real one on loopback that can be told to misbehave."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.utils import timezone

from beffroi.web.operations import hosting_file
from beffroi.web.platform import ledger, scope, sealing
from beffroi.web.platform.models import AccessEvent, Membership, Person, Territory
from beffroi.web.platform.rights import roles_of
from beffroi.web.tenancy.models import ClaimedRole, IdentityProvider
from beffroi.web.tenancy.signin import make_link
from beffroi.web.tenancy.signin.providers import ProviderError, ProviderFields, save_provider
from identity import Identity, provider_process, query
from places import a_person, a_territory, as_host, elsewhere

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("oidc")]
HERE = "http://127.0.0.1"
SIRET = "21990001200017"


@pytest.fixture(scope="module")
def running() -> Iterator[Identity]:
    with provider_process() as identity:
        yield identity


@pytest.fixture
def identity(running: Identity, settings) -> Identity:
    settings.ALLOWED_HOSTS_OUT = [running.host]
    running.browser.cookies.clear()
    running.says("nobody")
    return running


@dataclass
class ProviderEntry:
    """A territory, its provider, and the browser of someone who comes in."""

    town: Territory
    provider: IdentityProvider
    identity: Identity
    fields: ProviderFields
    admin: Person

    def path(self, end: str = "login/") -> str:
        return f"/compte/oidc/{self.provider.public_id}/{end}"

    def leaves(self, client: Client, **data: str) -> str:
        answer = client.post(self.path(), data, headers={"host": "127.0.0.1"})
        assert answer.status_code == 302, answer.content.decode()
        return answer.headers["Location"]

    def comes_back(self, client: Client, **data: str):
        back = self.identity.visit(self.leaves(client, **data))
        return client.get(back.removeprefix(HERE), headers={"host": "127.0.0.1"})

    def changes(self, **fields) -> None:
        self.fields = replace(self.fields, **fields)
        with elsewhere(self.town):
            self.provider = save_provider(self.town, self.fields, by=self.admin, provider=self.provider)


def a_provider_entry(
    town: Territory, identity: Identity, email: str = "admin@mairie.example", **fields
) -> ProviderEntry:
    admin = a_person(town, "administrator", email=email)
    provided = ProviderFields(
        name="Connexion de la ville",
        issuer=identity.issuer,
        client_id="not-yet",
        client_secret="not-yet",
        scopes="openid email given_name usual_name uid siret groups",
        sirets=(SIRET,),
        role_claim="groups",
        role_map=(("beffroi-agents", "agent"), ("beffroi-audit", "auditor")),
    )
    with elsewhere(town):
        provider = save_provider(town, provided, by=admin)
    entry = ProviderEntry(town, provider, identity, provided, admin)
    client_id, secret = identity.register(
        HERE + entry.path("login/callback/"), f"{HERE}/compte/login/", f"{identity.issuer}/captured"
    )
    entry.changes(client_id=client_id, client_secret=secret, **fields)
    return entry


@pytest.fixture
def entry(identity: Identity, db) -> ProviderEntry:
    return a_provider_entry(a_territory(fictional=False), identity)


def agent_claims(identity: Identity, sub: str = "jeanne", **more) -> None:
    claims = {
        "email": f"{sub}@mairie.example", "given_name": "Jeanne", "usual_name": "Martin", "uid": sub, "siret": SIRET,
        "groups": ["beffroi-agents"],
    }  # fmt: skip
    identity.says(sub, **(claims | more))


def who(client: Client) -> Person | None:
    found = get_user(client)
    return found if found.is_authenticated else None


def roles(person: Person, town: Territory) -> set[str]:
    with elsewhere(town):
        return roles_of(person, town)


def text(answer) -> str:
    return answer.content.decode().replace("&#x27;", "'")


def test_someone_whom_the_provider_gives_a_role_enters_with_it(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client = Client()
    answer = entry.comes_back(client, next=f"/t/{entry.town.slug}/")
    assert answer.headers["Location"] == f"/t/{entry.town.slug}/"
    person = who(client)
    assert person is not None
    assert (person.email, person.name) == ("jeanne@mairie.example", "Jeanne Martin")
    assert roles(person, entry.town) == {"agent"}
    assert not person.has_usable_password()
    assert client.get(f"/t/{entry.town.slug}/").status_code == 200


def test_the_code_is_bound_by_pkce_and_the_token_by_a_nonce(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    entry.comes_back(Client())
    seen = identity.seen()
    assert seen["authorizations"][-1]["code_challenge_method"] == "S256"
    assert len(seen["authorizations"][-1]["nonce"]) >= 20
    assert len(seen["tokens"][-1]["code_verifier"]) >= 43


def test_the_address_of_the_page_chooses_neither_scopes_nor_parameters(entry: ProviderEntry):
    answer = Client().post(
        entry.path() + "?scope=offline_access&auth_params=prompt%3Dnone&process=redirect",
        headers={"host": "127.0.0.1"},
    )
    requested = query(answer.headers["Location"])
    assert "offline_access" not in requested["scope"] and "prompt" not in requested


def test_someone_who_was_not_invited_and_has_no_role_is_refused_and_nothing_is_stored(
    entry: ProviderEntry, identity: Identity
):
    agent_claims(identity, groups=["others"])
    people, client = Person.objects.count(), Client()
    answer = entry.comes_back(client)
    assert answer.status_code == 403
    assert "pas encore relié" in text(answer) and "Mot de passe ou clé d'accès" in text(answer)
    assert who(client) is None and Person.objects.count() == people


def test_an_address_that_the_provider_asserts_never_opens_an_account_that_exists(
    entry: ProviderEntry, identity: Identity
):
    agent_claims(identity, email=entry.admin.email)
    client = Client()
    answer = entry.comes_back(client)
    assert answer.status_code == 403 and who(client) is None
    stranger = text(answer)
    agent_claims(identity, sub="unknown", groups=[])
    identity.browser.cookies.clear()
    assert text(entry.comes_back(Client())) == stranger, "whether an account exists is told"


def test_an_invited_person_links_their_provider_then_enters_by_it(entry: ProviderEntry, identity: Identity):
    invited = a_person(entry.town, "auditor", email="paul@mairie.example")
    client = Client()
    client.post("/" + make_link(invited, "invite").split("/", 3)[3])
    assert f"Relier {entry.provider.name}" in client.get("/compte/password/set/").content.decode()
    agent_claims(identity, sub="paul-at-idp", groups=[], email="another@address.example")
    assert entry.comes_back(client, process="connect").status_code == 302
    other = Client()
    assert entry.comes_back(other).status_code == 302
    assert who(other) == invited
    assert roles(invited, entry.town) == {"auditor"}


def test_roles_end_when_the_claim_ends_and_come_back_with_it(entry: ProviderEntry, identity: Identity):
    agent_claims(identity, groups=["beffroi-agents", "beffroi-audit"])
    client = Client()
    entry.comes_back(client)
    person = who(client)
    assert person is not None and roles(person, entry.town) == {"agent", "auditor"}
    agent_claims(identity, groups=["beffroi-audit"])
    entry.comes_back(Client())
    assert roles(person, entry.town) == {"auditor"}
    agent_claims(identity, groups=[])
    deleted = Client()
    answer = entry.comes_back(deleted)
    assert answer.status_code == 403 and "plus de rôle" in text(answer) and who(deleted) is None
    assert roles(person, entry.town) == set(), "the refusal undid the end of the role"
    assert client.get(f"/t/{entry.town.slug}/").status_code == 404
    agent_claims(identity, groups=["beffroi-agents"])
    entry.comes_back(Client())
    assert roles(person, entry.town) == {"agent"}
    with elsewhere(entry.town):
        assert ledger.verify(entry.town).ok
        acts = [line.act for line in ledger.lines_of(entry.town)]
    assert acts.count("provider.roles") >= 3 and acts.count("provider.add") == 1


def test_a_role_granted_by_hand_outlives_the_claim(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    person = who(client)
    a_person(entry.town, "auditor", email=person.email)
    agent_claims(identity, groups=["beffroi-audit"])
    entry.comes_back(Client())
    agent_claims(identity, groups=[])
    entry.comes_back(Client())
    assert roles(person, entry.town) == {"auditor"}


def test_a_sensitive_role_never_comes_from_a_claim_unless_the_switch_states_so(
    entry: ProviderEntry, identity: Identity
):
    with pytest.raises(ProviderError, match="sensibles"):
        entry.changes(role_map=(("chiefs", "data_officer"),))
    entry.changes(
        role_map=(("chiefs", "data_officer"), ("beffroi-agents", "agent")), sensitive_by_claims=True
    )
    IdentityProvider.objects.of(entry.town).update(sensitive_by_claims=False)
    agent_claims(identity, groups=["chiefs", "beffroi-agents"])
    client = Client()
    entry.comes_back(client)
    assert roles(who(client), entry.town) == {"agent"}
    IdentityProvider.objects.of(entry.town).update(sensitive_by_claims=True)
    entry.comes_back(client)
    assert roles(who(client), entry.town) == {"agent", "data_officer"}


@pytest.mark.parametrize("role", ["decider", "host_operator", "service", "partner"])
def test_a_role_that_requires_for_more_than_a_claim_is_never_granted_by_one(
    entry: ProviderEntry, identity: Identity, role
):
    with pytest.raises(ProviderError, match="ne peut pas donner"):
        entry.changes(role_map=(("chiefs", role),), sensitive_by_claims=True)
    IdentityProvider.objects.of(entry.town).update(role_map={"chiefs": role}, sensitive_by_claims=True)
    agent_claims(identity, groups=["chiefs"])
    client = Client()
    assert entry.comes_back(client).status_code == 403 and who(client) is None


def test_a_suspension_applies_whatever_the_provider_states(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    person = who(client)
    with elsewhere(entry.town):
        Membership.objects.of(entry.town).filter(person=person).update(suspended_at=timezone.now())
    agent_claims(identity, groups=["beffroi-agents", "beffroi-audit"])
    assert entry.comes_back(Client()).status_code == 403
    assert roles(person, entry.town) == set()


def test_another_siret_is_refused(entry: ProviderEntry, identity: Identity):
    agent_claims(identity, siret="13002526500013")
    client = Client()
    answer = entry.comes_back(client)
    assert answer.status_code == 403 and "SIRET" in text(answer) and who(client) is None
    with as_host():
        refused = AccessEvent.objects.select_related("territory").get(kind="refused")
    assert (refused.person, refused.territory) == (None, entry.town)


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        ({"set": {"aud": "someone-else"}}, "pas sûre"),
        ({"set": {"iss": "https://autre.example"}}, "pas sûre"),
        ({"set": {"nonce": "another"}}, "pas sûre"),
        ({"drop": ["nonce"]}, "pas sûre"),
        ({"set": {"sub": "the-mayor"}}, "pas sûre"),  # userinfo says another
        ({"set": {"exp": 1_700_000_000}}, "trop tard"),
        ({"drop": ["exp"]}, "pas sûre"),
        ({"alg": "none"}, "pas sûre"),
        ({"alg": "HS256"}, "pas sûre"),
        ({"alg": "stranger"}, "pas sûre"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else None,
)
def test_a_token_that_is_not_right_lets_nobody_in(entry: ProviderEntry, identity: Identity, alter, words):
    agent_claims(identity, alter=alter)
    people, client = Person.objects.count(), Client()
    answer = entry.comes_back(client)
    assert answer.status_code == 403, text(answer)
    assert words in text(answer) and "Rien n'a été créé ni changé" in text(answer)
    assert who(client) is None and Person.objects.count() == people
    agent_claims(identity)
    assert entry.comes_back(client).status_code == 302, "the next try works"


def test_a_signed_userinfo_is_read_as_proconnect_sends_it(identity: Identity, db):
    entry = a_provider_entry(a_territory(fictional=False), identity)
    client_id, secret = identity.register(
        HERE + entry.path("login/callback/"),
        f"{HERE}/compte/login/",
        userinfo_signed_response_alg="RS256",
    )
    entry.changes(client_id=client_id, client_secret=secret)
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    assert who(client).email == "jeanne@mairie.example"


def test_an_answer_serves_once_and_in_the_same_browser(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client, thief = Client(), Client()
    back = identity.visit(entry.leaves(client)).removeprefix(HERE)
    host = {"host": "127.0.0.1"}
    for answer in (
        thief.get(back, headers=host),
        client.get(back, headers=host),
        client.get(back, headers=host),
    ):
        last = answer
        if answer.status_code == 403:
            assert "déjà servi" in text(answer)
    assert last.status_code == 403
    assert who(thief) is None and who(client) is not None


def test_another_issuer_may_not_answer_in_its_place(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client = Client()
    back = identity.visit(entry.leaves(client)).removeprefix(HERE)
    assert "iss=" in back
    answer = client.get(
        back[: back.index("iss=")] + "iss=https%3A%2F%2Fautre.example", headers={"host": "127.0.0.1"}
    )
    assert answer.status_code == 403 and who(client) is None


def test_giving_up_at_the_provider_states_it(entry: ProviderEntry, identity: Identity):
    identity.refuses("access_denied")
    answer = entry.comes_back(Client())
    assert answer.status_code == 200 and "Connexion abandonnée" in text(answer)


@pytest.mark.parametrize("path", ["/token", "/jwks", "/me"])
def test_a_provider_that_breaks_half_way_makes_nothing(entry: ProviderEntry, identity: Identity, path):
    agent_claims(identity, broken=[path])
    people, client = Person.objects.count(), Client()
    answer = entry.comes_back(client)
    assert answer.status_code == 503 and "ne répond pas" in text(answer)
    assert who(client) is None and Person.objects.count() == people


def test_a_provider_that_is_down_leaves_the_other_ways_in(entry: ProviderEntry, settings):
    with provider_process() as short:
        settings.ALLOWED_HOSTS_OUT = [*settings.ALLOWED_HOSTS_OUT, short.host]
        other = a_provider_entry(
            a_territory("Ailleurs", code="99T02", fictional=False), short, email="x@ailleurs.example"
        )
    answer = Client().post(other.path())
    assert answer.status_code == 503
    assert "ne répond pas" in text(answer) and "lien d'entrée" in text(answer)
    with pytest.raises(ProviderError, match="ne répond pas"):
        other.changes(name="Autre nom")


def test_only_the_hosts_that_the_operator_allowed_are_called(
    entry: ProviderEntry, identity: Identity, settings
):
    settings.ALLOWED_HOSTS_OUT = []
    answer = Client().post(entry.path())
    assert answer.status_code == 503 and "pas autorisé" in text(answer)
    with pytest.raises(ProviderError, match="BEFFROI_ALLOWED_HOSTS_OUT"):
        entry.changes(name="Autre nom")


def test_the_secret_is_sealed_and_never_displayed_nor_logged(
    entry: ProviderEntry, identity: Identity, caplog
):
    secret = entry.fields.client_secret
    assert secret not in str(IdentityProvider.objects.of(entry.town).values().get())
    client = Client()
    sign_in_strongly(client, entry.admin)
    page = client.get(f"/t/{entry.town.slug}/reglages/connexion/{entry.provider.pk}/")
    assert page.status_code == 200 and secret not in text(page)
    with caplog.at_level(logging.DEBUG):
        agent_claims(identity, alter={"alg": "none"})
        entry.comes_back(Client())
        agent_claims(identity)
        entry.comes_back(Client())
    assert secret not in caplog.text and "jeanne" not in caplog.text
    with elsewhere(entry.town):
        assert secret not in str([line.detail.payload for line in ledger.lines_of(entry.town)])


def sign_in_strongly(client: Client, person: Person) -> None:
    from places import strongly

    strongly(client, person)


def test_signing_out_here_signs_out_there(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    page = client.post("/compte/logout/", headers={"host": "127.0.0.1"})
    assert page.status_code == 200 and who(client) is None
    there = page.context["there"]
    assert there.startswith(identity.issuer) and query(there)["id_token_hint"]
    assert identity.signs_out(there).startswith(f"{HERE}/compte/login/")


def test_the_provider_ends_the_session_by_its_back_channel(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client, other = Client(), Client()
    entry.comes_back(client)
    origin = client.session["beffroi_provider"]
    identity.browser.cookies.clear()
    entry.comes_back(other)
    forged = logout_token(entry, {"sid": origin["sid"], "sub": "jeanne"}, signer="stranger")
    assert client.post(entry.path("fin/"), {"logout_token": forged}).status_code == 400
    assert client.post(entry.path("fin/"), {"logout_token": origin["id_token"]}).status_code == 400
    assert who(client) is not None and who(other) is not None
    page = other.post("/compte/logout/", headers={"host": "127.0.0.1"})
    other = Client()
    entry.comes_back(other)  # a third session, the provider's second
    identity.signs_out(page.context["there"])
    (message,) = identity.seen()["logoutTokens"][-1:]
    assert client.post(entry.path("fin/"), {"logout_token": message}).status_code == 200
    assert who(other) is None and who(client) is not None
    assert client.post(entry.path("fin/"), {"logout_token": message}).status_code == 400, "it serves once"


def test_a_logout_token_that_does_not_state_its_type_serves_only_where_the_administrator_stated_so(
    entry: ProviderEntry, identity: Identity, monkeypatch
):
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    sid = client.session["beffroi_provider"]["sid"]
    # The real token, without its type: verified by whatever key is asked of the provider.
    old = logout_token(entry, {"sid": sid, "exp": int(time.time()) + 60}, signer="old", trusted=monkeypatch)
    assert client.post(entry.path("fin/"), {"logout_token": old}).status_code == 400
    assert who(client) is not None
    entry.changes(old_logout_tokens=True)
    assert client.post(entry.path("fin/"), {"logout_token": old}).status_code == 200
    assert who(client) is None


def test_the_age_of_a_sign_in_is_requested_and_looked_at(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    requested = identity.seen()["authorizations"][-1]
    assert requested["max_age"] == "43200" and "prompt" not in requested
    assert time.time() - client.session["beffroi_provider"]["at"] < 60
    agent_claims(identity, alter={"set": {"auth_time": int(time.time()) - 13 * 3600}})
    answer = entry.comes_back(stranger := Client())
    assert answer.status_code == 403 and "n'a pas redemandé" in text(answer) and who(stranger) is None


def test_a_provider_that_does_not_state_when_proves_nothing_fresh(entry: ProviderEntry, identity: Identity):
    entry.changes(strong_acr=("eidas2",))
    agent_claims(identity, acr="eidas2", alter={"drop": ["auth_time"]})
    client = Client()
    entry.comes_back(client)
    assert who(client) is not None and client.session["beffroi_provider"]["at"] == 0
    answer = entry.comes_back(client)  # to prove again who it is
    assert answer.status_code == 403 and "auth_time" in text(answer)


def test_who_is_in_already_is_requested_again_by_the_provider(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    agent_claims(identity, alter={"set": {"auth_time": int(time.time()) - 3600}})
    answer = entry.comes_back(client)
    assert identity.seen()["authorizations"][-1]["prompt"] == "login"
    assert answer.status_code == 403 and "n'a pas redemandé" in text(answer)
    agent_claims(identity)
    assert entry.comes_back(client).status_code == 302


@pytest.mark.parametrize(
    "claim",
    [{"amr": [{}]}, {"amr": {"a": 1}}, {"acr": ["eidas2"], "amr": 3}, {"groups": 5}, {"groups": [{}]}],
)
def test_claims_of_an_unexpected_type_state_nothing_and_break_nothing(entry: ProviderEntry, claim):
    from beffroi.web.tenancy.signin.arrivals import claimed_roles, is_strong

    provider = entry.provider
    provider.strong_acr, provider.strong_amr, provider.role_claim = ["eidas1"], ["pwd"], "groups"
    assert not is_strong(provider, claim) and claimed_roles(provider, claim) == set()


def logout_token(entry: ProviderEntry, claims: dict[str, Any], signer: str, trusted: Any = None) -> str:
    """Signed by a key that the provider does not know, unless `trusted` (a `MonkeyPatch`) has it answer by that key."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    body = {
        "iss": entry.provider.issuer, "aud": entry.provider.client_id, "iat": int(time.time()), "jti": signer,
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }  # fmt: skip
    if trusted is not None:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {
            "kid": "ours",
            "use": "sig",
        }
        trusted.setattr(jwt.PyJWKSet, "from_dict", lambda _: jwt.PyJWKSet([public]))
    return jwt.encode(body | claims, key, algorithm="RS256", headers={"kid": "ours"})


def test_a_provider_vouches_in_its_own_territory_only(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    person = who(client)
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    a_person(other, "agent", email=person.email)
    assert client.get(f"/t/{entry.town.slug}/").status_code == 200
    answer = client.get(f"/t/{other.slug}/")
    assert answer.status_code == 403 and "ne répond de vous que chez lui" in text(answer)


def test_a_session_of_a_provider_makes_no_password_nor_key(entry: ProviderEntry, identity: Identity):
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    for path in (
        "/compte/password/set/",
        "/compte/2fa/webauthn/add/",
        "/compte/2fa/totp/activate/",
        "/compte/3rdparty/",
    ):
        assert client.get(path).headers["Location"] == "/compte/moyens/", path
    client.post(
        "/compte/password/set/", {"password1": "quatre beaux clochers", "password2": "quatre beaux clochers"}
    )
    assert not Person.objects.get(pk=who(client).pk).has_usable_password()


def test_a_provider_that_requested_a_second_factor_counts_as_one(entry: ProviderEntry, identity: Identity):
    entry.changes(
        role_map=(("chiefs", "data_officer"),),
        sensitive_by_claims=True,
        requested_acr="eidas2",
        strong_acr=("eidas2",),
    )
    inside = f"/t/{entry.town.slug}/"
    agent_claims(identity, groups=["chiefs"], acr="eidas1", alter={"set": {"acr": "eidas1"}})
    weak = Client()
    entry.comes_back(weak)
    assert weak.get(inside).headers["Location"].startswith("/compte/second-facteur/")
    assert "lien d'entrée" in text(weak.get("/compte/second-facteur/"))
    assert identity.seen()["authorizations"][-1]["acr_values"] == "eidas2"
    identity.browser.cookies.clear()
    agent_claims(identity, groups=["chiefs"], acr="eidas2", alter={"set": {"acr": "eidas2"}})
    strong = Client()
    entry.comes_back(strong)
    assert strong.get(inside).status_code == 200


def test_the_page_that_leads_to_a_provider_lists_it_in_the_policy_and_no_other_page_does(
    entry: ProviderEntry, identity: Identity
):
    client = Client()
    for path in (
        f"/entrer/{entry.town.slug}/",
        f"/compte/login/?next=/t/{entry.town.slug}/",
        entry.path(),
    ):
        answer = client.get(path)
        assert identity.issuer in answer.headers["Content-Security-Policy"], path
        assert entry.provider.name in text(answer)
    for path in ("/compte/login/", "/entrer/", "/"):
        assert identity.issuer not in client.get(path).headers["Content-Security-Policy"], path


def test_one_finds_their_sign_in_page_by_name_or_by_address(entry: ProviderEntry):
    entry.changes(email_domains=("mairie.example",))
    for requested in ("valbru", "Jeanne@Mairie.Example"):
        assert (
            Client().post("/entrer/", {"q": requested}).headers["Location"] == f"/entrer/{entry.town.slug}/"
        )
    assert "Aucune collectivité" in text(Client().post("/entrer/", {"q": "zzz"}))


def test_a_suspended_provider_opens_nothing_and_takes_back_its_roles(
    entry: ProviderEntry, identity: Identity
):
    agent_claims(identity)
    client = Client()
    entry.comes_back(client)
    person = who(client)
    entry.changes(enabled=False)
    assert who(client) is None
    assert roles(person, entry.town) == set()
    with elsewhere(entry.town):
        assert not ClaimedRole.objects.of(entry.town).exists()
        assert not Membership.objects.of(entry.town).filter(person=person, until__isnull=True).exists()
    assert "pas en service" in text(Client().post(entry.path()))


def test_the_administrator_adds_a_provider_on_the_page(identity: Identity, db):
    town = a_territory(fictional=False)
    admin, client = a_person(town, "administrator"), Client()
    sign_in_strongly(client, admin)
    page = f"/t/{town.slug}/reglages/connexion/"
    fields = {
        "name": "ProConnect", "issuer": identity.issuer, "client_id": "c", "client_secret": "s", "scopes": "openid siret",
        "sirets": "219 900 012 00017", "role_claim": "groups", "role_map": "beffroi-agents = agent", "enabled": "on",
    }  # fmt: skip
    assert "14 chiffres" in text(client.post(page + "ajouter/", fields | {"sirets": "12"}))
    answer = client.post(page + "ajouter/", fields | {"issuer": "https://ailleurs.example"})
    assert "BEFFROI_ALLOWED_HOSTS_OUT" in text(answer) and answer.status_code == 422
    assert client.post(page + "ajouter/", fields).status_code == 302
    with elsewhere(town):
        provider = IdentityProvider.objects.of(town).get()
    assert provider.sirets == [SIRET] and provider.role_map == {"beffroi-agents": "agent"}
    assert f"/compte/oidc/{provider.public_id}/login/callback/" in text(client.get(f"{page}{provider.pk}/"))
    agent = Client()
    strongly_agent = a_person(town, "agent")
    sign_in_strongly(agent, strongly_agent)
    assert agent.get(page).status_code == 404


def test_a_hosting_file_adds_a_provider_changes_it_and_then_changes_nothing(
    identity: Identity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    town = a_territory(fictional=False)
    a_person(town, "administrator", email="admin@mairie.example")
    file = tmp_path / "hosting.yaml"

    def apply(text: str) -> list[tuple[str, str]]:
        file.write_text(text, "utf-8")
        with scope.nowhere():
            plan = hosting_file.make_plan(hosting_file.read(file))
            outcomes = [hosting_file.apply_territory(each, plan.sha256) for each in plan.changed]
        assert [outcome.problem for outcome in outcomes] == [""] * len(outcomes)
        return [line for each in plan.territories for line in each.lines]

    text = f"""version: 1
territories:
  - place: {town.code}
    members: [{{email: admin@mairie.example, roles: administrator}}]
    providers:
      - name: Connexion du syndicat
        issuer: {identity.issuer}
        client_id: beffroi
        client_secret_env: CONNEXION
        scopes: email groups
        email_domains: Mairie.example
        role_claim: groups
        role_map: {{beffroi-agents: agent}}
"""
    monkeypatch.setenv("CONNEXION", "hunter2")
    assert apply(text) == [("+", "connexion « Connexion du syndicat »")]
    assert apply(text) == []
    renamed = text.replace("Connexion du syndicat", "Connexion commune")
    assert apply(renamed) == [("~", "connexion « Connexion commune »")]
    monkeypatch.setenv("CONNEXION", "hunter3")
    assert apply(renamed) == [("~", "connexion « Connexion commune »")]
    with elsewhere(town):
        provider = IdentityProvider.objects.get()
        assert (provider.role_map, provider.scopes) == ({"beffroi-agents": "agent"}, "openid email groups")
        assert sealing.unseal(provider.sealed_secret) == "hunter3"
    with scope.nowhere():
        dumped = hosting_file.dump()
    assert "hunter" not in dumped
    assert apply(dumped) == []

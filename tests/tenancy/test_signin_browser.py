"""Sign-in in the real browser: passkeys with Chromium's virtual authenticator, codes, recovery codes, a provider's whole way."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from beffroi.web.platform import scope, sealing
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.tenancy.models import IdentityProvider
from beffroi.web.tenancy.signin import make_link
from browser import page_faults, screens, screenshot, settle
from coming_in import code_of
from identity import Identity, provider_process

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("oidc")]
PASSWORD = "quatre beaux clochers"


@pytest.fixture
def site(settings, live_server) -> str:
    # WebAuthn wants a name: an address is not one that a key can be bound to.
    settings.BASE_URL = live_server.url.replace("127.0.0.1", "localhost")
    cache.clear()
    return settings.BASE_URL


@pytest.fixture
def town(db) -> Territory:
    # Straight in the table: the ledger's lines may not be removed, and these tests empty the tables.
    return Territory.objects.create(code="44109", name="Nantes", kind="COM", slug="nantes")


@pytest.fixture
def steward(town) -> Person:
    person = Person.objects.create_user("jeanne@mairie.example", PASSWORD, name="Jeanne Martin")
    with scope.inside(town):
        Membership.objects.create(territory=town, person=person, role="steward")
    return person


def with_key(page: Page) -> Any:
    """Plug a virtual authenticator with a finger into this page."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def sign_in(page: Page, site: str, next_page: str = "") -> None:
    page.goto(f"{site}/compte/login/" + (f"?next={next_page}" if next_page else ""))
    page.get_by_label("Adresse électronique").fill("jeanne@mairie.example")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url(re.compile(r"^((?!/compte/login/).)*$"))


def sign_out(page: Page, site: str) -> None:
    page.goto(f"{site}/compte/logout/")
    page.get_by_role("main").get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url("**/compte/login/")


def test_a_passkey_is_made_where_it_is_required_then_signs_in_by_itself(visit, site, steward):
    opened = visit(f"{site}/compte/login/", once=True)
    page = opened.page
    with_key(page)
    sign_in(page, site, "/t/nantes/")
    page.wait_for_url("**/compte/second-facteur/**")
    page.get_by_role("link", name="Ajouter une clé d'accès").click()
    page.get_by_label("Nom de la clé").fill("Mon ordinateur")
    page.get_by_label("Me connecter avec cette clé seule").check()
    page.get_by_role("button", name="Ajouter la clé").click()
    page.wait_for_url("**/compte/2fa/**")
    expect(page.get_by_text("Codes de secours").first).to_be_visible()
    sign_out(page, site)
    page.goto(f"{site}/compte/login/?next=/t/nantes/")
    page.get_by_role("button", name="Se connecter avec une clé d'accès").click()
    page.wait_for_url("**/t/nantes/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nantes")
    assert [c for c in opened.complaints if "Content Security" in c] == []


def test_a_key_without_a_verified_owner_is_refused(visit, site, steward):
    page = visit(f"{site}/compte/login/", once=True).page
    session, key = with_key(page)
    sign_in(page, site)
    page.goto(f"{site}/compte/2fa/webauthn/add/")
    page.get_by_label("Nom de la clé").fill("Clé")
    page.get_by_label("Me connecter avec cette clé seule").check()
    page.get_by_role("button", name="Ajouter la clé").click()
    page.wait_for_url(re.compile(r"/compte/2fa/(?!webauthn/add)"))
    sign_out(page, site)
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    page.get_by_role("button", name="Se connecter avec une clé d'accès").click()
    page.wait_for_timeout(1500)
    assert urlsplit(page.url).path == "/compte/login/"
    page.goto(f"{site}/accueil/")
    assert urlsplit(page.url).path == "/compte/login/"


def test_an_application_is_set_up_then_its_code_and_a_recovery_code_each_sign_in_once(visit, site, steward):
    page = visit(f"{site}/compte/login/").page
    sign_in(page, site, "/t/nantes/")
    page.get_by_role("link", name="Utiliser une application").click()
    secret = page.locator("#authenticator_secret").inner_text()
    page.get_by_label("Code affiché par l'application").fill("000000")
    page.get_by_role("button", name="Activer").click()
    expect(page.get_by_text("Code incorrect").first).to_be_visible()
    secret = page.locator("#authenticator_secret").inner_text()
    page.get_by_label("Code affiché par l'application").fill(code_of(secret))
    page.get_by_role("button", name="Activer").click()
    page.wait_for_url(re.compile(r"/compte/2fa/(?!totp)|/t/nantes/"))
    page.goto(f"{site}/compte/2fa/recovery-codes/")
    codes = page.locator("#recovery_codes code").all_inner_texts()
    assert len(codes) == 10
    sign_out(page, site)

    cache.clear()  # the code that set it up may not serve again: allauth remembers it there
    sign_in(page, site, "/t/nantes/")
    page.get_by_label("Code", exact=True).fill(code_of(secret))
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url("**/t/nantes/")
    sign_out(page, site)

    sign_in(page, site, "/t/nantes/")
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url("**/t/nantes/")
    sign_out(page, site)

    sign_in(page, site)
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_text("Code incorrect").first).to_be_visible()


@pytest.fixture(scope="module")
def running():
    with provider_process() as identity:
        yield identity


def a_provider(town: Territory, identity: Identity, site: str) -> IdentityProvider:
    provider = IdentityProvider(
        territory=town, public_id="nantes-test", name="ProConnect", issuer=identity.issuer, form_origin=identity.issuer,
        scopes="openid email given_name usual_name siret groups",
    )  # fmt: skip
    back = f"{site}/compte/oidc/nantes-test/login/callback/"
    provider.client_id, secret = identity.register(back, f"{site}/compte/login/")
    provider.sealed_secret = sealing.seal(secret)
    with scope.inside(town):
        provider.save()
    return provider


def test_an_invited_person_links_the_provider_and_goes_all_the_way_there_and_back(
    visit, site, town, running, settings
):
    settings.ALLOWED_HOSTS_OUT = [running.host]
    a_provider(town, running, site)
    person = Person.objects.create_user("paul@mairie.example", name="Paul Durand")
    with scope.inside(town):
        Membership.objects.create(territory=town, person=person, role="agent")
    running.says("paul", email="x@ailleurs.example")
    opened = visit(make_link(person, "invite"))
    page = opened.page
    page.get_by_role("button", name="Entrer").click()
    page.wait_for_url("**/compte/password/set/")
    screenshot(page, "signin-choose")
    page.get_by_role("button", name="Relier ProConnect").click()
    page.wait_for_url("**/compte/3rdparty/")
    expect(page.get_by_text("ProConnect (Nantes)")).to_be_visible()
    sign_out(page, site)
    page.goto(f"{site}/entrer/")
    page.get_by_label("Votre collectivité").fill("nant")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("button", name="Se connecter avec ProConnect").click()
    page.wait_for_url("**/t/nantes/")
    page.goto(f"{site}/compte/logout/")
    page.get_by_role("main").get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url(f"{running.issuer}/session/end**")
    assert [c for c in opened.complaints if "Content Security" in c] == []


@pytest.mark.long
@pytest.mark.parametrize(("width", "dark"), screens("sign-in"))
def test_every_page_of_sign_in_is_in_the_house_s_look_in_french_and_for_everyone(
    visit, site, town, steward, running, settings, width, dark
):
    settings.ALLOWED_HOSTS_OUT = [running.host]
    provider = a_provider(town, running, site)
    opened = visit(f"{site}/compte/login/?next=/t/nantes/", width=width, dark=dark)
    page = opened.page
    faults: dict[str, Any] = {}

    def look(name: str) -> None:
        settle(page)
        screenshot(page, f"signin-{name}-{width}")
        found = page_faults(page)
        english = re.findall(
            r"\b(?:Your?|Please|Sign|Password|Codes? are|Security key|Are you sure|Enter)\b",
            page.inner_text("body"),
        )
        if found or english:
            faults[name] = [*found[:4], *english]

    look("login")
    for name, path in {
        "find": "/entrer/", "enter": "/entrer/nantes/", "go": "/compte/oidc/nantes-test/login/",
        "closed": "/compte/signup/", "failed": "/compte/oidc/nantes-test/login/callback/?state=x&code=y",
    }.items():  # fmt: skip
        page.goto(site + path)
        look(name)
    page.goto(f"{site}/entrer/")
    page.get_by_label("Votre collectivité").fill("zzz")
    page.get_by_role("button", name="Chercher").click()
    look("find-none")
    sign_in(page, site, "/t/nantes/")
    look("second-factor")
    page.get_by_role("link", name="Utiliser une application").click()
    look("totp")
    secret = page.locator("#authenticator_secret").inner_text()
    page.get_by_label("Code affiché par l'application").fill(code_of(secret))
    page.get_by_role("button", name="Activer").click()
    page.wait_for_url(re.compile(r"/compte/2fa/(?!totp)|/t/nantes/"))
    for name, path in {
        "mfa": "/compte/2fa/", "codes": "/compte/2fa/recovery-codes/", "new-codes": "/compte/2fa/recovery-codes/generate/",
        "add-key": "/compte/2fa/webauthn/add/", "keys": "/compte/2fa/webauthn/", "off": "/compte/2fa/totp/deactivate/",
        "sessions": "/compte/sessions/", "linked": "/compte/3rdparty/", "password": "/compte/password/change/",
        "logout": "/compte/logout/", "reauthenticate": "/compte/reauthenticate/", "reauthenticate-code": "/compte/2fa/reauthenticate/", "own-means": "/compte/moyens/",
    }.items():  # fmt: skip
        page.goto(site + path)
        look(name)
    with scope.inside(town):
        Membership.objects.create(territory=town, person=steward, role="administrator")
    for name, path in {
        "settings": "", "provider": f"{provider.pk}/", "provider-add": "ajouter/",
    }.items():  # fmt: skip
        page.goto(f"{site}/t/nantes/reglages/connexion/{path}")
        look(name)
    sign_out(page, site)
    sign_in(page, site)
    look("code")
    assert faults == {}

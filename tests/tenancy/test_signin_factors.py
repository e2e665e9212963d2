"""The second factor of sensitive roles, and passwords that are too common."""

import time

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from beffroi.web.catalogue.models import Dataset
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform import scope, sealing
from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.rights import NOT_ASSIGNABLE, ROLES
from beffroi.web.tenancy import hosting
from beffroi.web.tenancy.signin import make_link
from beffroi.web.tenancy.signin.factors import PUT_OFF_FOR, SENSITIVE
from beffroi.web.ui.formats import french_date
from places import a_person, a_territory, strongly
from support.resumed_forms import send_again

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def town():
    return a_territory("Nantes", code="44109", fictional=False)


def by_password(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def holder(town, role: str) -> Person:
    """Someone who holds this role, with what it asks for: straight in the table, the services are tested elsewhere."""
    person = Person.objects.create_user(f"{role}@mairie.example", name=role)
    legal_act = "Élection" if role == "decider" else ""
    Membership.objects.create(territory=town, person=person, role=role, legal_act_reference=legal_act)
    return person


@pytest.mark.parametrize("role", sorted(SENSITIVE & ROLES.keys() - NOT_ASSIGNABLE))
def test_a_sensitive_role_without_a_second_factor_is_led_to_one(town, role):
    client = by_password(holder(town, role))
    inside = f"/t/{town.slug}/?page=1"
    answer = client.get(inside)
    assert (
        answer.headers["Location"]
        == f"/compte/second-facteur/?next={inside.replace('?', '%3F').replace('=', '%3D')}"
    )
    page = client.get(answer.headers["Location"]).content.decode()
    assert "/compte/2fa/webauthn/add/?next=" in page and "/compte/2fa/totp/activate/?next=" in page


@pytest.mark.parametrize("role", sorted(ROLES.keys() - SENSITIVE - NOT_ASSIGNABLE - {"service"}))
def test_another_role_is_not_requested_for_one(town, role):
    assert by_password(holder(town, role)).get(f"/t/{town.slug}/").status_code == 200


@pytest.mark.parametrize("role", sorted(ROLES.keys() - NOT_ASSIGNABLE - {"service"}))
def test_every_role_is_requested_for_one_where_the_operator_states_so(town, role, settings):
    settings.SECOND_FACTOR_OF_ALL = True
    client = by_password(holder(town, role))
    answer = client.get(f"/t/{town.slug}/")
    assert answer.headers["Location"].startswith("/compte/second-facteur/")
    assert "demandé à chacun" in client.get(answer.headers["Location"]).content.decode()


def test_a_session_with_a_second_factor_goes_on_where_it_wanted(town):
    client = strongly(Client(), a_person(town, "data_officer"))
    assert client.get(f"/t/{town.slug}/").status_code == 200
    answer = client.get("/compte/second-facteur/", {"next": f"/t/{town.slug}/registre/"})
    assert answer.headers["Location"] == f"/t/{town.slug}/registre/"


def test_the_page_leads_nowhere_outside(town):
    client = strongly(Client(), a_person(town, "data_officer"))
    assert (
        "ailleurs.example"
        not in client.get("/compte/second-facteur/?next=https://ailleurs.example/").content.decode()
    )


def test_someone_else_s_second_factor_does_not_count(town):
    client = strongly(Client(), a_person(town, "data_officer"))
    session = client.session
    session["account_authentication_methods_user"] = "999999"
    session.save()
    assert client.get(f"/t/{town.slug}/").status_code == 302


def test_what_one_may_not_see_is_404_before_any_second_factor_is_spoken_of(town):
    client = by_password(a_person(town, "decider"))
    assert client.get(f"/t/{town.slug}/reglages/personnes/").status_code == 404


def test_a_member_of_demonstration_is_exempt_and_the_page_states_so():
    invented = a_territory("Valbruyère", fictional=True)
    client = by_password(a_person(invented, "decider"))
    assert client.get(f"/t/{invented.slug}/").status_code == 200
    assert "démonstration" in client.get("/compte/second-facteur/").content.decode()
    assert "démonstration" in client.get("/compte/2fa/").content.decode()


def test_a_link_of_entry_is_no_second_factor(town):
    admin, client = a_person(town, "administrator"), Client()
    client.post("/" + make_link(admin, "signin").split("/", 3)[3])
    assert client.get(f"/t/{town.slug}/").headers["Location"].startswith("/compte/second-facteur/")


def with_totp(person: Person) -> str:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def code_of(secret: str) -> str:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_deciding_requires_again_for_an_old_second_factor_and_keeps_what_was_posted(town):
    decider = a_person(town, "decider")
    secret, client = with_totp(decider), strongly(Client(), decider)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 13 * 3600
    session.save()
    path = reverse("decisions-accept", args=[town.slug])
    assert client.get(f"/t/{town.slug}/").status_code == 200, "reading does not ask again"
    requested = client.post(path, {"proposal": "999999", "words": "Trop de gaspillage lundi"})
    assert requested.status_code == 302 and requested.headers["Location"].startswith(
        "/compte/2fa/reauthenticate/"
    )
    provided = client.post(requested.headers["Location"], {"code": code_of(secret)})
    # The posted decision itself comes back, words included; it speaks of a proposal that is not there.
    sent = send_again(client, provided.headers["Location"])
    assert sent.status_code == 422 and sent.context["form"].data["words"] == "Trop de gaspillage lundi"
    assert client.post(path, {"proposal": "999999"}).status_code == 422, "fresh now: not asked again"


def test_seeds_and_codes_are_stored_sealed(town):
    from allauth.mfa.models import Authenticator

    person = a_person(town, "data_officer")
    secret = with_totp(person)
    saved = Authenticator.objects.get(user=person, type="totp").data["secret"]
    assert secret not in saved and sealing.is_sealed(saved) and sealing.unseal(saved) == secret


def test_what_was_stored_before_sealing_is_still_read():
    from beffroi.web.tenancy.signin.adapters import HouseMFAAdapter

    assert HouseMFAAdapter().decrypt("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"


def test_another_home_s_key_opens_nothing(settings):
    saved = sealing.seal("secret")
    settings.SECRET_KEY = "another"
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal(saved)


@pytest.mark.parametrize(
    "password",
    ["azerty123456", "motdepasse123", "MotDePasse2026!", "Bonjour-2026!!", "soleil123456", "azertyuiopqs",
     "Mairie44000!!", "password1234", "b0nj0ur!2026", "aaaaaaaaaaaaaa", "123456789012"],
)  # fmt: skip
def test_a_common_french_password_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize(
    "password", ["quatre beaux clochers", "Xk2#9vLq7!pZ", "tramway citron bottine 12", "Kz8#9!2x7&4Qw"]
)
def test_a_good_one_is_accepted(password):
    validate_password(password)


def test_forgotten_passwords_are_spoken_of_only_where_a_message_can_be_sent(settings):
    page = Client().get("/compte/login/").content.decode()
    assert "lien d&#x27;entrée" in page or "lien d'entrée" in page
    assert "/compte/password/reset/" not in page
    assert Client().get("/compte/password/reset/").status_code == 404


def test_nobody_changes_their_address_by_themselves(town):
    assert by_password(a_person(town, "agent")).get("/compte/email/").status_code == 404


# Where a factor counts, and how long


def through_provider(client: Client, person: Person, provider_of) -> Client:
    """Signed in by the provider of a territory, which asked for a second factor, then by one's own password."""
    client.force_login(person, backend=BACKEND)
    session, now = client.session, time.time()
    session["beffroi_provider"] = {
        "provider": "p", "territory": provider_of.pk, "person": person.pk, "second_factor": True, "at": now,
        "id_token": "", "sid": "", "sub": "s", "end_session": "",
    }  # fmt: skip
    session["account_authentication_methods"] = [{"method": "password", "at": now, "email": person.email}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client


def test_a_provider_s_second_factor_counts_in_its_own_territory_only(town):
    person = holder(town, "administrator")
    other = a_territory("Rezé", code="44143", fictional=False)
    with scope.nowhere():
        with scope.inside(other):
            Membership.objects.create(territory=other, person=person, role="administrator")
        hosting.set_host_operator(person, active=True, by=None)
    client = through_provider(Client(), person, town)
    assert client.get(f"/t/{town.slug}/").status_code == 200
    for inside in (f"/t/{other.slug}/", reverse("host")):
        answer = client.get(inside)
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/compte/second-facteur/")
        # The page that leads there does not send back in a circle.
        assert client.get(answer.headers["Location"]).status_code == 200


def test_deciding_sends_who_came_in_by_a_provider_back_to_it(town):
    client = through_provider(Client(), a_person(town, "decider"), town)
    session = client.session
    session["beffroi_provider"] |= {"at": 0.0}  # it did not say when
    session.save()
    requested = client.post(reverse("decisions-accept", args=[town.slug]), {"proposal": "999999"})
    assert requested.status_code == 302 and requested.headers["Location"].startswith(f"/entrer/{town.slug}/")


def test_an_entry_link_requires_for_the_second_factor_of_who_has_one(town):
    admin, client = holder(town, "administrator"), Client()
    secret = with_totp(admin)
    answer = client.post("/" + make_link(admin, "signin").split("/", 3)[3])
    assert answer.headers["Location"].startswith("/compte/2fa/authenticate/")
    assert client.get(f"/t/{town.slug}/").headers["Location"].startswith("/compte/login/"), "nobody is in yet"
    client.post(answer.headers["Location"], {"code": code_of(secret)})
    assert client.get(f"/t/{town.slug}/").status_code == 200


def ago(client: Client, **since: float) -> Client:
    """The records of these methods are this many seconds old."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - since.get(record["method"], 0)
    session.save()
    return client


def test_inviting_requires_again_for_a_second_factor_older_than_ten_minutes_and_keeps_what_was_posted(town):
    admin = holder(town, "administrator")
    secret, client = with_totp(admin), ago(strongly(Client(), admin), mfa=601)
    path = reverse("people-invite", args=[town.slug])
    fields = {"email": "nouvelle@mairie.example", "name": "Nouvelle", "roles": ["agent"]}
    assert client.get(path).status_code == 200, "reading does not ask again"
    requested = client.post(path, fields)
    assert requested.headers["Location"].startswith("/compte/2fa/reauthenticate/")
    assert not Person.objects.filter(email=fields["email"]).exists()
    provided = client.post(requested.headers["Location"], {"code": code_of(secret)})
    sent = send_again(client, provided.headers["Location"])
    assert sent.status_code == 200 and Person.objects.filter(email=fields["email"]).exists()
    assert client.post(path, fields | {"email": "autre@mairie.example"}).status_code == 200, "fresh now"


def test_a_token_requires_again_for_the_password_of_who_has_no_second_factor(town):
    agent = holder(town, "agent")
    agent.set_password("Un mot de passe assez long")
    agent.save()
    client = ago(strongly(Client(), agent), password=601, mfa=601)
    path = reverse("tokens", args=[town.slug])
    requested = client.post(path, {})
    assert requested.headers["Location"].startswith("/compte/reauthenticate/")
    provided = client.post(requested.headers["Location"], {"password": "Un mot de passe assez long"})
    sent = send_again(client, provided.headers["Location"])
    assert sent.status_code == 422, "the posted form is taken up again, with what it lacks"
    assert client.post(path, {}).status_code == 200


def test_who_has_only_a_provider_signs_in_there_again(town):
    agent = holder(town, "agent")
    client = through_provider(Client(), agent, town)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    path = reverse("tokens", args=[town.slug])
    assert client.post(path, {}).status_code == 200, "they have just come in"
    session = client.session
    session["beffroi_provider"] |= {"at": time.time() - 601}
    session.save()
    assert client.post(path, {}).headers["Location"].startswith(f"/entrer/{town.slug}/")


# A right that opens a door to somebody, or changes how they come in.
OF_ACCESS = {
    "member.invite",
    "delegation.manage",
    "person.suspend",
    "provider.manage",
    "host.settings",
    "host.found",
}


def test_every_route_that_changes_who_may_enter_requires_for_a_fresh_proof():
    views = {pattern.name: pattern.callback for pattern in patterns(get_resolver().url_patterns)}
    of_access = {name: view for name, view in views.items() if getattr(view, "declares", "") in OF_ACCESS}
    assert len(of_access) > 15
    of_access |= {name: views[name] for name in ("tokens", "token-revoke")}  # everyone has some of their own
    assert [name for name, view in of_access.items() if not view.fresh] == []


def patterns(found):
    for one in found:
        yield from patterns(one.url_patterns) if isinstance(one, URLResolver) else [one]


# Put off: for the first days of an account, for the acts of a first hour, while nothing is about people


def putting_off(client: Client, back: str):
    return client.post("/compte/second-facteur/", {"next": back})


def test_the_second_factor_is_really_put_off_until_the_day_that_the_page_says(town):
    chief = a_person(town, "administrator", "data_officer")
    client, here = by_password(chief), f"/t/{town.slug}/"
    page = client.get("/compte/second-facteur/", {"next": here}).content.decode()
    last = timezone.localtime(chief.created_at + PUT_OFF_FOR).date()
    assert french_date(last) in page and "Plus tard" in page
    assert putting_off(client, here).headers["Location"] == here
    assert client.get(here).status_code == 200
    assert by_password(chief).get(here).status_code == 302  # the next session asks again
    Person.objects.filter(pk=chief.pk).update(created_at=timezone.now() - PUT_OFF_FOR)
    assert client.get(here).status_code == 302
    assert "Plus tard" not in client.get("/compte/second-facteur/", {"next": here}).content.decode()


@pytest.mark.parametrize("path", ["reglages/personnes/inviter/", "reglages/sauvegarde/", "reglages/jetons/"])
def test_letting_in_and_carrying_away_are_never_put_off(town, path):
    client, here = by_password(a_person(town, "administrator")), f"/t/{town.slug}/"
    putting_off(client, here)
    there = here + path
    assert client.get(there).headers["Location"].startswith("/compte/second-facteur/")
    assert "Plus tard" not in client.get("/compte/second-facteur/", {"next": there}).content.decode()
    assert putting_off(client, there).status_code == 200


def test_it_is_put_off_no_longer_once_something_is_about_people(town):
    client, here = by_password(a_person(town, "data_officer")), f"/t/{town.slug}/"
    putting_off(client, here)
    assert client.get(here).status_code == 200
    Dataset.objects.create(
        territory=town, slug="eleves", title="Élèves", table="eleves", sensitivity="personal"
    )
    assert client.get(here).status_code == 302


def test_security_may_be_looked_at_first_until_a_register_names_somebody(town):
    client = by_password(a_person(town, "administrator"))
    here = f"/t/{town.slug}/securite/"
    assert "Plus tard" in client.get(client.get(here).headers["Location"]).content.decode()
    putting_off(client, here)
    assert client.get(here).status_code == 200
    RegisterEntry.objects.create(
        territory=town,
        register="who_to_call",
        identity="prestataire",
        values={"name": "Prestataire", "person": "Mme Quenouille"},
    )
    assert client.get(here).status_code == 302
    assert client.get(here + "qui-appeler/").status_code == 200


def test_who_has_a_factor_or_serves_where_all_must_have_one_cannot_put_it_off(town, settings):
    person, here = a_person(town, "administrator"), f"/t/{town.slug}/"
    client = by_password(person)
    settings.SECOND_FACTOR_OF_ALL = True
    putting_off(client, here)
    assert client.get(here).status_code == 302
    settings.SECOND_FACTOR_OF_ALL = False
    with_totp(person)
    putting_off(client, here)
    assert client.get(here).status_code == 302


def test_a_first_password_is_asked_once_then_one_goes_home(town):
    chief, client = a_person(town, "administrator"), Client()
    client.post("/" + make_link(chief, "invite").split("/", 3)[3])
    words = "quatre beaux clochers de pierre"
    chosen = client.post("/compte/password/set/", {"password1": words, "password2": words})
    assert chosen.headers["Location"] == reverse("home")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200  # the password is not asked again


def test_after_the_backup_codes_one_goes_on_where_one_was_going(town):
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    chief, wanted = a_person(town, "administrator"), f"/t/{town.slug}/registre/"
    client = by_password(chief)
    client.get(client.get(wanted).headers["Location"])
    RecoveryCodes.activate(chief)
    session = client.session
    session["account_authentication_methods_user"] = str(chief.pk)
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
    session.save()
    codes = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert f'<a class="button" href="{wanted}">Continuer</a>' in codes


def test_a_code_given_at_sign_in_is_not_asked_again_to_see_the_backup_codes(town):
    chief, client = a_person(town, "administrator"), Client()
    chief.set_password("quatre beaux clochers de pierre")
    chief.save()
    secret = with_totp(chief)
    client.post("/compte/login/", {"login": chief.email, "password": "quatre beaux clochers de pierre"})
    client.post("/compte/2fa/authenticate/", {"code": code_of(secret)})
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200
    session = client.session
    session["account_authentication_methods"] = [
        {**each, "at": each["at"] - 3600} for each in session["account_authentication_methods"]
    ]
    session.save()
    assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 302

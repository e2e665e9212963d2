"""A form posted while a guard asks for something first comes back filled, is judged anew, and keeps no secret."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms.forms import BaseForm
from django.test import Client
from django.urls import get_resolver, reverse

from beffroi.web.platform import suspended_forms
from beffroi.web.platform.models import Membership, Person
from beffroi.web.tenancy.models import IdentityProvider
from beffroi.web.ui.fields import SecretText
from places import a_person, a_territory, strongly
from support.resumed_forms import given_back, send_again

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
RESUME = "/compte/reprendre/"


@pytest.fixture
def town():
    return a_territory("Nantes", code="44109", fictional=False)


def by_password(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


def prove(client: Client, person: Person) -> None:
    """The second factor is given in this session."""
    session = client.session
    session["account_authentication_methods_user"] = str(person.pk)
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
    session.save()


def old(client: Client, seconds: float) -> None:
    session = client.session
    session["beffroi_suspended_form"] |= {"at": time.time() - seconds}
    session.save()


CONTACT = {"contact": "mairie@nantes.example", "seat": "2 rue de l'Hôtel-de-Ville\n44000 Nantes"}


def test_what_was_posted_before_the_second_factor_comes_back_filled_and_is_then_done(town):
    chief = a_person(town, "administrator")
    client, path = by_password(chief), reverse("place-contact", args=[town.slug])
    asked = client.post(path, CONTACT)
    assert asked.headers["Location"].startswith("/compte/second-facteur/")
    client.get(asked.headers["Location"])
    prove(client, chief)
    after = client.get(asked.headers["Location"]).headers["Location"]
    action, fields, page = given_back(client, after)
    assert action == path and fields["seat"] == [CONTACT["seat"]]
    assert "2 rue de l'Hôtel-de-Ville" in page.text_content()
    assert send_again(client, after).status_code == 302
    town.refresh_from_db()
    assert town.contact == CONTACT["contact"]
    assert "Rien à reprendre" in client.get(after).content.decode(), "done: nothing waits any more"


def test_put_off_it_comes_back_too(town):
    client, path = by_password(a_person(town, "administrator")), reverse("place-contact", args=[town.slug])
    asked = client.post(path, CONTACT)
    back = parse_qs(urlsplit(asked.headers["Location"]).query)["next"][0]
    assert "Plus tard" in client.get(asked.headers["Location"]).content.decode()
    later = client.post("/compte/second-facteur/", {"next": back})
    assert send_again(client, later.headers["Location"]).status_code == 302
    town.refresh_from_db()
    assert town.contact == CONTACT["contact"]


def test_a_session_that_ended_by_itself_gives_the_form_back_to_the_same_person_only(town):
    chief, other = (
        a_person(town, "administrator"),
        a_person(town, "administrator", email="autre@nantes.example"),
    )
    path = reverse("place-contact", args=[town.slug])
    for who, comes_back in ((chief, True), (other, False)):
        client = strongly(Client(), chief)
        client.get(f"/t/{town.slug}/")
        session = client.session
        session["beffroi_active_at"] = time.time() - 3 * 3600
        session.save()
        asked = client.post(path, CONTACT)
        assert asked.headers["Location"] == f"/compte/login/?next={RESUME}"
        assert client.get(asked.headers["Location"]).status_code == 200
        client.force_login(who, backend=BACKEND)
        page = client.get(RESUME).content.decode()
        assert (CONTACT["contact"] in page) is comes_back
        if comes_back:
            prove(client, who)
            assert send_again(client, RESUME).status_code == 302


def test_what_a_stranger_posts_is_not_kept_and_leads_to_a_page_that_opens(town):
    client = Client()
    asked = client.post(reverse("place-contact", args=[town.slug]), CONTACT)
    back = parse_qs(urlsplit(asked.headers["Location"]).query)["next"][0]
    assert (
        asked.headers["Location"].startswith("/compte/login/")
        and "beffroi_suspended_form" not in client.session
    )
    assert strongly(Client(), a_person(town, "administrator")).get(back).status_code == 200


def test_tokens_and_rights_are_asked_anew(town):
    chief = a_person(town, "administrator")
    client, path = Client(enforce_csrf_checks=True), reverse("place-contact", args=[town.slug])
    client.force_login(chief, backend=BACKEND)
    assert client.post(path, CONTACT).status_code == 403, "without its token nothing is kept"
    assert "beffroi_suspended_form" not in client.session
    easy = by_password(chief)
    easy.post(path, CONTACT)
    prove(easy, chief)
    assert (
        "form_token" in given_back(easy, RESUME)[1] and "csrfmiddlewaretoken" in given_back(easy, RESUME)[1]
    )
    Membership.objects.filter(person=chief).update(role="agent")
    assert send_again(easy, RESUME).status_code == 404
    town.refresh_from_db()
    assert town.contact != CONTACT["contact"]


def test_a_secret_is_never_kept_and_is_asked_again(town):
    chief = a_person(town, "administrator")
    client = by_password(chief)
    path = reverse("signin-provider-add", args=[town.slug])
    client.post(path, {"name": "Annuaire", "client_secret": "tres-secret-42"})
    assert "tres-secret-42" not in str(dict(client.session.items()))
    prove(client, chief)
    action, fields, page = given_back(client, RESUME)
    assert fields["name"] == ["Annuaire"] and "client_secret" not in fields and action == path
    assert page.xpath("//input[@type='password']/@name") == ["client_secret"]
    assert IdentityProvider.objects.count() == 0


def _forms(above: type[BaseForm]):
    for form in above.__subclasses__():
        yield form
        yield from _forms(form)


def test_no_hidden_field_of_the_site_would_be_kept(rf):
    get_resolver().url_patterns  # noqa: B018  # every form of the site is imported
    request = rf.post("/")
    request.resolver_match = None
    secret = suspended_forms._secret_names(request)
    hidden = {
        name
        for form in _forms(BaseForm)
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field.widget, forms.PasswordInput | SecretText)
    }
    assert {"client_secret", "ssh_key", "private_key", "password"} <= hidden
    assert [name for name in hidden if not secret(name) or not secret(f"copie-{name}")] == []
    assert not secret("contact") and not secret("key")


def test_a_file_is_said_to_be_chosen_again(town):
    chief = a_person(town, "administrator")
    client = by_password(chief)
    client.post(
        reverse("place-contact", args=[town.slug]),
        {**CONTACT, "photo": SimpleUploadedFile("beffroi.csv", b"contenu-du-fichier")},
    )
    assert "contenu-du-fichier" not in str(dict(client.session.items()))
    prove(client, chief)
    _action, fields, page = given_back(client, RESUME)
    assert "photo" not in fields and "À choisir de nouveau : beffroi.csv" in page.text_content().replace(
        "\xa0", " "
    )
    assert page.xpath("//form[@enctype='multipart/form-data']//input[@type='file']/@name") == ["photo"]


def test_too_long_or_too_old_nothing_is_kept_and_the_page_says_so(town):
    chief = a_person(town, "administrator")
    client, path = by_password(chief), reverse("place-contact", args=[town.slug])
    client.post(path, {"contact": "x" * (suspended_forms.MOST_CHARACTERS + 1)})
    page = client.get(RESUME).content.decode()
    assert "trop long" in page and f'href="/t/{town.slug}/reglages/' in page
    assert len(str(dict(client.session.items()))) < 5_000
    client.post(path, CONTACT)
    old(client, suspended_forms.LIFETIME - 60)
    assert CONTACT["contact"] in client.get(RESUME).content.decode()
    old(client, suspended_forms.LIFETIME + 1)
    assert "Rien à reprendre" in client.get(RESUME).content.decode()


def test_what_a_script_posts_takes_the_place_of_no_form(town):
    client, path = by_password(a_person(town, "administrator")), reverse("place-contact", args=[town.slug])
    client.post(path, CONTACT, headers={"Sec-Fetch-Mode": "navigate"})
    client.post(path, {"contact": "d'un script"}, headers={"Sec-Fetch-Mode": "cors"})
    assert CONTACT["contact"] in client.get(RESUME).content.decode()

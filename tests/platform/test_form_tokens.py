"""A form is accepted at its own address only: a button that somebody slipped into it sends it nowhere else."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.web.platform.models import Membership
from beffroi.web.ui.form_tokens import FIELD, with_tokens
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return a_territory(fictional=False)


@pytest.fixture
def agent(town):
    return a_person(town, "agent", email="agent@example.org")


@pytest.fixture
def chief(town):
    return a_person(town, "administrator", email="chef@example.org")


@pytest.fixture
def browser(chief):
    return strongly(Client(enforce_csrf_checks=True), chief)


def form_to(browser, page, action):
    """The hidden fields of the form of a page that is sent to `action`."""
    html = browser.get(page).content.decode()
    (form,) = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>.*?</form>', html, re.DOTALL)
    hidden: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
        hidden.setdefault(name, []).append(value)
    return hidden


def test_a_form_is_accepted_at_its_own_address_and_at_no_other(town, agent, browser):
    page, suspend, roles = (
        reverse(name, args=[town.slug, agent.pk]) for name in ("person", "person-suspend", "person-roles")
    )
    form = form_to(browser, page, suspend)
    assert form["csrfmiddlewaretoken"]
    # What a button `<button formaction="…/roles" name="roles" value="administrator">` in this form would send.
    refused = browser.post(roles, form | {"roles": "administrator", "role": "administrator", "reason": "oui"})
    assert refused.status_code == 403
    assert set(Membership.objects.of(town).filter(person=agent).values_list("role", flat=True)) == {"agent"}
    assert browser.post(suspend, form | {"reason": "Parti"}).status_code == 302


def test_a_form_of_somebody_else_is_not_accepted(town, agent, chief, browser):
    """The one who injects a form cannot put a token of their own into it."""
    suspend = reverse("person-suspend", args=[town.slug, agent.pk])
    page = reverse("person", args=[town.slug, agent.pk])
    others = form_to(strongly(Client(enforce_csrf_checks=True), chief), page, suspend)
    own = form_to(browser, page, suspend)
    mixed = own | {FIELD: others[FIELD], "reason": "Parti"}
    assert browser.post(suspend, mixed).status_code == 403
    without = {name: value for name, value in own.items() if name != FIELD}
    assert browser.post(suspend, without | {"reason": "Parti"}).status_code == 403


def test_a_form_without_address_is_for_its_own_page(town, browser):
    page = reverse("people", args=[town.slug])
    browser.get(page)
    sign_out = reverse("account_logout")
    assert browser.post(sign_out, form_to(browser, page, sign_out)).status_code == 302


def token(address):
    return f"{{% form_token %}}{address}{{% endform_token %}}"


@pytest.mark.parametrize(
    ("template", "tokens"),
    [
        ('<form method="post">', [token("")]),
        ('<form action="{% url "a" b.pk %}" method="post" novalidate>', [token('{% url "a" b.pk %}')]),
        ('<form method="{{ m }}"{% if a > b %} action="{{ c }}"{% endif %}>', [token("{{ c }}")]),
        ('<form method="get" action="/a/"><form action="/b/">', []),
        ('<button formaction="{% url "a" %}">', [token('{% url "a" %}')]),
    ],
)
def test_the_loader_adds_a_token_for_each_address_to_which_a_template_sends_a_form(template, tokens):
    assert re.findall(r"\{% form_token %\}.*?\{% endform_token %\}", with_tokens(template)) == tokens

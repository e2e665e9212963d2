"""A page left open after its session shows nothing any more, in every tab, even when the site cannot be reached."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "un-beffroi-sonne-a-midi"
HEADING = "Appareils connectés"


@pytest.fixture
def opened(site: str, visit: Any) -> Page:
    """A page of a signed-in person, its clock in the test's hand."""
    get_user_model().objects.create_user("awa@exemple.invalid", PASSWORD, name="Awa Diallo")
    page: Page = visit(f"{site}/compte/login/", once=True).page
    page.clock.install()
    page.get_by_label("Adresse électronique").fill("awa@exemple.invalid")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url("**/home")
    return _at_the_sessions(page, site)


def _at_the_sessions(page: Page, site: str) -> Page:
    page.goto(f"{site}/compte/sessions/")
    expect(page.get_by_role("heading", level=1)).to_have_text(HEADING, use_inner_text=True)
    page.clock.run_for(20_000)
    return page


def _is_emptied(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre session est fermée", use_inner_text=True)
    assert "awa@exemple.invalid" not in page.content() and HEADING not in page.content()
    assert page.evaluate("document.activeElement.tagName") == "H1"


def test_a_page_that_nobody_uses_is_emptied_when_its_session_ends(opened, site):
    opened.clock.run_for(119 * 60_000 - 20_000)
    expect(opened.get_by_role("heading", level=1)).to_have_text(HEADING, use_inner_text=True)
    opened.clock.run_for(2 * 60_000)
    _is_emptied(opened)
    expect(opened.get_by_role("link", name="Entrer à nouveau")).to_be_visible()


def test_another_tab_at_work_keeps_the_page_and_its_sign_out_empties_it(opened, site):
    other = _at_the_sessions(opened.context.new_page(), site)
    opened.clock.run_for(119 * 60_000)
    other.reload()
    opened.wait_for_timeout(200)
    opened.clock.run_for(5 * 60_000)
    expect(opened.get_by_role("heading", level=1)).to_have_text(HEADING, use_inner_text=True)
    other.get_by_role("button", name="Me déconnecter d'ici").click()
    _is_emptied(opened)


def test_signing_out_empties_the_page_though_the_site_cannot_be_reached(opened, site):
    other = _at_the_sessions(opened.context.new_page(), site)
    opened.context.set_offline(True)
    opened.get_by_role("button", name="Me déconnecter d'ici").click()
    _is_emptied(other)
    opened.wait_for_timeout(300)
    assert "awa@exemple.invalid" not in opened.content() and HEADING not in opened.content()

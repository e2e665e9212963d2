"""The door, the account's pages and the error pages: in French, in the house's look, with nothing for axe."""

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from browser import axe, no_horizontal_scroll, screenshot
from rings import representatives

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "un-beffroi-sonne-a-midi"


def test_an_error_page_states_what_to_do(site, visit):
    seen = visit(f"{site}/compte/login/", width=320)
    for name in ("400.html", "403.html", "403_csrf.html", "404.html", "405.html", "500.html"):
        seen.page.goto(f"{site}/page/{name}")
        assert axe(seen.page) == [], name
        assert no_horizontal_scroll(seen.page) == [], name
        expect(seen.page.locator("main")).to_contain_text("Que faire ?", use_inner_text=True)
        expect(seen.page.get_by_role("link", name="Aller à l'accueil")).to_be_visible()


@pytest.mark.parametrize("dark", representatives([False, True], [False]))
def test_the_sign_in_page_is_french_and_clean(site, visit, dark):
    seen = visit(f"{site}/compte/login/", dark=dark)
    screenshot(seen.page, f"signin-{'dark' if dark else 'light'}", whole=False)
    assert axe(seen.page) == []
    assert seen.complaints == []
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("Se connecter", use_inner_text=True)
    words = seen.page.locator("body").inner_text()
    assert not {"Sign In", "Password", "Email"} & set(words.splitlines())


def test_a_wrong_password_is_stated_and_what_was_typed_is_stored(site, visit):
    page = visit(f"{site}/compte/login/", width=320).page
    page.get_by_label("Adresse électronique").fill("awa@exemple.invalid")
    page.get_by_label("Mot de passe", exact=True).fill("pas-le-bon")
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.get_by_role("alert").wait_for()
    expect(page.get_by_label("Adresse électronique")).to_have_value("awa@exemple.invalid")
    screenshot(page, "signin-error")
    assert axe(page) == []


def test_the_account_pages_wear_the_look(site, visit):
    get_user_model().objects.create_user("awa@exemple.invalid", PASSWORD, name="Awa Diallo")
    seen = visit(f"{site}/compte/login/")
    page = seen.page
    page.get_by_label("Adresse électronique").fill("awa@exemple.invalid")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url("**/home")
    for path in [
        "/compte/password/change/",
        "/compte/2fa/",
        "/compte/2fa/totp/activate/",
        "/compte/2fa/webauthn/add/",
        "/compte/sessions/",
        "/compte/logout/",
    ]:
        page.goto(site + path)
        if page.get_by_role("heading", name="Confirmer l'accès").is_visible():
            page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
            page.get_by_role("button", name="Confirmer").click()
            page.wait_for_url("**" + path)
        screenshot(page, "account-" + path.strip("/").replace("/", "-"), whole=False)
        assert axe(page) == [], path
        assert page.evaluate("document.querySelectorAll('h1').length") == 1, path
        page.set_viewport_size({"width": 320, "height": 800})
        assert no_horizontal_scroll(page) == [], path
        page.set_viewport_size({"width": 1280, "height": 900})
    refusals = [c for c in seen.complaints if "Content Security Policy" in c]
    assert refusals == []

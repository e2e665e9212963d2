"""The host's operator at work in the browser: find a territory by keyboard, add one without JavaScript, suspend it."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import axe, no_horizontal_scroll, screenshot
from coming_in import enter, give_second_factor


def test_a_territory_is_found_and_opened_with_the_keyboard_alone(served: Any, badge: list[Any], visit: Any):
    page = visit(f"{served.url}/hote/", cookies=badge).page
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "q":
            break
    page.keyboard.type("valbruy")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=valbruy**")
    expect(page.get_by_role("status")).to_contain_text("1 territoire pour")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/hote/t/{served.slug}/")
    assert axe(page) == []


@pytest.mark.long
def test_a_town_is_added_its_administrator_enters_in_preparation_then_the_host_suspends_it(
    served: Any, badge: list[Any], visit: Any
):
    page = visit(f"{served.url}/hote/ajouter/", cookies=badge, script=False).page
    page.get_by_label("Rechercher une collectivité").fill("Saint-Herblain")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Saint-Herblain", exact=True).click()
    page.get_by_label("Première personne").fill("Awa Diallo (simulée)")
    page.get_by_label("Son adresse électronique").fill("pas une adresse")
    page.keyboard.press("Enter")
    error_is_shown(page)
    page.get_by_label("Son adresse électronique").fill("awa@demonstration.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("est prêt")
    link = re.search(r"http://\S+/entree/[\w-]+/", page.inner_text("main"))
    assert link

    admin = visit(link[0], width=320).page
    enter(admin)
    give_second_factor(admin, f"{served.url}/t/saint-herblain/")
    admin.goto(f"{served.url}/t/saint-herblain/")
    expect(admin.locator("main")).to_contain_text("Espace en préparation")
    admin.get_by_role("link", name="Espace en préparation").click()
    expect(admin.locator("main")).to_contain_text("n'est pas enregistré")
    assert axe(admin) == []
    assert no_horizontal_scroll(admin) == []
    assert admin.evaluate("document.documentElement.scrollWidth") == 320
    screenshot(admin, "place-320")

    page.goto(f"{served.url}/hote/t/saint-herblain/")
    page.get_by_label("Référence de l'acte").fill("2026-41")
    page.get_by_label("Date de l'acte").fill("2026-03-01")
    page.get_by_role("button", name="Enregistrer l'acte").click()
    expect(page.locator("main")).to_contain_text("enregistré")
    page.get_by_label("Prévisions et alertes : ").check()
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator("main")).to_contain_text("1 changement enregistré")
    admin.goto(f"{served.url}/t/saint-herblain/")
    expect(admin.locator("main")).not_to_contain_text("Espace en préparation")
    expect(admin.get_by_role("link", name="Prévisions et alertes")).to_have_count(0)

    page.get_by_label("Motif").fill("Fin de la convention.")
    page.get_by_role("button", name="Suspendre").click()
    expect(page.locator("main")).to_contain_text("est suspendu")
    admin.goto(f"{served.url}/t/saint-herblain/donnees/")
    expect(admin.get_by_role("heading", level=1)).to_contain_text("est suspendu")
    assert axe(admin) == []
    screenshot(admin, "suspended-320")
    # The crawl of the other tests finds the demonstration as it was.
    page.get_by_role("button", name="Rouvrir").click()
    expect(page.locator("main")).to_contain_text("est rouvert")


def error_is_shown(page: Page) -> None:
    """The summary of errors, and the field that it leads to; the page may still be on its way."""
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)

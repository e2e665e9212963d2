"""A next file whose columns changed, and one that updates by key, in the real browser on a served instance.

By keyboard, and without JavaScript; the pages looked at narrow and dark, wide and light.
"""

from pathlib import Path
from typing import Any

import pytest
from deliveries import JANUARY
from playwright.sync_api import Page, expect
from test_drift_and_key import CHANGED, POINTS, WORKS

from browser import ALL_SCREENS, examine, says
from coming_in import enter, give_second_factor
from house import RealTown

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("nantes")]
WAIT = 120_000


def _reload_until(page: Page, selector: str) -> None:
    for _ in range(240):
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"never there: {selector}\n{page.inner_text('main')}")


def deposit(page: Page, data: str, folder: Path, name: str, text: str) -> None:
    """From the upload page to the page that asks."""
    file = folder / name
    file.write_text(text)
    page.goto(f"{data}deposer/")
    page.set_input_files("input[type=file]", file)
    with page.expect_navigation():
        page.get_by_role("button", name="Déposer et lire").click()
    _reload_until(page, "button:has-text('Verser')")


def examined(visit: Any, page: Page, name: str) -> list[str]:
    return examine(visit, page.url, name, cookies=page.context.cookies(), everywhere=ALL_SCREENS)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


@pytest.mark.long
def test_a_changed_file_raises_questions_and_an_update_by_key_is_counted(
    nantes: RealTown, visit: Any, tmp_path: Path
) -> None:
    url, link = nantes.url, nantes.invitations["drift"]
    page = visit(link, script=False).page
    page.set_default_timeout(WAIT)
    enter(page)
    data = f"{url}/t/nantes/donnees/"
    give_second_factor(page, data)

    deposit(page, data, tmp_path, "Cantines janvier 2025.csv", JANUARY)
    with page.expect_navigation():
        page.get_by_role("button", name="Verser", exact=True).click()
    _reload_until(page, "h1:text-is('Cantines')")

    # Without JavaScript: the questions, none answered in advance; pouring without an answer leads back to them.
    deposit(page, data, tmp_path, "Cantines fevrier 2025.csv", CHANGED)
    questions = page.locator("input[type=radio][name*='-d-']")
    expect(questions).to_have_count(4)
    expect(page.locator("input[type=radio][name*='-d-']:checked")).to_have_count(0)
    assert examined(visit, page, "drift-asked") == []
    page.get_by_role("button", name="Verser", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("rien n'est versé tant que la question attend")
    page.get_by_label("Oui, c'est la même").check()

    # With JavaScript, by the keyboard alone.
    keyed = visit(page.url, cookies=page.context.cookies()).page
    keyed.set_default_timeout(WAIT)
    for group, wanted in (("renamed", "same"), ("added", "accept")):
        radio = keyed.locator(f"input[name*='-d-{group}'][value={wanted}]")
        for _ in range(60):
            keyed.keyboard.press("Tab")
            if f"-d-{group}" in focused(keyed):
                break
        assert f"-d-{group}" in focused(keyed)
        keyed.keyboard.press("Space")
        expect(radio).to_be_checked()
    for _ in range(40):
        keyed.keyboard.press("Tab")
        if keyed.evaluate("document.activeElement.textContent.trim()") == "Verser":
            break
    keyed.keyboard.press("Enter")
    keyed.wait_for_url("**/donnees/jeux/cantines/**", timeout=WAIT)
    says(keyed, "7 lignes et 5 colonnes")

    page.goto(f"{data}jeux/cantines/livraisons/2/")
    text = page.inner_text("main")
    assert "Réponse : Oui, c'est la même" in text and "Réponse : L'ajouter au jeu" in text
    assert examined(visit, page, "drift-told") == []

    deposit(page, data, tmp_path, "Points lumineux.csv", POINTS)
    with page.expect_navigation():
        page.get_by_role("button", name="Verser", exact=True).click()
    _reload_until(page, "h1:text-is('Points lumineux')")
    deposit(page, data, tmp_path, "Points lumineux 2.csv", WORKS)
    says(page, "1 modifiée, 1 ajoutée, 1 inchangée")
    expect(page.get_by_label("Code point", exact=True)).to_be_checked()
    assert examined(visit, page, "key-asked") == []
    with page.expect_navigation():
        page.get_by_role("button", name="Verser", exact=True).click()
    _reload_until(page, "h1:text-is('Points lumineux')")
    says(page, "5 lignes")

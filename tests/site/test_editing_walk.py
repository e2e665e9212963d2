"""Two exports brought together step by step in the real browser: with the keyboard alone, then without JavaScript."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import ALL_SCREENS, axe, examine, says

WAIT = 60_000
SAID = """() => {
  const at = document.activeElement;
  const own = at.matches("a, button, summary") ? at.innerText : "";
  return [at.labels?.[0]?.innerText, at.getAttribute("aria-label"), own].filter(Boolean).join(" ");
}"""


def told(page: Page) -> str:
    return page.inner_text("main").replace("\u00a0", " ")


def reach(page: Page, words: str) -> None:
    """Press Tab until the focus is on what says these words."""
    for _ in range(250):
        page.keyboard.press("Tab")
        if words in page.evaluate(SAID).replace("\u00a0", " "):
            return
    raise AssertionError(f"the keyboard never reaches « {words} »:\n{page.inner_text('main')}")


def press(page: Page, words: str) -> None:
    """Reach a button or a link, and follow it."""
    reach(page, words)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_load_state()


def choose(page: Page, label: str, words: str) -> None:
    """Reach a list and go down to what begins with these words."""
    reach(page, label)
    page.keyboard.press("Home")
    for _ in range(80):
        chosen = page.evaluate("document.activeElement.selectedOptions[0].innerText")
        if chosen.replace("\u00a0", " ").startswith(words):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"« {label} » does not offer « {words} »")


def write(page: Page, label: str, words: str) -> None:
    reach(page, label)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(words)


def examined(visit: Any, page: Page, name: str) -> list[str]:
    """Faults of the page as another window shows it, everything unfolded."""
    cookies = page.context.cookies()
    return examine(visit, page.url, f"editing-{name}", cookies=cookies, everywhere=ALL_SCREENS, unfold=True)


@pytest.mark.long
def test_tonnes_per_inhabitant_are_written_step_by_step_with_the_keyboard_alone(
    inside: Any, visit: Any
) -> None:
    page = inside("analyses/").page
    page.set_default_timeout(WAIT)
    press(page, "Mes brouillons")
    choose(page, "Jeu de données", "Tonnages collectés")
    press(page, "Commencer")
    page.locator("[data-count='1']").get_by_text(re.compile(r"\d lignes")).wait_for()
    wrong = examined(visit, page, "begun")

    press(page, "Rapprocher d'un autre jeu")
    choose(page, "Jeu à rapprocher", "Communes")
    press(page, "Continuer")
    assert re.search(r"« Commune » = « nom ».* lignes sur .* trouvent leur partenaire", told(page))
    wrong += examined(visit, page, "join")
    press(page, "Ajouter l'étape")
    says(page, "Rapprochement mesuré")

    press(page, "Regrouper et mesurer")
    reach(page, "Commune")
    page.keyboard.press("Space")
    choose(page, "Mesure 1", "Somme de « Tonnage (t) »")
    press(page, "Ajouter une mesure")
    choose(page, "Mesure 2", "Plus grand « population »")
    wrong += examined(visit, page, "group")
    press(page, "Ajouter l'étape")

    press(page, "Calculer une colonne")
    choose(page, "Calcul", "Rapport")
    choose(page, "Première colonne", "Somme de Tonnage (t)")
    choose(page, "Seconde colonne", "Plus grand population")
    write(page, "Nom de la nouvelle colonne", "Tonnes par habitant")
    press(page, "Ajouter l'étape")
    page.locator("[data-count='4']").get_by_text(re.compile(r"\d+ → \d+ lignes")).wait_for()

    press(page, "Annuler")
    expect(page.locator(".desk-steps > li")).to_have_count(3)
    press(page, "Rétablir")
    expect(page.locator(".desk-steps > li")).to_have_count(4)

    press(page, "Enregistrer…")
    write(page, "Titre de l'analyse", "Déchets par habitant")
    write(page, "Unité", "tonnes par habitant")
    choose(page, "Mettre sur un tableau de bord", "Un nouveau")
    write(page, "Titre du nouveau tableau de bord", "Nos déchets")
    press(page, "Voir la figure")
    page.locator("[data-island=chart] svg.marks").first.wait_for()
    assert axe(page) == []
    press(page, "Enregistrer")
    says(page, "est enregistrée, version 1", "Unité : tonnes par habitant")
    expect(page.get_by_role("link", name="Nos déchets").first).to_be_visible()
    assert wrong == []


def test_a_draft_needs_no_javascript_and_says_what_went_wrong(inside: Any, visit: Any) -> None:
    page = inside("analyses/brouillons/", script=False).page
    page.get_by_label("Jeu de données").select_option(label="Tonnages collectés")
    page.get_by_role("button", name="Commencer").click()
    page.get_by_role("link", name="Filtrer les lignes").click()
    page.get_by_label("Sur quelle colonne").select_option(label="Tonnage (t)")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Valeur pour").fill("beaucoup")
    page.get_by_role("button", name="Ajouter l'étape").click()
    expect(page.get_by_role("alert")).to_contain_text("n'est pas un nombre", use_inner_text=True)
    page.get_by_label("Valeur pour").fill("1 000 000,5")
    page.get_by_role("button", name="Ajouter l'étape").click()
    says(page, "C'est l'étape 2 qui n'en laisse aucune")
    page.get_by_role("link", name="Voir après l'étape 1").click()
    page.get_by_role("link", name="Compter les lignes").click()
    says(page, "→ 0 ligne", where=".desk-steps")
    assert examined(visit, page, "empty") == []
    page.get_by_role("button", name="Retirer l'étape 2").click()
    expect(page.locator(".desk-steps > li")).to_have_count(1)
    page.get_by_role("button", name="Annuler").click()
    expect(page.locator(".desk-steps > li")).to_have_count(2)

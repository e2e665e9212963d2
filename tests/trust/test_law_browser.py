"""The questions of law in the real browser: a high-risk answer calls for others, the papers, the law at another day."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from browser import examine
from house import Town

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
_ADOPT = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
with scope.inside(town):
    services.adopt(town, person, "canteen", supervisor=None)
"""


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> Town:
    """A town with a system in use."""
    town = next(towns)
    town.fill(_ADOPT)
    return town


def _unfold(page: Any) -> None:
    folded = page.locator("form details:not([open]) > summary")
    while folded.count():
        folded.first.press("Enter")


def test_a_person_answers_the_questions_writes_the_papers_and_looks_at_another_day(
    visit: Any, served: Town
) -> None:
    register, cookies = f"{served.url}transparence/", served.cookies
    page = visit(register, cookies=cookies).page
    page.get_by_role("link", name="Repas de cantine").click()
    profiling = page.locator("#id_q_profiling")
    expect(page.locator("details[open] > summary").first).to_have_text(
        re.compile("^Usages interdits"), use_inner_text=True
    )
    page.wait_for_load_state()
    _unfold(page)
    expect(profiling).to_be_hidden()  # nothing calls for it yet
    for select in page.locator("select:visible").all():
        select.select_option("deployer" if select.get_attribute("name") == "q_role" else "no")
    page.locator("#id_q_employment").select_option("yes")
    expect(profiling).to_be_visible()
    for name, value in (
        ("profiling", "yes"),
        ("narrow_task", "none"),
        ("workers", "yes"),
        ("people_decisions", "no"),
    ):
        page.locator(f"#id_q_{name}").select_option(value)
    page.locator("#id_q_legacy").select_option("no")
    for area in page.locator("textarea:visible").all():
        area.fill("Vérifié avec la responsable du service.")
    page.get_by_label("En quelle qualité").fill("Gestionnaire des données")
    page.get_by_role("button", name="Enregistrer mes réponses").click()
    page.get_by_text("Classe : haut risque (indicatif)").wait_for()
    expect(page.get_by_text("Il manque l'analyse d'impact")).to_have_count(1)

    with page.expect_navigation():
        page.get_by_role("link", name="Écrire l'analyse d'impact").click()
    for area in page.locator("textarea").all():
        area.fill("Décrit ici en entier, pour un essai, avec le service concerné.")
    page.get_by_role("button", name="Enregistrer l'analyse").click()
    page.get_by_role("link", name="Donner un certificat").click()
    page.get_by_label("Référence").fill("certificat d'essai n° 114")
    page.get_by_label("Délivré par").fill("organisme d'essai")
    page.get_by_label("Délivré le").fill("2026-01-05")
    page.get_by_role("button", name="Enregistrer le certificat").click()
    page.get_by_text("certificat d'essai n° 114").first.wait_for()
    page.wait_for_load_state()
    expect(page.get_by_text("Il manque")).to_have_count(0)

    # Without JavaScript: every question is there, and the law at another day.
    page = visit(f"{page.url}?au=2027-12-02", script=False, cookies=cookies).page
    _unfold(page)
    expect(page.locator("#id_q_profiling")).to_be_visible()
    expect(page.get_by_text("en vigueur depuis le 2 décembre 2027")).not_to_have_count(0)
    faults: list[str] = []
    system = page.url.split("?")[0]
    for name, address in (
        ("registre", register),
        ("droit", system),
        ("analyse", f"{system}analyse-d-impact/"),
        ("certificat", f"{system}certificat/"),
    ):
        faults += examine(visit, address, f"law-{name}", cookies=cookies, unfold=True)
    assert faults == []

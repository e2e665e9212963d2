"""An agent corrects a reading in the real browser, without JavaScript; the next month's file is read so by itself.

On an instance made and served by the real commands, its worker included.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_correcting import APRIL, MARCH

from browser import ALL_SCREENS, examine, says
from coming_in import enter
from house import RealTown

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("nantes")]
WAIT = 60_000


def after_work(page: Page) -> None:
    """Look again, as a person without JavaScript does, until the work is done."""
    end = time.monotonic() + 120
    while "/travaux/" in page.url:
        assert time.monotonic() < end, page.inner_text("main")
        time.sleep(0.5)
        page.reload()


def examined(visit: Callable[..., Any], page: Page, name: str) -> list[str]:
    """Faults of the page as another window shows it, everything unfolded."""
    cookies = page.context.cookies()
    return examine(
        visit, page.url, f"corrections-{name}", cookies=cookies, everywhere=ALL_SCREENS, unfold=True
    )


def deposit(page: Page, url: str, folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")
    page.goto(f"{url}/t/nantes/donnees/deposer/")
    page.get_by_label("Vos fichiers").set_input_files(folder / name)
    with page.expect_navigation():
        page.get_by_role("button", name="Déposer et lire").click()
    after_work(page)


@pytest.mark.long
def test_a_correction_made_once_is_applied_to_the_next_file(
    nantes: RealTown, visit: Callable[..., Any], tmp_path: Path
) -> None:
    url, link = nantes.url, nantes.invitations["corrections"]
    page = visit(link, script=False).page
    page.set_default_timeout(WAIT)
    enter(page)

    deposit(page, url, tmp_path, "permis mars 2025.csv", MARCH)
    question = page.get_by_role("group", name="Les dates de « Jour », comme 03/04/2025")
    expect(question.locator("input:checked"), "a question is not answered in advance").to_have_count(0)
    wrong = examined(visit, page, "questions")

    # By keyboard: into the question, down to the second answer.
    question.get_by_label("Le 3 avril 2025").focus()
    page.keyboard.press("ArrowDown")
    expect(question.get_by_label("Le 4 mars 2025")).to_be_checked()
    page.get_by_label("Type de « Dossier »").select_option(label="code")
    with page.expect_navigation():
        page.get_by_role("button", name="Relire avec ces corrections").press("Enter")
    after_work(page)
    says(page, "« Dossier » : code (avant : nombre entier).")
    expect(page.get_by_role("cell", name="04/03/2025").first).to_be_visible()
    wrong += examined(visit, page, "corrected")

    with page.expect_navigation():
        page.get_by_role("button", name="Verser", exact=True).click()
    after_work(page)
    says(page, "« Jour » : le mois avant le jour")
    wrong += examined(visit, page, "record")

    deposit(page, url, tmp_path, "permis avril 2025.csv", APRIL)
    text = page.inner_text("main")
    assert "Corrections d'une livraison précédente appliquées" in text
    expect(page.get_by_label("Type de « Dossier »")).to_have_value("code")
    expect(page.get_by_role("cell", name="08/01/2025").first).to_be_visible()
    wrong += examined(visit, page, "kept")

    with page.expect_navigation():
        page.get_by_role("button", name="Revenir à la lecture automatique").click()
    after_work(page)
    expect(page.get_by_role("group", name="Les dates de « Jour », comme 01/08/2025")).to_be_visible()
    assert wrong == []

"""A board in the real browser: pictures that say their source, the rows behind a bar's line, the wall, comments by keyboard."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from canteens import MEALS, served_by_site
from playwright.sync_api import expect

from browser import axe, page_faults, screens, screenshot
from house import Town

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("house")]
_FILL = """
import json, sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.studio import services
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
with scope.inside(town):
    delivery = catalogue.stage(catalogue.receive(town, person, "Cantines.csv", [sys.argv[3].encode()]))
    (poured,) = catalogue.pour(delivery, person)
    definition = json.loads(sys.argv[4].replace("SLUG", poured.dataset.slug))
    services.save_recipe(town, person, "repas", definition, services.steering(town))
    board = services.save_board(town, person, "cantine", "Un matin à la cantine", "Combien de repas ?", ["repas"])
    services.choose_filters(board, person, ["site"])
"""


class MealsDataset:
    slug = "SLUG"


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> Town:
    town = next(towns)
    town.fill(_FILL, MEALS, json.dumps(served_by_site(MealsDataset)))  # type: ignore[arg-type]
    return town


@pytest.fixture
def board(visit: Any, served: Town) -> Any:
    def opened(width: int = 1280, query: str = "", **more: Any) -> Any:
        address = f"{served.url}analyses/tableaux/cantine/{query}"
        return visit(address, width=width, cookies=served.cookies, **more).page

    return opened


def test_pictures_carry_their_title_and_source(board: Any, tmp_path: Path) -> None:
    page = board()
    page.wait_for_selector('[data-island][data-awake="yes"]')
    page.locator(".figure-more > summary").click()
    for kind in ("svg", "png"):
        page.locator(".figure summary", has_text="Exporter").click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Image ({kind.upper()})").click()
        file = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(file)
        assert file.name == f"repas-servis-par-site.{kind}"
        if kind == "svg":
            drawn = file.read_text("utf-8")
            assert "Repas servis par site" in drawn
            assert "Source" in drawn
            assert "données simulées" in drawn
            assert "LES SAULES" in drawn
        else:
            assert file.read_bytes().startswith(b"\x89PNG")
            assert file.stat().st_size > 10_000


def test_a_line_leads_to_its_rows(board: Any) -> None:
    page = board()
    page.wait_for_selector('[data-island][data-awake="yes"]')
    page.get_by_text("Voir le tableau").first.click()
    page.get_by_role("link", name="LES SAULES : voir les lignes").click()
    page.wait_for_url("**/lignes/**")
    expect(page.get_by_role("status")).to_have_text(re.compile("^2 lignes"), use_inner_text=True)
    assert not axe(page)


def test_a_filter_that_leaves_nothing_draws_nothing(board: Any) -> None:
    page = board(query="?f.site=NULLE+PART")
    expect(page.get_by_text("Il ne reste aucune ligne")).to_be_visible()
    expect(page.locator("svg[role]")).to_have_count(0)
    screenshot(page, "board-emptied")
    assert not axe(page)
    page.get_by_role("link", name="Tout montrer").last.click()
    page.wait_for_selector('[data-island][data-awake="yes"]')


def test_the_full_screen_wall_displays_only_the_figures(board: Any) -> None:
    page = board()
    page.get_by_role("button", name="Plein écran").click()
    page.wait_for_selector("html.wall")
    expect(page.locator(".figure-source").first).to_be_visible()
    expect(page.locator(".masthead")).to_be_hidden()
    expect(page.get_by_role("combobox", name="Site")).to_be_hidden()
    expect(page.get_by_role("button", name="Filtrer")).to_be_hidden()
    page.evaluate("document.exitFullscreen()")
    page.wait_for_selector("html:not(.wall)")
    expect(page.locator(".masthead")).to_be_visible()


@pytest.mark.parametrize(("width", "dark"), screens("board"))
def test_nothing_is_wrong_with_the_board(board: Any, width: int, dark: bool) -> None:
    page = board(width=width, dark=dark)
    page.wait_for_selector('[data-island][data-awake="yes"]')
    page.locator(".figure-more > summary").click()
    page.locator(".figure summary", has_text="Exporter").click()
    screenshot(page, f"board-{width}-{dark}")
    assert not page_faults(page)

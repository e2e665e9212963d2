"""« Dans quel quartier est chaque dépôt ? » in the real browser: two datasets, a form, a table by district; no axe violation."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from test_placing_pages import AREAS, DUMPS

from browser import axe, no_horizontal_scroll, says
from house import Town
from rings import representatives

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
_FILL = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
with scope.inside(town):
    for name, text in (("Dépôts.csv", sys.argv[3]), ("Quartiers.geojson", sys.argv[4])):
        catalogue.pour(catalogue.stage(catalogue.receive(town, person, name, [text.encode()])), person)
"""


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> Town:
    town = next(towns)
    town.fill(_FILL, DUMPS, AREAS)
    return town


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "script"),
    representatives([(1280, True), (320, True), (1280, False)], [(320, True), (1280, False)]),
)
def test_each_dump_finds_its_district_and_is_counted_there(
    visit: Any, served: Town, width: int, script: bool
) -> None:
    address = f"{served.url}analyses/brouillons/"
    page = visit(address, width=width, script=script, cookies=served.cookies).page
    page.select_option("select[name=jeu]", label="Dépôts")
    page.locator("form:has(select[name=jeu]) button").first.click()
    page.wait_for_url(re.compile(r"/brouillons/\d+/"))
    draft = page.url.split("?")[0].split("#")[0]
    page.goto(f"{draft}etape/?genre=within&apres=1")
    page.select_option("#id_avec_jeu", label="Quartiers")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("comme 6,85 et 47,64")).to_be_visible()
    if script:
        assert axe(page) == []
    assert no_horizontal_scroll(page) == []
    page.get_by_role("button", name="Ajouter l'étape").click()
    says(page, "3 lignes sur 5 trouvent quelque chose dans « Quartiers »", where="body")
    page.goto(f"{draft}etape/?genre=group&apres=2")
    page.locator("input[name=by][value=nom]").check()
    page.get_by_role("button", name="Ajouter l'étape").click()
    for district in ("Centre", "Est"):
        expect(page.get_by_label("Premières lignes")).to_contain_text(district, use_inner_text=True)
    if script:
        assert axe(page) == []

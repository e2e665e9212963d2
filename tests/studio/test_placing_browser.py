"""« Dans quel quartier est chaque dépôt ? » in the real browser: two datasets, a form, a table by district; no axe violation."""

from collections.abc import Iterator
from typing import Any

import pytest
from benchmarks.load import come_in
from benchmarks.served import Instance, prepare
from test_placing_pages import AREAS, DUMPS

from browser import axe, no_horizontal_scroll

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("placing")]
_FILL = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import wake
wake(Home(Path(sys.argv[1])))
from beffroi.web.catalogue import services as catalogue
from beffroi.web.territories import scope
from beffroi.web.territories.models import Person, Territory
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
with scope.inside(town):
    for name, text in (("Dépôts.csv", sys.argv[3]), ("Quartiers.geojson", sys.argv[4])):
        catalogue.pour(catalogue.stage(catalogue.receive(town, person, name, [text.encode()])), person)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = prepare(tmp_path_factory.mktemp("placing") / "home", towns=1)
    instance.run(_FILL, instance.towns[0], DUMPS, AREAS)
    instance.start()
    yield instance
    instance.stop()


@pytest.mark.parametrize(("width", "script"), [(1280, True), (320, True), (1280, False)])
def test_each_dump_finds_its_district_and_is_counted_there(
    visit: Any, served: Instance, width: int, script: bool
) -> None:
    cookies = come_in(served.link("steward0@example.org")).for_browser()
    address = f"{served.url}/t/{served.towns[0]}/analyses/brouillons/"
    page = visit(address, width=width, script=script, cookies=cookies).page
    page.select_option("select[name=jeu]", label="Dépôts")
    page.locator("form:has(select[name=jeu]) button").first.click()
    draft = page.url.split("?")[0].split("#")[0]
    page.goto(f"{draft}etape/?genre=within&apres=1")
    page.select_option("#id_avec_jeu", label="Quartiers")
    page.get_by_role("button", name="Continuer").click()
    assert page.get_by_text("comme 6,85 et 47,64").is_visible()
    if script:
        assert axe(page) == []
    assert no_horizontal_scroll(page) == []
    page.get_by_role("button", name="Ajouter l'étape").click()
    text = page.locator("body").inner_text().replace("\u00a0", " ")
    assert "3 lignes sur 5 trouvent quelque chose dans « Quartiers »" in text
    page.goto(f"{draft}etape/?genre=group&apres=2")
    page.locator("input[name=by][value=nom]").check()
    page.get_by_role("button", name="Ajouter l'étape").click()
    rows = page.get_by_label("Premières lignes").inner_text()
    assert "Centre" in rows and "Est" in rows
    if script:
        assert axe(page) == []

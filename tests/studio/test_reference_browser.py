"""« Combien de subventions par intercommunalité ? » in the real browser: codes completed, then grouped; no axe violation."""

from collections.abc import Iterator
from typing import Any

import pytest
from benchmarks.load import come_in
from benchmarks.served import Instance, prepare
from test_reference_answers import GRANTS

from browser import axe, no_horizontal_scroll
from reference_data import require_reference

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
    catalogue.pour(catalogue.stage(catalogue.receive(town, person, "Subventions.csv", [sys.argv[3].encode()])), person)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    require_reference()
    instance = prepare(tmp_path_factory.mktemp("reference") / "home", towns=1)
    instance.run(_FILL, instance.towns[0], GRANTS)
    instance.start()
    yield instance
    instance.stop()


@pytest.mark.parametrize(("width", "script"), [(1280, True), (320, True), (1280, False)])
def test_subsidies_are_completed_then_grouped_by_epci(
    visit: Any, served: Instance, width: int, script: bool
) -> None:
    cookies = come_in(served.link("steward0@example.org")).for_browser()
    address = f"{served.url}/t/{served.towns[0]}/analyses/brouillons/"
    page = visit(address, width=width, script=script, cookies=cookies).page
    page.select_option("select[name=jeu]", label="Subventions")
    page.locator("form:has(select[name=jeu]) button").first.click()
    draft = page.url.split("?")[0].split("#")[0]
    assert page.get_by_role("link", name="Compléter par commune").count() == 1
    page.goto(f"{draft}etape/?genre=reference&apres=1")
    assert page.locator("select[name=column]").input_value() == "code_insee"
    if script:
        assert axe(page) == []
    assert no_horizontal_scroll(page) == []
    page.get_by_role("button", name="Ajouter l'étape").click()
    text = page.locator("body").inner_text().replace("\u00a0", " ")
    assert "4 lignes sur 5 trouvent leur commune ; 1 ne la trouve pas, dont 1 sans code." in text
    page.goto(f"{draft}etape/?genre=group&apres=2")
    page.locator("input[name=by][value=nom_epci]").check()
    page.get_by_role("button", name="Ajouter l'étape").click()
    assert "Métropole du Grand Paris" in page.get_by_label("Premières lignes").inner_text()
    if script:
        assert axe(page) == []

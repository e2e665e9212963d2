"""« Combien de subventions par intercommunalité ? » in the real browser: codes completed, then grouped; no axe violation."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from test_reference_answers import GRANTS

from browser import axe, no_horizontal_scroll, says
from house import Town
from reference_data import require_reference
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
    catalogue.pour(catalogue.stage(catalogue.receive(town, person, "Subventions.csv", [sys.argv[3].encode()])), person)
"""


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> Town:
    require_reference()
    town = next(towns)
    town.fill(_FILL, GRANTS)
    return town


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "script"),
    representatives([(1280, True), (320, True), (1280, False)], [(320, True), (1280, False)]),
)
def test_subsidies_are_completed_then_grouped_by_epci(
    visit: Any, served: Town, width: int, script: bool
) -> None:
    address = f"{served.url}analyses/brouillons/"
    page = visit(address, width=width, script=script, cookies=served.cookies).page
    page.select_option("select[name=jeu]", label="Subventions")
    page.locator("form:has(select[name=jeu]) button").first.click()
    page.wait_for_url(re.compile(r"/brouillons/\d+/"))
    draft = page.url.split("?")[0].split("#")[0]
    expect(page.get_by_role("link", name="Compléter par commune")).to_have_count(1)
    page.goto(f"{draft}etape/?genre=reference&apres=1")
    expect(page.locator("select[name=column]")).to_have_value("code_insee")
    if script:
        assert axe(page) == []
    assert no_horizontal_scroll(page) == []
    page.get_by_role("button", name="Ajouter l'étape").click()
    says(page, "4 lignes sur 5 trouvent leur commune ; 1 ne la trouve pas, dont 1 sans code.", where="body")
    page.goto(f"{draft}etape/?genre=group&apres=2")
    page.locator("input[name=by][value=nom_epci]").check()
    page.get_by_role("button", name="Ajouter l'étape").click()
    expect(page.get_by_label("Premières lignes")).to_contain_text(
        "Métropole du Grand Paris", use_inner_text=True
    )
    if script:
        assert axe(page) == []

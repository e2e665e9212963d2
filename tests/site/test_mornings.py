"""A manager's morning in the browser: the answer, its map and chart, the dial that the quantities follow, then a decision."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from beffroi.demonstration.demonstrated_systems import DemonstratedSystem, demonstrated_systems
from beffroi.systems.manifest import Manifest
from beffroi.systems.row_ranking import first_named
from browser import WIDE_LIGHT, axe, no_horizontal_scroll, says, screens, tab_to, unfold, words_in_sight
from rings import LONG

MOST_WORDS, MOST_PIXELS = 350, 1600  # before the folds: two screens of 800 pixels


@pytest.fixture
def manager(members: dict[str, list[Any]]) -> list[Any]:
    """The session cookies of the supervisor of the systems."""
    return members["supervisor"]


def settled(page: Page) -> None:
    """Every drawing of the page is there."""
    islands = page.locator("[data-island=chart], [data-island=map]")
    expect(page.locator("[data-island] .island-view")).to_have_count(islands.count())


def declared_words(manifest: Manifest) -> list[str]:
    """What the page says because the manifest does: its first table, its dial, that its results are working papers."""
    dial = [] if manifest.dial is None else [manifest.dial.label]
    return [manifest.outputs[0].title, *dial, *(["papiers de travail"] if manifest.working_papers else [])]


def contradictions(page: Page) -> list[str]:
    """Where the sentence, the table or a map begins with another place than the rest."""
    places = page.locator(".day-table tbody th").all_inner_texts()
    # Where a map stands for the first lines, the table is the first of the folds.
    places = places or page.locator("tbody[data-rows]").first.locator("td:first-child").all_inner_texts()
    found = []
    said = first_named(page.locator("p.lead").last.inner_text(), places)
    if said not in ("", places[0]):
        found.append(f"the sentence begins with {said}, the table with {places[0]}")
    for island in page.locator("[data-island=map]").all():
        drawn = json.loads(island.locator("> script").inner_text())
        (marker,) = [
            one["properties"]["name"] for one in drawn["features"] if one["properties"]["code"] == "1"
        ]
        table = page.locator(str(island.locator("details a").get_attribute("href")))
        row = " ".join(table.locator("xpath=..").locator("tbody[data-rows] > tr").first.inner_text().split())
        if marker not in row:
            found.append(f"the map begins with {marker}, its table with {row}")
    return found


@pytest.mark.parametrize("system", demonstrated_systems(), ids=lambda system: system.id)
def test_each_system_has_its_morning_at_both_widths_and_in_both_themes(
    served: Any, visit: Any, manager: list[Any], system: DemonstratedSystem
) -> None:
    faults: list[str] = []
    for width, dark in screens(system.id):
        opened = visit(served.at(f"services-ia/{system.id}/matin/"), cookies=manager, width=width, dark=dark)
        says(opened.page, *declared_words(system.manifest), "Ce qui a changé")
        expect(opened.page.locator(".big-value").first).to_be_visible()
        expect(opened.page.locator("#dessin .island-view")).to_be_visible()
        assert words_in_sight(opened.page) <= MOST_WORDS
        if width == WIDE_LIGHT[0]:
            folds = opened.page.locator("main .folds").first.bounding_box()
            assert folds is not None and folds["y"] <= MOST_PIXELS
        unfold(opened.page)
        settled(opened.page)
        faults += [*axe(opened.page), *no_horizontal_scroll(opened.page), *contradictions(opened.page)]
        faults += opened.complaints
    assert faults == []


def test_from_the_home_to_a_dial_turned_with_the_keyboard_then_a_decision(
    served: Any, visit: Any, manager: list[Any], members: dict[str, list[Any]]
) -> None:
    page = visit(served.at(), cookies=manager).page
    page.get_by_role("link", name="Repas de cantine", exact=True).click()
    says(page, "Repas de cantine, aujourd'hui", "données simulées")
    before = page.locator("ul .big-value").nth(2).text_content()
    tab_to(page, "Manque accepté")
    page.keyboard.press("Enter")
    tab_to(page, "choix en cours")
    page.keyboard.press("ArrowDown")  # one option less cautious
    tab_to(page, "Retenir ce choix")
    if LONG:  # twenty seconds of forecast: `workshop.test_morning` turns the dial of a system that takes none
        page.keyboard.press("Enter")
        page.wait_for_url(
            "**/executions/*/", timeout=240_000
        )  # the progress leads to the result when it is there
        page.goto(served.at("services-ia/canteen/matin/"))
        expect(page.locator("label", has_text="(choix en cours)")).to_contain_text("2 %")
        assert page.locator("ul .big-value").nth(2).text_content() != before
    unfold(page)
    says(
        page, "C'est le premier jour où ce service répond ici"
    )  # asked twice the same day, there is no day before

    page.get_by_label("Site", exact=True).first.select_option(index=1)
    page.get_by_role("button", name="Afficher").first.click()
    page.wait_for_url("**lieu=**")

    decider = visit(served.at("services-ia/canteen/matin/"), cookies=members["decider"]).page
    expect(decider.get_by_role("button", name="Retenir ce choix")).to_have_count(0)
    decider.locator("section[aria-labelledby=voir] a.button").click()  # no line of that day is unusual
    decider.locator("#lignes tbody th a").first.click()
    decider.get_by_label("Accepter").check()
    decider.get_by_label("Motif, avec vos mots").fill("La quantité est celle des vendredis précédents.")
    decider.get_by_role("button", name="Enregistrer ma décision").click()
    says(decider, "acceptée")
    decider.goto(served.at("decisions/feuille/?systeme=canteen"))
    says(decider, "1 ligne décidée", "incomplète", "Total décidé")
    assert [*axe(decider), *no_horizontal_scroll(decider)] == []


@pytest.mark.long
def test_what_a_visit_found_is_noted_beside_its_proposal_and_joins_the_visits(
    served: Any, visit: Any, members: dict[str, list[Any]]
) -> None:
    agent = members["agent"]
    opened = visit(served.at("services-ia/leaks/matin/"), cookies=agent, width=320)
    page = opened.page
    page.locator("section[aria-labelledby=voir]").get_by_role("link", name="Noter une visite").first.click()
    expect(page.get_by_label("Secteur")).not_to_have_value("")
    assert [*axe(page), *no_horizontal_scroll(page)] == []
    page.get_by_label("Fuite trouvée").select_option("Oui")
    page.get_by_role("button", name="Noter", exact=True).click()
    says(page, "C'est noté", "notez autre chose")
    page.get_by_role("main").get_by_role("link", name="Visites sur le terrain").first.click()
    says(page, "noté sur place")
    assert opened.complaints == []

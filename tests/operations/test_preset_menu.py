"""The menu of a small town set up by its preset, and what its closed rooms say: to whom, where, how they open."""

import re

import pytest
from django.test import Client
from lxml import html

from beffroi.web.operations import presets
from beffroi.web.platform import scope
from beffroi.web.platform.open_entries import open_entries
from beffroi.web.search import services as search
from beffroi.web.ui import navigation
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    town = a_territory("Saint-Aubin", code="28325", fictional=False)
    presets.apply(town, presets.preset("petite-commune"), a_person(town, "administrator"))
    return town


def menu(answer) -> dict[str, str]:
    page = html.fromstring(answer.content.decode())
    return {a.text_content(): a.get("href") for a in page.xpath("//nav[@class='places']//a")}


def test_a_member_reads_four_words_and_each_leads_to_its_act(town):
    client, here = (
        strongly(Client(), a_person(town, "data_officer", "agent", email="a@aubin.example")),
        f"/t/{town.slug}/",
    )
    found = menu(client.get(here))
    assert list(found) == ["Accueil", "Déposer", "Demander", "Sécurité"]
    assert found["Déposer"].endswith("/donnees/deposer/") and found["Demander"].endswith(
        "/analyses/nouvelle/"
    )
    assert all(client.get(address).status_code == 200 for address in found.values())
    on_the_ledger = client.get(f"{here}registre/")
    assert on_the_ledger.status_code == 200 and "Transparence" in menu(on_the_ledger), "rooms stay reachable"
    assert f'href="{here}reglages/"' in client.get(here).content.decode(), (
        "settings are in the menu of one's name"
    )


def test_a_place_joins_the_menu_with_its_first_due_thing(town):
    client, here = (
        strongly(Client(), a_person(town, "administrator", email="b@aubin.example")),
        f"/t/{town.slug}/",
    )
    assert "Réglages" in menu(client.get(here)), "the contact and a second person are due there"
    assert "Réglages" in menu(client.get(f"{here}securite/")), "and it stays on the other pages"


def test_who_may_not_deposit_reads_the_name_of_the_place(town):
    client = strongly(Client(), a_person(town, "auditor", email="c@aubin.example"))
    assert "Déposer" not in menu(client.get(f"/t/{town.slug}/"))


def test_a_closed_room_says_so_to_who_could_act_there_and_to_nobody_else(town):
    page = f"/t/{town.slug}/services-ia/"
    chief = strongly(Client(), a_person(town, "administrator", "supervisor", email="d@aubin.example"))
    agent = strongly(Client(), a_person(town, "agent", email="e@aubin.example"))
    for client, way in ((chief, "#ouvertures"), (agent, "demandez à un administrateur")):
        answer = client.get(page)
        assert answer.status_code == 404 and "est fermé ici" in answer.content.decode()
        assert way in answer.content.decode()
    elsewhere = a_territory("Ailleurs", code="99T02", fictional=False)
    stranger = strongly(Client(), a_person(elsewhere, "administrator", email="f@ailleurs.example"))
    assert b"est ferm" not in stranger.get(page).content
    assert Client().get(page).headers["Location"].startswith("/compte/login/")
    town.closed |= {"room:workshop": "host"}
    town.save(update_fields=["closed"])
    assert "demande à l'hébergeur" in chief.get(page).content.decode()
    assert "#ouvertures" not in chief.get(page).content.decode()


def test_the_search_and_the_help_say_what_is_closed(town):
    person = a_person(town, "administrator", "supervisor", email="g@aubin.example")
    with scope.nowhere(), scope.inside(town):
        found = search.search(town, person, "Prévisions et alertes", kind="page")
    notes = {
        "".join(f.text for f in result.title): result.note
        for group in found.groups
        for result in group.results
    }
    assert notes["Prévisions et alertes"] == "salle fermée"
    assert "Fermé à Saint-Aubin" in strongly(Client(), person).get("/aide/").content.decode()
    assert "Fermé à" not in Client().get("/aide/").content.decode()


TECHNICAL = re.compile(r"\b(DCAT|SHACL|Sigma|REEN|codec)\b")


def test_no_page_of_the_menu_shows_a_word_of_the_trade_unfolded(town):
    person = a_person(town, "administrator", "data_officer", email="h@aubin.example")
    client = strongly(Client(), person)
    with scope.nowhere(), scope.inside(town):
        listed = [url for place in navigation.SHORT_MENU for _, url in open_entries(person, town, place)]
    pages = {*menu(client.get(f"/t/{town.slug}/")).values(), *listed, f"/t/{town.slug}/continuite/"}
    shown = {}
    for address in pages:
        page = html.fromstring(client.get(address).content.decode())
        for folded in page.xpath("//details/*[not(self::summary)] | //script | //head"):
            folded.drop_tree()
        if words := set(TECHNICAL.findall(page.text_content())):
            shown[address] = words
    assert len(pages) > 10 and shown == {}

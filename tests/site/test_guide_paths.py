"""Every path that a guide names, such as « Continuité › Kit hors ligne », is walked as links through the pages, from the home."""

import html
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from django.test import Client

from beffroi.web.decisions.models import Draft
from beffroi.web.platform.models import HostOperator, Territory
from beffroi.web.ui.navigation import PLACES
from places import a_person, a_territory

DOCS = Path(__file__).parent.parent.parent / "docs"
FIRST = (*PLACES.values(), "Hébergement")
STEP = r"[^*«»›\n]+(?:\n[^*«»›\n]+)?"
TRAIL = re.compile(rf"(?:\*\*|« ?)({STEP}(?: › {STEP})+)(?:\*\*| ?»)")
OTHER_ARROWS = re.compile(rf"(?:{'|'.join(FIRST)}) (?:→|>|/) [A-ZÉÀÊ]")


@dataclass(frozen=True)
class Trail:
    """A path of links as a guide writes it."""

    guide: str
    steps: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.guide}: {' › '.join(self.steps)}"


def trails() -> list[Trail]:
    found = {
        Trail(path.name, tuple(" ".join(step.split()) for step in match[1].rstrip(".").split(" › ")))
        for path in sorted(DOCS.glob("*.md"))
        for match in TRAIL.finditer(path.read_text("utf-8"))
    }
    return sorted(found, key=str)


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def links(page: str) -> dict[str, str]:
    """Address by words, a count at their end left out; the first link of these words."""
    found: dict[str, str] = {}
    for address, inner in re.findall(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', page, re.S):
        found.setdefault(re.sub(r" \d+$", "", words(inner)), html.unescape(address))
    return found


def named(page: str) -> set[str]:
    """Buttons, sections and what is folded: what a path may end with without another page."""
    return {
        words(inner)
        for inner in re.findall(
            r"<(?:button|summary|h2|h3|label)\b[^>]*>(.*?)</(?:button|summary|h2|h3|label)>", page, re.S
        )
    }


@pytest.fixture
def reader(db: None, client: Client) -> tuple[Client, Territory]:
    """Who may do everything in a town that has begun everything, and runs the host."""
    territory = a_territory()
    person = a_person(
        territory, "administrator", "data_officer", "supervisor", "security_officer", "decider", "agent"
    )
    HostOperator.objects.create(person=person)
    # This tab appears with the first draft.
    Draft.objects.create(
        territory=territory, system="drafts", system_version="1", run="1", rank=0, question="Quand la mairie ouvre-t-elle ?",
        text="À 9 h.", responsible="Accueil", contest="Accueil",
    )  # fmt: skip
    client.force_login(person)
    return client, territory


def walk(client: Client, home: str, trail: Trail) -> str:
    """Where the path breaks, and what could be followed there; "" where it leads to its end."""

    @cache
    def read(address: str) -> str:
        answer = client.get(address, follow=True)
        return answer.content.decode() if answer.status_code == 200 else ""

    page = read(home)
    for rank, step in enumerate(trail.steps):
        found = links(page).get(step)
        if found is None:
            if rank == len(trail.steps) - 1 and step in named(page):
                return ""
            return f"{trail}: « {step} » is not there; there are {sorted(links(page))}"
        page = read(found.split("#")[0] or home)
        if not page:
            return f"{trail}: « {step} » leads to no page ({found})"
    return ""


def test_every_path_that_a_guide_names_exists(reader: tuple[Client, Territory]) -> None:
    client, territory = reader
    found = trails()
    assert {"crise.md", "continuite.md", "personnes.md", "sources.md"} <= {each.guide for each in found}
    assert [str(each) for each in found if each.steps[0] not in FIRST] == [], "a path begins in the menu"
    broken = [fault for each in found if (fault := walk(client, f"/t/{territory.slug}/", each))]
    assert broken == [], "\n".join(broken)


def test_a_path_is_written_one_way_only() -> None:
    others = {
        path.name: found
        for path in DOCS.glob("*.md")
        if (found := OTHER_ARROWS.findall(path.read_text("utf-8")))
    }
    assert others == {}


def test_a_path_that_leads_nowhere_is_found(reader: tuple[Client, Territory]) -> None:
    client, territory = reader
    home = f"/t/{territory.slug}/"
    assert walk(client, home, Trail("essai", ("Continuité", "Kit hors ligne"))) == ""
    for steps in (("Continuité", "Kit en ligne"), ("Sécurité", "Continuité", "Rien"), ("Nulle part",)):
        assert "is not there" in walk(client, home, Trail("essai", steps))

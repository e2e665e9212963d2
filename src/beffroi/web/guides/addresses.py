"""Where the page of a guide is, by its kind."""

from dataclasses import dataclass

from django.urls import reverse

from beffroi.guides import Guide, Paper, Plan, Questionnaire, Register, Rule, Runbook
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

KINDS: dict[type[Guide], tuple[str, str]] = {
    Questionnaire: ("Questionnaires", "questionnaire"),
    Rule: ("Qui est concerné, par quoi", "questionnaire"),
    Register: ("Registres", "register"),
    Plan: ("Plans", "plan"),
    Runbook: ("Déroulés", "runbook"),
    Paper: ("Documents", "paper"),
}
"""Title of each kind, and the URL name of the page of one of its guides."""


_own_pages: dict[str, str] = {}


def register_own_page(guide: str, url_name: str) -> None:
    """Say where the page of a guide is that is in no library: a room makes it when it is needed. `guide`: its identifier."""
    _own_pages[guide] = url_name


@dataclass(frozen=True)
class WorkingPage:
    """The page of a room where what a register holds is worked with: where its link leads, in which words, to whom."""

    label: str
    url_name: str
    act: str


_working_pages: dict[str, WorkingPage] = {}


def register_working_page(register: str, label: str, url_name: str, act: str) -> None:
    """Have a register lead to the page of a room above, which is where one lands once its proposed rows are taken."""
    _working_pages[register] = WorkingPage(label, url_name, act)


def working_page(person: Person, territory: Territory, register: str) -> tuple[str, str] | None:
    """Label and address of that page, for who may read it."""
    found = _working_pages.get(register)
    if found is None or not may(person, found.act, territory):
        return None
    return found.label, reverse(found.url_name, kwargs={"slug": territory.slug})


def place_of(person: Person, territory: Territory, guide: Guide) -> tuple[str, str]:
    """Label and address of the page where a guide is worked with: that of a room above, or its own."""
    return working_page(person, territory, guide.id) or (guide.title, address(territory, guide))


def address(territory: Territory, guide: Guide, url_name: str = "") -> str:
    """The page of a guide."""
    if own := _own_pages.get(guide.id):
        return reverse(own, kwargs={"slug": territory.slug})
    return reverse(url_name or KINDS[type(guide)][1], kwargs={"slug": territory.slug, "key": guide.id})

"""Where the page of a guide is, by its kind."""

from django.urls import reverse

from beffroi.guides import Guide, Paper, Plan, Questionnaire, Register, Rule, Runbook
from beffroi.web.platform.models import Territory

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


def address(territory: Territory, guide: Guide, url_name: str = "") -> str:
    """The page of a guide."""
    if own := _own_pages.get(guide.id):
        return reverse(own, kwargs={"slug": territory.slug})
    return reverse(url_name or KINDS[type(guide)][1], kwargs={"slug": territory.slug, "key": guide.id})

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


def address(territory: Territory, guide: Guide, url_name: str = "") -> str:
    """The page of a guide."""
    return reverse(url_name or KINDS[type(guide)][1], kwargs={"slug": territory.slug, "key": guide.id})

"""The letter to the provider: what is wrong, the exact records, ready to sign. A person sends it; nothing leaves by itself.

In: a domain and the findings of its last check. Out: a `Letter` for the page, and its text.
"""

from dataclasses import dataclass
from datetime import date

from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import french_date

from ..models import MailDomain
from .domain_names import readable
from .verdicts import OPTIONAL, TITLES, Finding, Verdict

ANSWER_DAYS = 30
"""A reasonable time, not a legal one: the signatory may change it."""


@dataclass(frozen=True)
class Request:
    """One thing open_findings, with its findings' own words."""

    title: str
    finding: Finding


@dataclass(frozen=True)
class Letter:
    domain: str
    sender: str
    day: date
    checked_on: date
    requests: tuple[Request, ...]


def letter_for(
    territory: Territory, row: MailDomain, found: list[Finding], checked_on: date, day: date
) -> Letter:
    """What is asked of the needed protections; of the optional ones once the others are in order."""
    wrong = [each for each in found if each.ask and each.verdict != Verdict.GOOD]
    needed = [each for each in wrong if each.key not in OPTIONAL]
    requests = tuple(Request(TITLES[each.key], each) for each in needed or wrong)
    return Letter(readable(row.name), territory.name, day, checked_on, requests)


def as_text(letter: Letter) -> str:
    """The same as plain text, for a message."""
    lines = [
        letter.sender,
        "",
        f"Le {french_date(letter.day, hour=False)}",
        "",
        f"Objet : protection de la messagerie du domaine {letter.domain}",
        "",
        "Madame, Monsieur,",
        "",
        f"Nous avons vérifié, le {french_date(letter.checked_on, hour=False)}, la protection de notre messagerie. Nous vous demandons de :",
        "",
    ]
    for number, request in enumerate(letter.requests, start=1):
        lines += [
            f"{number}. {request.finding.ask[0].upper()}{request.finding.ask[1:]}.",
            f"   Constat : {request.finding.reason}",
        ]
        for record in request.finding.publish:
            lines += [
                f"   {record.name}  {record.kind}",
                *(f"     {line}" for line in record.value.splitlines()),
            ]
        lines.append("")
    lines += [
        f"Merci de nous répondre sous {ANSWER_DAYS} jours, en disant ce qui est fait et, sinon, pourquoi. Ne changez rien qui "
        "empêcherait nos messages de partir : prévenez-nous d'abord.",
        "",
        "Nom, qualité et signature :",
        "",
    ]
    return "\n".join(lines)

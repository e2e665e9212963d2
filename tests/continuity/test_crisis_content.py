"""What the guides of the crisis say: nobody is ever advised to pay, every text has its source, no number is invented."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import beffroi.web.continuity
from beffroi.guides import CONTENT, Paper, Register, Runbook
from beffroi.web.continuity.crisis import audiences, kit_pages
from beffroi.web.guides.library import guide, library
from beffroi.web.guides.presenting import steps_to_read

TEMPLATES = Path(beffroi.web.continuity.__file__).parent / "templates"
PAYING = re.compile(
    r"\b(?:pay(?:er|ez|ons|é|ée|e)|paie(?:r|ment|ments)?|paiements?|négoci\w+|vers(?:er|ez|ement|ements)|rembours\w+"
    r"|bitcoins?|crypto-?monnaies?|portefeuille|acheter)\b",
    re.IGNORECASE,
)
"""Words of payment, of bargaining, and of the means of both."""
RANSOM = re.compile(
    r"rançon(?!giciel)|rançons|attaquant|pirate(?!e\b)|demande d'argent|argent est-il demandé|ne garantit|chantage|déchiffr",
    re.IGNORECASE,
)
NEGATED = re.compile(
    r"\bne pas (?:payer|négocier)\b|\bn(?:e |')(?:payez|payons|paie|versez|négociez) (?:pas|jamais|rien)\b"
    r"|\bpayer ne garantit rien\b",
    re.IGNORECASE,
)


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from texts(each)
        case list():
            for each in value:
                yield from texts(each)


def sentences(text: str) -> Iterator[str]:
    yield from (each.strip() for each in re.split(r"(?<=[.!?:])\s|\n", text) if each.strip())


def faults(text: str, *, of_a_crisis: bool) -> list[str]:
    """Sentences of payment that no « ne pas » denies: all of them in a text of crisis, those about a ransom elsewhere."""
    return [
        each
        for each in sentences(text)
        if PAYING.search(NEGATED.sub("", each)) and (of_a_crisis or RANSOM.search(each))
    ]


FILES = sorted(CONTENT.rglob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_content_advises_or_describes_paying(file: Path) -> None:
    content = tomllib.loads(file.read_text("utf-8"))
    of_a_crisis = (
        file.parent.name == "continuity" and re.match("crisis|message|ransom|support", file.stem) is not None
    )
    assert [fault for text in texts(content) for fault in faults(text, of_a_crisis=of_a_crisis)] == []


def test_no_page_of_the_crisis_advises_or_describes_paying() -> None:
    pages = [each for each in TEMPLATES.rglob("*.html") if "cris" in each.name]
    assert len(pages) > 20
    assert [fault for each in pages for fault in faults(each.read_text("utf-8"), of_a_crisis=True)] == []


@pytest.mark.parametrize(
    "advice",
    [
        "Payez la rançon si vous n'avez pas de sauvegarde.",
        "En dernier recours, le paiement de la rançon peut se négocier.",
        "Achetez des bitcoins et versez la somme aux attaquants.",
    ],
)
def test_the_search_finds_advice_to_pay(advice: str) -> None:
    assert faults(advice, of_a_crisis=True)


def test_the_runbook_says_not_to_pay_with_the_states_source() -> None:
    runbook = guide(Runbook, "ransomware")
    step = next(step for step, _ in steps_to_read(runbook) if step.key == "no_payment")
    assert step.title.startswith("Ne pas payer") and "L'État" in step.text
    assert any("ANSSI" in source.title and "ne pas payer" in source.title for source in runbook.sources)
    assert any("Cybermalveillance.gouv.fr" in source.title for source in runbook.sources)


def test_the_runbook_has_the_steps_of_its_incident_in_order_and_its_delays() -> None:
    runbook = guide(Runbook, "ransomware")
    keys = [step.key for step, _ in steps_to_read(runbook)]
    assert keys[:3] == ["disconnect", "save_backups", "call_provider"] and not runbook.steps
    assert {
        "keep_evidence",
        "complain",
        "notify_cnil",
        "inform_public",
        "watch_publication",
        "tell_people",
    } <= set(keys)
    assert runbook.clocks == (), "those of the incident: one clock, not two"
    clocks = {each.key: (each.hours, each.article) for each in guide(Runbook, "cyber_incident").clocks}
    assert clocks["complaint"] == (72, "code des assurances, article L. 12-10-1")
    assert clocks["cnil"] == (72, "RGPD, article 33, § 1")
    assert all(source.read_on for source in runbook.sources if source.origin == "text")


def test_the_printed_runbook_has_the_delays_that_anyone_counts_in_hours() -> None:
    printed = [each.title for each in kit_pages._hours_to_count()]
    clocks = guide(Runbook, "cyber_incident").clocks
    assert printed == [each.title for each in clocks if each.key in {"complaint", "cnil"}]
    assert len(clocks) > len(printed), "the others depend on the town"


def test_no_model_is_made_for_whoever_attacks() -> None:
    assert not [
        each.id for each in library().guides.values() if re.search("ransom_|payment|attacker", each.id)
    ]
    for paper in audiences.models():
        assert isinstance(paper, Paper) and not RANSOM.search(" ".join(block.text for block in paper.blocks))


def test_no_number_of_support_is_invented() -> None:
    register = guide(Register, "support_contacts")
    assert len(register.rows) == 3 and all(set(row) == {"name", "why"} for row in register.rows)


def test_names_and_telephones_of_the_cell_are_personal() -> None:
    fields = {each.key: each.personal for each in guide(Register, "crisis_roles").fields}
    assert fields["holder"] and fields["phone"] and fields["deputies"]

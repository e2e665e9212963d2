"""Papers of a territory: a guide of the kind Paper with what was answered, as a page, a PDF, an ODT, a text, a mail or an offline ZIP.

In: the paper, and the responses that it takes from. Out: blocks ready for a template, or bytes. A mail is a draft that a person
opens and sends: nothing is sent from here.
"""

import contextlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from beffroi.guides import Guide, Paper, Plan, Questionnaire, Register, Runbook
from beffroi.guides.paper_model import Block, fill
from beffroi.guides.plan import STATES
from beffroi.guides.questionnaire import next_actions, scores
from beffroi.guides.register import to_rows
from beffroi.text import format_number
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights.mandates import sentence
from beffroi.web.ui import opendocument, printing
from beffroi.web.ui.formats import french_date

from . import presenting
from .domains import GENERAL
from .library import library
from .models import Arbitration, Response, answers_of
from .services.plans import actions_of
from .services.registers import entries_of
from .services.responses import questions_of

type Card = tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]
"""A title, and what is said under each label, a line or several."""


@dataclass(frozen=True)
class Laid:
    """A block ready to be laid out: paragraphs, a table (heading first), a list, cards (title, facts), or blank lines."""

    kind: str
    paragraphs: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    items: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    lines: tuple[int, ...] = ()
    empty: str = ""


@dataclass(frozen=True)
class Document:
    """A paper filled in on a day; `missing`: how many of its slots had no value."""

    paper: Paper
    territory: Territory
    blocks: tuple[Laid, ...]
    missing: int
    source: Response | None

    @property
    def is_exercise(self) -> bool:
        return self.source is not None and self.source.is_exercise

    @property
    def file_name(self) -> str:
        simulated = "-donnees-simulees" if self.territory.is_fictional else ""
        exercise = "-exercice" if self.is_exercise else ""
        return f"{self.paper.id.replace('_', '-')}-{self.territory.slug}{exercise}{simulated}"


def build(
    paper: Paper, territory: Territory, source: Response | None = None, *, blank: bool = False
) -> Document:
    """The paper with the answers of `source` for its guide, and the last real ones of the others. `blank`: with none."""
    found = {} if blank else _responses(paper, territory, source)
    values = {key: _formatted(response) for key, response in found.items()}
    values["territory"] = _facts(territory)
    blocks, missing = [], 0
    for filled in fill(paper, lambda guide, question: values.get(guide, {}).get(question)):
        missing += len(filled.missing)
        blocks.append(_laid(paper, filled.block, filled.text, territory, found))
    return Document(paper, territory, tuple(blocks), missing, source)


def _responses(paper: Paper, territory: Territory, source: Response | None) -> dict[str, Response]:
    guides = [key for key in paper.guides() if _guide(paper, key)]
    rows = Response.objects.of(territory).filter(guide__in=guides, is_exercise=False)
    found = {row.guide: row for row in rows.select_related("edition").order_by("opened_at", "pk")}
    return found if source is None else found | {source.guide: source}


def _guide(paper: Paper, key: str) -> Guide | None:
    """A guide that the paper may take from: who reads the paper must be someone who reads it too."""
    found = library().guides.get(key)
    return found if found is not None and found.domain in (paper.domain, GENERAL) else None


def _formatted(response: Response) -> dict[str, str]:
    answers, guide = answers_of(response), response.edition.read()
    formatted = {
        each.key: each.format(answers[each.key]) for each in questions_of(guide) if each.key in answers
    }
    shares = guide.shares if isinstance(guide, Questionnaire) else ()
    return formatted | {
        each.key: words for each in shares if (words := presenting.share_words(each, answers))
    }


def _facts(territory: Territory) -> dict[str, str]:
    """What every paper may name of a territory, as `{territory.name}`."""
    return {
        "name": territory.name,
        "siren": territory.siren or "",
        "contact": territory.contact or "",
        "seat": territory.seat or "",
        "today": french_date(timezone.localdate()),
    }


def _laid(
    paper: Paper, block: Block, text: str, territory: Territory, responses: Mapping[str, Response]
) -> Laid:
    paragraphs = tuple(part.strip() for part in text.split("\n\n") if part.strip())
    match block.kind:
        case "lines":
            return Laid("lines", paragraphs, lines=tuple(range(block.lines)))
        case "heading" | "text":
            return Laid(block.kind, paragraphs)
    found = _guide(paper, block.guide)
    if block.kind == "cards" and isinstance(found, Register):
        cards = _cards(block, found, territory)
        return Laid("cards", paragraphs, cards=cards, empty="" if cards else block.empty)
    response = responses.get(block.guide)
    table, items = _content(block, found, response, territory)
    return Laid(block.kind, paragraphs, table, items, empty="" if table or items else block.empty)


def _cards(block: Block, register: Register, territory: Territory) -> tuple[Card, ...]:
    """One card an entry."""
    by_key = {each.key: each for each in register.fields}
    title, *columns = [by_key[key] for key in block.columns or by_key]
    return tuple(
        (
            title.format(values.get(title.key)),
            tuple(
                (
                    each.label,
                    tuple(values[each.key]) if each.kind == "lines" else (each.format(values[each.key]),),
                )
                for each in columns
                if each.key in values
            ),
        )
        for values in (entry.values for entry in entries_of(territory, register))
    )


def _content(
    block: Block, found: Guide | None, response: Response | None, territory: Territory
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """The table or the list of a block that takes it from a guide."""
    today = timezone.localdate()
    match found:
        case Register():
            rows = to_rows(found, [entry.values for entry in entries_of(territory, found)])
            keys = [each.key for each in found.fields]
            columns = [keys.index(key) for key in block.columns if key in keys] or range(len(keys))
            table = tuple(tuple(row[n] for n in columns) for row in rows)
            return (table if len(table) > 1 else ()), ()
        case Plan():
            actions = [each for each in actions_of(territory, found) if each.state != "refused"]
            lines = [
                (str(a), STATES[a.state], a.owner or "–", f"{a.due_on:%d/%m/%Y}" if a.due_on else "–")
                for a in actions
            ]  # type: ignore[index]
            return ((("Action", "État", "Qui", "Pour le"), *lines) if lines else ()), ()
        case Runbook():
            roles = {role.key: role.title for role in found.roles}
            return (), tuple(
                f"{step.title}{f' ({roles[step.role]})' if step.role else ''}" for step in found.steps
            )
        case Questionnaire() if response is not None:
            if block.kind == "decision":
                return (), tuple(map(_decision, response.arbitrations.select_related("by")[:1]))
            answers = answers_of(response)
            if block.kind == "actions":
                return (), tuple(each.words.title for each in next_actions(found, answers, today))
            lines_of = [
                (s.axis.title, f"{format_number(round(s.value, 1), 'g')} sur {format_number(s.axis.maximum, 'g')}", s.level.title if s.level else "–")
                for s in scores(found, answers, today)
                if s.value is not None
            ]  # fmt: skip
            return ((("Thème", "Note", "Niveau"), *lines_of) if lines_of else ()), ()
        case _:
            return (), ()


def _decision(row: Arbitration) -> str:
    review = f" À revoir le {french_date(row.until)}." if row.until else ""
    authority = f" {sentence(row.authority)}" if row.authority else ""
    day = french_date(timezone.localdate(row.at))
    return f"{row.get_decision_display().capitalize()}, le {day}, {row.by}. {row.reason}{review}{authority}"


def page(document: Document) -> str:
    """The whole document as one HTML file that opens without network."""
    return render_to_string("guides/paper_document.html", _context(document) | {"style": printing.style()})


def _context(document: Document) -> dict[str, Any]:
    return {
        "document": document,
        "paper": document.paper,
        "territory": document.territory,
        "today": timezone.localdate(),
    }


def pdf(document: Document) -> bytes:
    """Raises `printing.NoPrinter` where this machine has no Pango."""
    return printing.render_pdf(page(document))


def odt(document: Document) -> bytes:
    """The document to adapt in a word processor: OpenDocument text."""
    context = _context(document) | {"names": opendocument.NAMES}
    parts = {
        f"{name}.xml": opendocument.printable(
            render_to_string(f"guides/paper_odt_{name}.xml", context).strip()
        )
        for name in ("content", "styles", "meta")
    }
    return opendocument.package(opendocument.TEXT, parts)


def text(document: Document) -> str:
    """The document as plain text, for a form or a mail."""
    parts = ["EXERCICE"] if document.is_exercise else []
    parts.append(document.paper.title)
    if document.territory.is_fictional:
        parts.append("Données simulées.")
    for block in document.blocks:
        parts += block.paragraphs
        parts += ["\n".join(" | ".join(row) for row in block.table)] if block.table else []
        parts += ["\n".join(f"- {item}" for item in block.items)] if block.items else []
        for title, facts in block.cards:
            parts += [
                title,
                *("\n".join([f"{label} :", *(f"- {line}" for line in lines)]) for label, lines in facts),
            ]
        parts += [block.empty] if block.empty else []
    return "\n\n".join(part for part in parts if part) + "\n"


def mail(document: Document) -> bytes:
    """A draft for a mail program: the text, the PDF where one can be made; whom to write to is typed by the person."""
    message = EmailMessage()
    exercise = "EXERCICE – " if document.is_exercise else ""
    message["Subject"] = f"{exercise}{document.paper.title} – {document.territory.name}"
    message["X-Unsent"] = "1"  # opens as a draft
    message.set_content(text(document))
    try:
        content = pdf(document)
    except printing.NoPrinter:
        pass
    else:
        message.add_attachment(
            content, maintype="application", subtype="pdf", filename=f"{document.file_name}.pdf"
        )
    return bytes(message)


def offline(document: Document) -> bytes:
    """A ZIP that is read without network: the page, the text, the PDF where one can be made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{document.file_name}.html", page(document))
        archive.writestr(f"{document.file_name}.txt", text(document))
        with contextlib.suppress(printing.NoPrinter):
            archive.writestr(f"{document.file_name}.pdf", pdf(document))
    return out.getvalue()

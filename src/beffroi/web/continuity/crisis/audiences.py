"""Messages of a crisis by audience: models as guides, filled from the facts, edited, then validated by a person.

In: papers whose identifier begins with « message_ », the facts of the crisis. Out: wordings and their validations; a text, a mail
draft or a page to print. Nothing is sent from here.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Final

from django.template.loader import render_to_string
from django.utils import timezone

from beffroi.guides import Paper
from beffroi.guides.paper_model import MISSING, fill
from beffroi.hashing import json_sha256
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.guides.library import library
from beffroi.web.guides.models import answers_of
from beffroi.web.guides.services.responses import questions_of
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles, require
from beffroi.web.platform.rights.mandates import frozen
from beffroi.web.ui import printing
from beffroi.web.ui.formats import french_date

from ..errors import ContinuityError
from ..models import Crisis, CrisisMessage, MessageValidation
from . import cell, journal

PREFIX: Final = "message_"
OF_FACTS: Final = re.compile(r"\{crisis_facts\.([a-z_]+)\}")
NEXT_NEWS: Final = "next_news"
BLANK: Final = f"[{MISSING}]"
LONGEST: Final = 8000
BLANKS: Final = re.compile(r"\{[a-z_]+\.[a-z_]+\}|\[à compléter\]")
"""What a person fills in by hand on a printed model."""


def models() -> list[Paper]:
    """The models, in the order of their files; one an audience."""
    found = [
        each
        for each in library().guides.values()
        if isinstance(each, Paper) and each.domain == "continuity" and each.id.startswith(PREFIX)
    ]
    return sorted(found, key=lambda each: (not each.signed_by, each.title))


def model(key: str) -> Paper:
    """Raises KeyError."""
    return (
        next(each for each in models() if each.id == key)
        if key in {m.id for m in models()}
        else _unknown(key)
    )


def _unknown(key: str) -> Paper:
    raise KeyError(key)


def signatory(territory: Territory) -> str:
    """Who signs for the authority: the mayor of a commune, the president of the others."""
    return "Le maire" if territory.is_commune else "Le président"


def proposed(crisis: Crisis, paper: Paper) -> tuple[str, str]:
    """Subject and text from the facts as they stand; what nobody wrote says « à compléter »."""
    answers = answers_of(crisis.facts) if crisis.facts is not None else {}
    questions = questions_of(crisis.facts.edition.read()) if crisis.facts is not None else ()
    facts = {
        each.key: "\n".join(f"- {line}" for line in answers[each.key])
        if each.kind == "lines"
        else each.format(answers[each.key])
        for each in questions
        if each.key in answers
    }
    values = {
        cell.FACTS: facts,
        "territory": {
            "name": crisis.territory.name,
            "contact": crisis.territory.contact or "",
            "siren": crisis.territory.siren or "",
            "seat": crisis.territory.seat or "",
            "today": french_date(timezone.localdate()),
        },
    }
    filled = list(fill(paper, lambda name, question: values.get(name, {}).get(question)))
    subject = next((each.text for each in filled if each.block.kind == "heading"), paper.title)
    text = "\n\n".join(each.text.strip() for each in filled if each.block.kind == "text")
    if paper.signed_by:
        text += f"\n\n{signatory(crisis.territory)}"
    return subject, text


@dataclass(frozen=True)
class Outdated:
    """What happened since a wording was written: facts of its model that changed, an announced hour that is past."""

    changed: list[str]
    news_due: str

    def __bool__(self) -> bool:
        return bool(self.changed or self.news_due)


def outdated(message: CrisisMessage, paper: Paper) -> Outdated:
    """Whether this wording still says what is known; `news_due`: « Quand donnerez-vous des nouvelles ? », where that is past."""
    crisis = message.crisis
    if crisis.facts is None:
        return Outdated([], "")
    named = {key for block in paper.blocks for key in OF_FACTS.findall(block.text)}
    since = set(
        crisis.facts.answers.filter(at__gt=message.at, question__in=named).values_list("question", flat=True)
    )
    labels = [each.label for each in questions_of(crisis.facts.edition.read()) if each.key in since]
    news = answers_of(crisis.facts).get(NEXT_NEWS) if NEXT_NEWS in named else None
    at = datetime.fromisoformat(news) if news else None
    return Outdated(labels, french_date(at) if at is not None and at < timezone.now() else "")


@dataclass(frozen=True)
class AudienceState:
    """An audience with its last wording, and the last one that somebody validated."""

    paper: Paper
    last: CrisisMessage | None
    validated: CrisisMessage | None

    @property
    def is_current(self) -> bool:
        """Whether the last wording is the validated one."""
        return self.last is not None and self.last == self.validated


def audiences(crisis: Crisis) -> list[AudienceState]:
    """Every audience, and where its message stands."""
    last: dict[str, CrisisMessage] = {}
    validated: dict[str, CrisisMessage] = {}
    for row in crisis.messages.select_related("validation__by", "by"):
        last[row.model] = row
        if hasattr(row, "validation"):
            validated[row.model] = row
    return [AudienceState(each, last.get(each.id), validated.get(each.id)) for each in models()]


@act("crisis.message", "texte écrit pour un public de la crise", right=journal.ANSWER)
def write(
    crisis: Crisis, by: Person, paper: Paper, subject: str, text: str
) -> Recorded[CrisisMessage] | Unchanged[CrisisMessage]:
    """Store a wording; the former ones stay. The same wording twice is one row."""
    subject = strip_invisible(" ".join(subject.split()))[:200]
    text = strip_invisible(text.replace("\r\n", "\n")).strip()
    if not subject:
        raise ContinuityError("Donnez un objet au message.", "subject")
    if not 20 <= len(text) <= LONGEST:
        raise ContinuityError(f"Écrivez un texte de 20 à {LONGEST} signes.", "text")
    journal.require_open(crisis)
    rows = CrisisMessage.objects.of(crisis.territory).filter(crisis=crisis, model=paper.id)
    last: CrisisMessage | None = rows.order_by("pk").last()
    if last is not None and (last.subject, last.text) == (subject, text):
        return Unchanged(last)
    row: CrisisMessage = CrisisMessage.objects.create(
        territory=crisis.territory, crisis=crisis, model=paper.id, subject=subject, text=text, by=by
    )
    return Recorded(row, {"model": paper.id, "version": paper.version, "sha256": digest(row)})


def digest(message: CrisisMessage) -> str:
    return json_sha256([message.model, message.subject, message.text])


def act_to_validate(paper: Paper) -> str:
    """The authority's own messages take its mandate; the others, the spokesperson's right."""
    return "continuity.accept" if paper.signed_by else "continuity.publish"


@act("crisis.validate", "message de crise validé par une personne", right="continuity.publish")
def validate(message: CrisisMessage, by: Person) -> Recorded[MessageValidation]:
    """Answer for the last wording: with the mandate where the authority signs. Nothing is sent. Raises ContinuityError."""
    paper, crisis, territory = model(message.model), message.crisis, message.territory
    require(by, act_to_validate(paper), territory)
    if BLANK in message.text or BLANK in message.subject:
        raise ContinuityError(
            f"Il reste « {BLANK} » dans ce texte. Complétez-le, ou retirez la phrase.", "text"
        )
    journal.require_open(crisis)
    rows = CrisisMessage.objects.of(territory).filter(crisis=crisis, model=message.model)
    if rows.order_by("pk").last() != message:
        raise ContinuityError("Ce texte a été réécrit depuis. Relisez le dernier, puis validez-le.")
    if MessageValidation.objects.of(territory).filter(message=message).exists():
        raise ContinuityError("Ce texte est déjà validé. Rien n'a été changé.")
    mandate = active_roles.authority(by, territory) if paper.signed_by else None
    if paper.signed_by and mandate is None:
        raise ContinuityError("Il faut un mandat ou une délégation en cours pour signer ce texte.")
    row: MessageValidation = MessageValidation.objects.create(
        territory=territory,
        message=message,
        authority=frozen(mandate) if mandate is not None else None,
        sha256=digest(message),
        by=by,
    )
    verb = "signé" if paper.signed_by else "validé"
    journal.append_line(crisis, by, kind="message", text=f"Message {verb} : {paper.title}. {message.subject}")
    return Recorded(row, {"model": message.model, "sha256": row.sha256}, f"crisis:{crisis.pk}")


def as_text(message: CrisisMessage) -> str:
    """The text to copy. What nobody validated says so; what is of an exercise too."""
    head = ["EXERCICE"] if message.crisis.is_exercise else []
    head += ["Données simulées."] if message.territory.is_fictional else []
    head += [] if hasattr(message, "validation") else ["BROUILLON, non validé."]
    return "\n\n".join([*head, message.subject, message.text]) + (
        "\n\nEXERCICE\n" if message.crisis.is_exercise else "\n"
    )


def as_mail(message: CrisisMessage) -> bytes:
    """A draft for a mail program; whom to write to is typed by the person."""
    mail = EmailMessage()
    exercise = "EXERCICE – " if message.crisis.is_exercise else ""
    mail["Subject"] = f"{exercise}{message.subject}"
    mail["X-Unsent"] = "1"  # opens as a draft
    mail.set_content(as_text(message))
    return bytes(mail)


def as_pdf(message: CrisisMessage) -> bytes:
    """To print and sign. Raises `printing.NoPrinter`."""
    context = {
        "message": message,
        "crisis": message.crisis,
        "territory": message.territory,
        "validation": getattr(message, "validation", None),
        "style": printing.style(),
    }
    return printing.render_pdf(render_to_string("continuity/crisis_message_document.html", context))

"""Points of situation: one page made from the journal, dated, numbered, never changed; the next one is announced on it."""

from datetime import datetime
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from beffroi.hashing import json_sha256
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person
from beffroi.web.ui import printing
from beffroi.web.ui.formats import french_date

from ..errors import ContinuityError
from ..models import Crisis, JournalLine, SituationPoint
from . import cell, journal, legal_clocks, roles, wall

LONGEST: Final = 1500
"""Characters of the situation: it stays one page."""
MOST_LINES: Final = 20
MOST: Final = 8


def draft(crisis: Crisis) -> str:
    """What happened or was corrected since the last point, from the journal: a text to correct."""
    last = crisis.points.first()
    facts = journal.entries(journal.rows_in_order(crisis), kinds=[JournalLine.Kind.FACT])
    new = [each for each in facts if last is None or each.changed_at > last.at]
    text = "\n".join(f"{_hour(each.row.fact_at)} {each.words}" for each in new[-MOST:])
    return text[:LONGEST]


def _hour(moment: datetime) -> str:
    """« 1 h 20 », « 28/11, 1 h 20 » of another day than today."""
    local = timezone.localtime(moment)
    day = "" if local.date() == timezone.localdate() else f"{local:%d/%m}, "
    return f"{day}{local.hour} h {local:%M}"


@act("crisis.point", "point de situation", right=journal.ANSWER)
def make(crisis: Crisis, by: Person, situation: str, next_at: datetime | None) -> Recorded[SituationPoint]:
    """Make the next point: its content is frozen. Raises ContinuityError."""
    situation = strip_invisible(situation.replace("\r\n", "\n")).strip()
    if len(situation) < 10:
        raise ContinuityError("Dites la situation en quelques phrases.", "situation")
    if len(situation) > LONGEST or situation.count("\n") >= MOST_LINES:
        raise ContinuityError(
            f"Restez sous {LONGEST} signes et {MOST_LINES} lignes : un point de situation tient sur une page.",
            "situation",
        )
    journal.require_open(crisis)
    cell.set_next_point(crisis, by, next_at)
    number = (crisis.points.values_list("number", flat=True).first() or 0) + 1
    content = _content(crisis, situation, next_at)
    point: SituationPoint = SituationPoint.objects.create(
        territory=crisis.territory,
        crisis=crisis,
        number=number,
        content=content,
        sha256=json_sha256(content),
        by=by,
    )
    journal.append_line(crisis, by, kind="message", text=f"Point de situation n° {number}.")
    return Recorded(point, {"number": number, "sha256": point.sha256})


def _content(crisis: Crisis, situation: str, next_at: datetime | None) -> dict[str, Any]:
    last = crisis.points.first()
    made = [each for each in journal.decisions(crisis, 500) if last is None or each.changed_at > last.at]
    states = wall.services(crisis)
    return {
        "label": crisis.label,
        "exercise": crisis.is_exercise,
        "situation": situation,
        "decisions": [
            [journal.written(each.row.fact_at), each.words[:140], each.row.author]
            for each in reversed(made[:MOST])
        ],
        "more_decisions": max(0, len(made) - MOST),
        "services": [[each.name, each.words] for each in states[:20]],
        "services_source": wall.sources(states),
        "more_services": max(0, len(states) - 20),
        "clocks": [
            [each.clock.title, journal.written(each.deadline), each.words]
            for each in legal_clocks.clocks(crisis)
            if each.deadline
        ][:5],
        "roles": [
            [row.title, row.holder.name] for row in roles.current_roles(crisis) if row.holder is not None
        ],
        "next": journal.written(next_at) if next_at is not None else "",
    }


def context(point: SituationPoint) -> dict[str, Any]:
    """Plain values of the page, hours in French."""
    content = point.content

    def hour(text: str) -> str:
        moment = parse_datetime(text) if text else None
        return french_date(moment) if moment is not None else ""

    return {
        "point": point,
        "crisis": point.crisis,
        "territory": point.territory,
        "content": content,
        "decisions": [(hour(at), text, author) for at, text, author in content["decisions"]],
        # Points made before clocks could stop say nothing of it.
        "clocks": [(title, hour(at), "".join(words)) for title, at, *words in content["clocks"]],
        "next": hour(content["next"]),
    }


def pdf(point: SituationPoint) -> bytes:
    """One page. Raises `printing.NoPrinter`."""
    text = render_to_string(
        "continuity/crisis_point_document.html", context(point) | {"style": printing.style()}
    )
    return printing.render_pdf(text)

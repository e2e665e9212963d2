"""Blank forms to print: numbered sheets of A4, one a page, with the QR code of each.

In: a form and its numbers. Out: HTML, a whole document for `ui.printing` or sheets for a page of the kit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import qrcode
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.image.svg import SvgPathImage

from beffroi.guides.questions import Question
from beffroi.web.platform.models import Territory
from beffroi.web.ui import printing
from beffroi.web.ui.formats import french_date

from ..models import NumberRange
from .definitions import PaperForm
from .numbers import numbers_of
from .sheet_numbers import SheetCode, SheetNumber

_STYLE: Final = Path(__file__).parent / "sheet.css"
_MOST_BOXES: Final = 24
_DIGITS: Final = 8
type Box = str
"""What is printed in a box of one character: "" to write in, or a sign such as « / » already there."""


@dataclass(frozen=True)
class Space:
    """Where one answer is written: boxes of one character, tick boxes, or lines."""

    question: Question
    boxes: tuple[Box, ...] = ()
    choices: tuple[str, ...] = ()
    lines: int = 0
    unit: str = ""

    @property
    def blank_lines(self) -> range:
        return range(self.lines)


@dataclass(frozen=True)
class Sheet:
    """One page: its number, its code as a drawing."""

    number: SheetNumber
    code: SafeString


@lru_cache(maxsize=512)
def qr_svg(text: str, title: str) -> SafeString:
    """A QR code as SVG, a quarter of which may be unreadable. `title`: what it stands for, said by screen readers of the PDF."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=2, image_factory=SvgPathImage)
    code.add_data(text)
    drawing = code.make_image().to_string(encoding="unicode").replace(' id="qr-path"', "")
    head, end, rest = drawing[drawing.index("<svg") :].partition(">")
    return SafeString(f"{head}{end}<title>{escape(title)}</title>{rest}")


def space_of(question: Question) -> Space:
    """How the answer to this question is written on paper."""
    match question.kind:
        case "date":
            return Space(question, ("", "", "/", "", "", "/", "", "", "", ""))
        case "moment":
            return Space(question, ("", "", "/", "", "", "/", "", "", "", "", "à", "", "", "h", "", ""))
        case "number":
            whole = len(str(int(question.maximum))) if question.maximum else _DIGITS
            boxes = ("",) * whole + (() if question.whole else (",", "", ""))
            return Space(question, boxes, unit=question.unit)
        case "choice" | "yes_no" | "several":
            return Space(question, choices=tuple(each.label for each in question.options))
        case "line" if question.max_length and question.max_length <= _MOST_BOXES:
            return Space(question, ("",) * question.max_length)
        case "text" | "lines":
            return Space(question, lines=question.rows or 3)
        case _:
            return Space(question, lines=1)


def _box_hint(spaces: Iterable[Space]) -> str:
    """How boxes are written in, where a sheet has some."""
    boxed = [space for space in spaces if space.boxes]
    if any(space.question.kind == "line" for space in boxed):
        return "En capitales, une lettre par case."
    return "Un chiffre par case." if boxed else ""


def _edition(text: str) -> str:
    """The edition of a form, named by its day where it is one."""
    try:
        return f"Modèle du {french_date(date.fromisoformat(text))}"
    except ValueError:
        return f"Modèle : {text}"


def _context(
    territory: Territory, form: PaperForm, numbers: Iterable[SheetNumber], place: str, *, is_exercise: bool
) -> dict[str, Any]:
    headings = [
        (section.title, [space_of(each) for each in section.questions])
        for section in form.questionnaire.sections
    ]
    columns = [space_of(each) for each in form.row_fields]
    spaces = [space for _, found in headings for space in found] + columns
    return {
        "territory": territory,
        "form": form,
        "sections": headings,
        "columns": columns,
        "box_hint": _box_hint(spaces),
        "edition": _edition(form.questionnaire.edition),
        "rows": range(1, form.max_rows + 1),
        "place": place,
        "is_exercise": is_exercise,
        "sheets": [
            Sheet(
                each, qr_svg(str(SheetCode(territory.code, form.key, each)), f"Code QR de la feuille {each}")
            )
            for each in numbers
        ],
    }


def sheets_html(territory: Territory, form: PaperForm, numbers: Iterable[SheetNumber], place: str) -> str:
    """The sheets alone, to stand in a page of the kit under `style`."""
    context = _context(territory, form, numbers, place, is_exercise=False)
    return render_to_string("continuity/paper_form_sheets.html", context)


def style() -> str:
    """The style of sheets alone."""
    return _STYLE.read_text("utf-8")


def blank_forms(
    territory: Territory,
    form: PaperForm,
    numbers: Iterable[SheetNumber],
    place: str,
    *,
    is_exercise: bool = False,
) -> str:
    """The whole document, one sheet a page."""
    context = _context(territory, form, numbers, place, is_exercise=is_exercise)
    context["style"] = printing.style(_STYLE)
    return render_to_string("continuity/paper_form_document.html", context)


def range_document(row: NumberRange, form: PaperForm) -> str:
    """The sheets of an allotted range."""
    return blank_forms(row.territory, form, numbers_of(row), row.counter_name, is_exercise=row.is_exercise)

"""Blank forms to print: numbered sheets of A4, one a page, with the QR code of each; HTML, then a tagged PDF.

In: a form and its numbers. Out: HTML (a whole document, or sheets for a page of the kit), or bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
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

from ..models import NumberRange
from .definitions import ROW_COUNT, PaperForm
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
    only_if: str = ""

    @property
    def blank_lines(self) -> range:
        return range(self.lines)


@dataclass(frozen=True)
class Sheet:
    """One page: its number, its code as a drawing."""

    number: SheetNumber
    code: SafeString


@lru_cache(maxsize=512)
def qr_svg(text: str) -> SafeString:
    """A QR code as SVG, a quarter of which may be unreadable; its title says what it holds."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=2, image_factory=SvgPathImage)
    code.add_data(text)
    drawing = code.make_image().to_string(encoding="unicode").replace(' id="qr-path"', "")
    drawing = drawing.replace("<path", f"<title>Code QR : {escape(text)}</title><path", 1)
    return SafeString(drawing.partition("?>")[2] if drawing.startswith("<?xml") else drawing)


def space_of(question: Question) -> Space:
    """How the answer to this question is written on paper."""
    only_if = "" if not question.when else "si besoin"
    match question.kind:
        case "date":
            return Space(question, ("", "", "/", "", "", "/", "", "", "", ""), only_if=only_if)
        case "moment":
            return Space(question, ("", "", "/", "", "", "/", "", "", "", "", "à", "", "", "h", "", ""))
        case "number":
            whole = len(str(int(question.maximum))) if question.maximum else _DIGITS
            boxes = ("",) * whole + (() if question.whole else (",", "", ""))
            return Space(question, boxes, unit=question.unit, only_if=only_if)
        case "choice" | "yes_no" | "several":
            return Space(question, choices=tuple(each.label for each in question.options), only_if=only_if)
        case "line" if question.max_length and question.max_length <= _MOST_BOXES:
            return Space(question, ("",) * question.max_length, only_if=only_if)
        case "text" | "lines":
            return Space(question, lines=question.rows or 3, only_if=only_if)
        case _:
            return Space(question, lines=1, only_if=only_if)


def _context(
    territory: Territory, form: PaperForm, numbers: Iterable[SheetNumber], place: str, is_exercise: bool
) -> dict[str, Any]:
    headings = [
        (section.title, [space_of(each) for each in section.questions])
        for section in form.questionnaire.sections
    ]
    return {
        "territory": territory,
        "form": form,
        "sections": headings,
        "columns": [space_of(each) for each in form.row_fields],
        "rows": range(1, form.max_rows + 1),
        "row_count": ROW_COUNT,
        "place": place,
        "is_exercise": is_exercise,
        "sheets": [Sheet(each, qr_svg(str(SheetCode(territory.code, form.key, each)))) for each in numbers],
    }


def sheets_html(
    territory: Territory,
    form: PaperForm,
    numbers: Iterable[SheetNumber],
    place: str,
    *,
    is_exercise: bool = False,
) -> str:
    """The sheets with their style, to stand in a page of the kit."""
    context = _context(territory, form, numbers, place, is_exercise) | {
        "style": SafeString(_STYLE.read_text("utf-8"))
    }
    return render_to_string("continuity/paper_form_sheets.html", context)


def blank_forms(
    territory: Territory,
    form: PaperForm,
    numbers: Iterable[SheetNumber],
    place: str,
    *,
    is_exercise: bool = False,
) -> str:
    """The whole document, one sheet a page."""
    context = _context(territory, form, numbers, place, is_exercise) | {"style": printing.style(_STYLE)}
    return render_to_string("continuity/paper_form_document.html", context)


def range_document(row: NumberRange, form: PaperForm) -> str:
    """The sheets of an allotted range."""
    return blank_forms(row.territory, form, numbers_of(row), row.counter_name, is_exercise=row.is_exercise)


def pdf(document: str) -> bytes:
    """Raises `ui.printing.NoPrinter` where this machine has no Pango."""
    return printing.render_pdf(document)

"""Sheets filled in by hand, for tests: allotted numbers, values of each form, batches."""

from datetime import date
from typing import Any

from beffroi.web.continuity.models import NumberRange, RekeyingBatch
from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.paper_forms.definitions import PaperForm, paper_form
from beffroi.web.continuity.paper_forms.sheet_numbers import SheetNumber
from beffroi.web.continuity.rekeying import batches
from beffroi.web.continuity.rekeying.typed_sheets import Sheet
from beffroi.web.platform.models import Person, Territory

DAY = date(2026, 11, 20)
TYPED_DAY = "20112026"


def allotted(
    territory: Territory, by: Person, key: str, count: int = 20, counter: str = "A", **more: Any
) -> tuple[PaperForm, list[SheetNumber]]:
    """A form, and numbers of it for a counter."""
    form = paper_form(territory, key)
    row: NumberRange = numbers.allot(
        territory, form, numbers.Counter(counter, f"Guichet {counter}"), count, by, **more
    )
    return form, numbers.numbers_of(row)


def opened(
    territory: Territory,
    by: Person,
    form: PaperForm,
    count: int,
    total: Any = None,
    counter: str = "A",
    **more: Any,
) -> RekeyingBatch:
    return batches.open_batch(territory, by, form, counter, DAY, count, total, **more)


def water(rank: int = 1, **changed: Any) -> Sheet:
    """A reading, as it is typed: eight digits of a day, the rank of a choice."""
    values = {
        "day": TYPED_DAY,
        "meter": f"C26{rank:05}",
        "index": str(1000 + 7 * rank),
        "state": "1",
        "remark": "",
    }
    return Sheet(values | changed)


def report(**changed: Any) -> Sheet:
    values = {"day": TYPED_DAY, "place": "12 rue des Saules", "kind": "1", "what": "Un trou", "urgency": "3"}
    return Sheet(values | changed)


def canteen(codes: list[str], **changed: Any) -> Sheet:
    values = {"day": TYPED_DAY, "school": "Jean-Moulin", "row_count": str(len(codes))}
    return Sheet(values | changed, [{"code": code, "name": "", "meal": "1"} for code in codes])


def civil(register: str, number: int, day: str, **changed: Any) -> Sheet:
    return Sheet({"register": register, "act_number": str(number), "act_on": day, "both": "1"} | changed)

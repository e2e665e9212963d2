"""What the continuity room holds of paper forms, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from typing import Any

from beffroi.web.continuity.models import NumberRange
from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.paper_forms.definitions import paper_form

FORM = "form_receipt"
PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    **{(route, "key"): lambda side: FORM for route in ("paper-form", "paper-form-preview")},
    **{
        (route, "pk"): lambda side: side.number_range.pk
        for route in ("number-range-pdf", "number-range-html")
    },
}
SHARED: dict[tuple[str, str], Any] = {(route, "key"): FORM for route in ("paper-form", "paper-form-preview")}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"number-range-pdf", "number-range-html"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}


def furnish(side: Any) -> None:
    """Sheets allotted to a counter whose name bears the word; one is void."""
    person, word = side.people["everything"], side.words.private
    form = paper_form(side.territory, FORM)
    counter = numbers.Counter("A", f"Guichet {word}")
    for _ in range(1 + side.words.more):
        row = numbers.allot(side.territory, form, counter, 5, person)
    side.facts["number_range"] = NumberRange.objects.get(pk=row.pk)
    numbers.end_number(side.territory, numbers.numbers_of(row)[4], "void", f"rature {word}", person)

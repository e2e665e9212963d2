"""Proposal of a column whose type a person forces: it never falls back to text.

In: a column's sample and the corrections of its table. Out: a proposal, or None without correction. Rows that do not fit are
quarantined, with their reason.
"""

from collections.abc import Sequence
from typing import Final, Literal

from beffroi.lake.readers import amounts, moments
from beffroi.lake.readers.corrections import Corrections, Order
from beffroi.lake.readers.proposals import Boolean, Code, Proposal, Text
from beffroi.lake.readers.short_years import ShortYears
from beffroi.lake.readers.source import Hint
from beffroi.lake.tables import ColumnType

TYPE_LABELS: Final[dict[str, str]] = {
    "text": "texte",
    "code": "code, gardé en texte",
    "integer": "nombre entier",
    "decimal": "nombre à virgule",
    "number": "nombre à virgule",
    "boolean": "oui ou non",
    "date": "date",
    "datetime": "date et heure",
    "time": "heure",
}


def forced_proposal(
    name: str, values: Sequence[str], hint: Hint | None, corrections: Corrections
) -> Proposal | None:
    """Proposal forced by the corrections of a column."""
    type_ = corrections.types.get(name)
    order, mark = corrections.orders.get(name), corrections.decimals.get(name)
    if hint == "geometry" and type_ != "text":
        return None
    if type_ in ("text", "code"):
        return Text() if type_ == "text" else Code("identifiant par une correction", certain=True)
    if type_ == "boolean":
        return Boolean(forced=True)
    if type_ in ("date", "datetime", "time") or (order and type_ is None):
        return _moment(name, values, type_, order)
    if type_ in ("integer", "decimal", "number"):
        return _number(values, mark, type_)
    return _number(values, mark, "yes") if mark else None


def _number(
    values: Sequence[str], mark: str | None, type_: Literal["yes", "integer", "decimal", "number"]
) -> Proposal:
    found = amounts.propose(values, likely=0)
    grouped = mark or (found.grouped if found else "")
    return amounts.Number(grouped, found.has_fractions if found else False, forced=type_)


def _moment(
    name: str, values: Sequence[str], type_: ColumnType | None, order: Order | None
) -> moments.Moment:
    """Date formats found in the sample, most frequent first, each read in the corrected order; months too."""
    forms = [form for form in (*moments.FORMS, moments.COMPACT, *moments.MONTHS) if _suits(form, type_)]
    counts = {form: sum(form.matches(value) for value in values) for form in forms}
    forms_present = sorted((form for form in forms if counts[form]), key=lambda form: -counts[form]) or forms
    if type_ == "date":  # a month is no rarer further down for being absent here
        forms_present += [form for form in moments.MONTHS if form not in forms_present]
    american = order == "month" or (order is None and moments.month_first(values))
    turned = tuple(form.other_way if american and form.day_or_month_first else form for form in forms_present)
    years = ShortYears.of_header(name)
    return moments.Moment(turned[0], others=turned[1:], target=type_, forced=True, years=years)


def _suits(form: moments.Form, type_: ColumnType | None) -> bool:
    """Whether a format suits the type: a date may be written with a midnight time; a date stands for its midnight."""
    return form.type == "time" if type_ == "time" else form.type != "time"

"""The list of a register: what expires first, search, filters by choice, order, one page of rows.

In: a register, a territory, the parameters mots, tri, page, etat and `f-` followed by a field. Out: the context of the page.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from django.core.paginator import Paginator
from django.http import QueryDict

from beffroi.guides import Register
from beffroi.guides.questions import Question
from beffroi.guides.register import RegisterField, expiring
from beffroi.text import fold_name
from beffroi.web.platform.models import Territory

from .assessments import Assessment, assessments, questionnaires_about
from .models import RegisterEntry, is_unconfirmed

A_PAGE: Final = 50
MOST_DUE: Final = 10
MOST_COLUMNS: Final = 5
MOST_FILTERS: Final = 2
MOST_CHOICES: Final = 8


class Row(NamedTuple):
    """One entry as the list needs it."""

    pk: int
    values: dict[str, Any]
    revision: int
    origin: str

    @property
    def is_unconfirmed(self) -> bool:
        return is_unconfirmed(self.revision, self.origin)


@dataclass(frozen=True)
class Link:
    """A filter or an order: its words, where it leads, how many entries it leaves."""

    label: str
    url: str
    current: bool
    count: int | None = None


@dataclass(frozen=True)
class Due:
    """Something of an entry that expires, or has expired: on which day, in how many days."""

    pk: int
    label: str
    title: str
    day: date
    days: int


def rows_of(territory: Territory, register: Register) -> list[Row]:
    """The entries as they stand, by identity."""
    live = RegisterEntry.objects.of(territory).filter(register=register.id, removed_at=None)
    return [Row(*row) for row in live.values_list("pk", "values", "revision", "origin")]


def main_fields(register: Register) -> list[RegisterField]:
    """The fields that a list has room for: those that name an entry, then those with a day, then the shortest to read."""
    dated = {each.field for each in register.expiries}
    short = ("choice", "yes_no", "date", "number", "line")
    order = sorted(
        (each for each in register.fields if each.key in register.identity or each.kind in short),
        key=lambda each: (each.key not in register.identity, each.key not in dated, not each.required),
    )
    chosen = {each.key for each in order[:MOST_COLUMNS]}
    listed = [each for each in register.fields if each.key in chosen]
    return sorted(
        listed, key=lambda each: each.key not in register.identity
    )  # the first one leads to the entry


def due_of(register: Register, rows: Sequence[Row], today: date) -> list[Due]:
    """What expires within its warning, or has expired, the oldest first."""
    places = {id(row.values): row for row in rows}
    return [
        Due(places[id(each.entry)].pk, register.label_of(each.entry), each.expiry.title, each.day, each.days)
        for each in expiring(register, (row.values for row in rows), today)
    ]


def is_undated(register: Register, values: dict[str, Any]) -> bool:
    """Whether this entry leaves empty the day that its register warns of first: nobody will be reminded of it."""
    return bool(register.expiries) and not values.get(register.expiries[0].field)


def listing(register: Register, territory: Territory, query: QueryDict, today: date) -> dict[str, Any]:
    """What the page shows."""
    every = rows_of(territory, register)
    due = due_of(register, every, today)
    words = query.get("mots", "").strip()[:200]
    unconfirmed = sum(row.is_unconfirmed for row in every)
    hidden = sum(register.is_hidden(row.values, today) for row in every)
    found = every
    if hidden and query.get("etat") != "masquees":
        found = [row for row in found if not register.is_hidden(row.values, today)]
    elif hidden:
        found = [row for row in found if register.is_hidden(row.values, today)]
    if query.get("etat") == "a-verifier":
        found = [row for row in found if row.is_unconfirmed]
    undated = sum(is_undated(register, row.values) for row in every)
    if query.get("etat") == "sans-date":
        found = [row for row in found if is_undated(register, row.values)]
    if words:
        found = [row for row in found if _has(register, row.values, words)]
    filters = []
    for field in [each for each in register.fields if _filters(each)][:MOST_FILTERS]:
        name = f"f-{field.key}"
        counts = Counter(row.values.get(field.key) for row in found)
        chosen = query.get(name, "")
        if sum(bool(count) for count in counts.values()) > 1 or chosen:
            links = [Link("Tout", _address(query, name, ""), not chosen)]
            links += [
                Link(
                    choice.label, _address(query, name, choice.key), choice.key == chosen, counts[choice.key]
                )
                for choice in field.options
                if counts[choice.key] or choice.key == chosen
            ]
            filters.append((field.label, links))
        if chosen:
            found = [row for row in found if row.values.get(field.key) == chosen]
    columns = main_fields(register)
    order = query.get("tri", register.sorted_by)
    for field in columns:
        if order.removeprefix("-") == field.key:
            found = _sorted(found, field, reverse=order.startswith("-"))
    page = Paginator(found, A_PAGE).get_page(query.get("page"))
    about = assessments(territory, register, [row.pk for row in page])
    return {
        "total": len(every),
        "hidden": hidden,
        "hidden_url": _address(query, "etat", "" if query.get("etat") == "masquees" else "masquees"),
        "hidden_only": query.get("etat") == "masquees",
        "assessed": [each.title for each in questionnaires_about(register)],
        "words": words,
        "filters": filters,
        "unconfirmed": unconfirmed,
        "unconfirmed_link": Link(
            "À vérifier",
            _address(query, "etat", "" if query.get("etat") == "a-verifier" else "a-verifier"),
            query.get("etat") == "a-verifier",
            unconfirmed,
        ),
        "undated_link": Link(
            "Sans date",
            _address(query, "etat", "" if query.get("etat") == "sans-date" else "sans-date"),
            query.get("etat") == "sans-date",
            undated,
        ),
        "columns": [_column(query, field, order) for field in columns],
        "page": page,
        "lines": [_line(register, columns, row, about.get(row.pk, [])) for row in page],
        "due": due[:MOST_DUE],
        "due_more": max(0, len(due) - MOST_DUE),
        "late": sum(each.days < 0 for each in due),
    }


def _filters(field: Question) -> bool:
    return field.kind in ("choice", "yes_no") and len(field.options) <= MOST_CHOICES


def _has(register: Register, values: dict[str, Any], words: str) -> bool:
    """Whether an entry has all these words, anywhere in what a reader sees of it."""
    text = fold_name(
        " ".join(each.format(values[each.key]) for each in register.fields if each.key in values)
    )
    return all(word in text for word in fold_name(words).split())


def _sorted(rows: list[Row], field: Question, *, reverse: bool) -> list[Row]:
    """By this field; those that do not have it last, either way."""
    key = (
        (lambda value: value)
        if field.kind in ("number", "date")
        else (lambda value: fold_name(field.format(value)))
    )
    known = [row for row in rows if row.values.get(field.key) is not None]
    known.sort(key=lambda row: key(row.values[field.key]), reverse=reverse)
    return known + [row for row in rows if row.values.get(field.key) is None]


def _column(query: QueryDict, field: RegisterField, order: str) -> dict[str, Any]:
    """A heading: what a click on it orders by, and how the list is ordered now."""
    return {
        "label": field.label,
        "personal": field.personal,
        "number": field.kind == "number",
        "url": _address(query, "tri", f"-{field.key}" if order == field.key else field.key),
        "sort": {field.key: "ascending", f"-{field.key}": "descending"}.get(order, ""),
    }


def _line(
    register: Register, columns: Sequence[RegisterField], row: Row, about: Sequence[Assessment]
) -> dict[str, Any]:
    first, *rest = [(field.format(row.values.get(field.key)), field.kind == "number") for field in columns]
    return {
        "pk": row.pk,
        "first": first[0],
        "label": register.label_of(row.values),
        "cells": rest,
        "unconfirmed": row.is_unconfirmed,
        "assessments": about,
    }


def _address(query: QueryDict, name: str, value: str) -> str:
    """The address of the same list with this parameter, from its first page."""
    changed = query.copy()
    for former in ("page", name):
        changed.pop(former, None)
    if value:
        changed[name] = value
    return f"?{changed.urlencode()}"

"""Date functions: parts, differences, construction. A timestamp counts as its day, except where it is shifted.

Weeks are those of ISO 8601, which begin on Monday; a school year begins on 1 September.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import ibis

from beffroi.recipes.formula import values
from beffroi.recipes.formula.errors import refuse
from beffroi.recipes.formula.functions.base import Function, Invocation
from beffroi.recipes.formula.kinds import DATE, INTEGER, TEXT
from beffroi.recipes.formula.values import Value
from beffroi.recipes.text_folding import fold

_FARTHEST = 3_700_000
"""Days from the first supported date to the last one, and some more."""
_UNITS = {"jours": "days", "jour": "days", "mois": "months", "annees": "years", "annee": "years"}


def days_after(dated: Value, days: Any) -> Any:
    """Date shifted by days (or earlier); null outside the years 1 to 9999."""
    near = values.only_if(days.between(-_FARTHEST, _FARTHEST), days, INTEGER).cast("int32")
    moment = dated.expr.cast("timestamp") + near.as_interval("D")
    moved = moment.date() if dated.kind == DATE else moment
    in_calendar = moved.between(
        ibis.literal(date.min).cast(dated.kind.dtype), ibis.literal(date.max).cast(dated.kind.dtype)
    )
    return values.only_if(in_calendar, moved, dated.kind)


def _part(of: Callable[[Any], Any]) -> Callable[[Invocation], Value]:
    def build(invocation: Invocation) -> Value:
        day = values.day(invocation.call.name, invocation.arguments[0])
        return Value(INTEGER, of(day).cast("int64"), invocation.call)

    return build


def _school_year(invocation: Invocation) -> Value:
    day = values.day(invocation.call.name, invocation.arguments[0])
    first = day.year().cast("int64") - (day.month() < 9).cast("int64")
    return Value(TEXT, first.cast("string") + "-" + (first + 1).cast("string"), invocation.call)


def _today(invocation: Invocation) -> Value:
    return Value(DATE, ibis.literal(invocation.today), invocation.call)


def _date(invocation: Invocation) -> Value:
    written = [value.literal for value in invocation.arguments]
    if all(type(part) is int for part in written):
        try:
            return Value(DATE, ibis.literal(date(*written)), invocation.call)
        except (ValueError, OverflowError):
            refuse(
                "cette date n'existe pas. Écrivez l'année, le mois puis le jour : DATE(2024 ; 1 ; 31).",
                invocation.call.start,
                invocation.call.end,
            )
    year, month, day = (values.whole("DATE", value) for value in invocation.arguments)
    exists = year.between(1, 9999) & month.between(1, 12) & day.between(1, 31)
    two = [part.cast("string").lpad(2, "0") for part in (month, day)]
    text = year.cast("string").lpad(4, "0") + "-" + two[0] + "-" + two[1]
    return Value(DATE, values.only_if(exists, text, TEXT).try_cast("date"), invocation.call)


def _between(invocation: Invocation) -> Value:
    first, last, unit = invocation.arguments
    chosen = _UNITS.get(fold(unit.literal)) if isinstance(unit.literal, str) else None
    if chosen is None:
        unit.refuse('DATEDIF compte en "jours", en "mois" ou en "années" : écrivez l\'un des trois.')
    days = values.day("DATEDIF", first), values.day("DATEDIF", last)
    if chosen == "days":
        return Value(INTEGER, days[1].delta(days[0], unit="day").cast("int64"), invocation.call)
    # Months of 32 days: the remainder shows whether the last month is complete.
    gap = _place(days[1]) - _place(days[0])
    length = 32 if chosen == "months" else 32 * 12
    return Value(INTEGER, ((gap - gap % length) / length).cast("int64"), invocation.call)


def _place(day: Any) -> Any:
    return (day.year().cast("int64") * 12 + day.month()) * 32 + day.day()


FUNCTIONS = (
    Function(
        "DATE",
        "DATE(année ; mois ; jour)",
        "Cette date ; rien quand elle n'existe pas.",
        "DATE(2024 ; 1 ; 31)",
        3,
        3,
        _date,
    ),
    Function("AUJOURDHUI", "AUJOURDHUI()", "La date du jour.", "[Échéance] - AUJOURDHUI()", 0, 0, _today),
    Function(
        "ANNEE",
        "ANNEE(date)",
        "L'année, en nombre : 2024.",
        "ANNEE([Date])",
        1,
        1,
        _part(lambda day: day.year()),
    ),
    Function(
        "MOIS", "MOIS(date)", "Le mois, de 1 à 12.", "MOIS([Date])", 1, 1, _part(lambda day: day.month())
    ),
    Function(
        "JOUR",
        "JOUR(date)",
        "Le jour du mois, de 1 à 31.",
        "JOUR([Date])",
        1,
        1,
        _part(lambda day: day.day()),
    ),
    Function(
        "TRIMESTRE",
        "TRIMESTRE(date)",
        "Le trimestre, de 1 à 4.",
        '"T" & TRIMESTRE([Date])',
        1,
        1,
        _part(lambda day: day.quarter()),
    ),
    Function(
        "SEMAINE",
        "SEMAINE(date)",
        "Le numéro de la semaine (norme ISO 8601), de 1 à 53.",
        "SEMAINE([Date])",
        1,
        1,
        _part(lambda day: day.week_of_year()),
    ),
    Function(
        "JOURSEM",
        "JOURSEM(date)",
        "Le jour de la semaine : 1 pour lundi, 7 pour dimanche.",
        "JOURSEM([Date]) >= 6",
        1,
        1,
        _part(lambda day: day.day_of_week.index() + 1),
    ),
    Function(
        "ANNEE.SCOLAIRE",
        "ANNEE.SCOLAIRE(date)",
        "L'année scolaire, qui commence le 1er septembre : « 2023-2024 ».",
        "ANNEE.SCOLAIRE([Date])",
        1,
        1,
        _school_year,
    ),
    Function(
        "DATEDIF",
        "DATEDIF(début ; fin ; unité)",
        'Le temps entier écoulé, en "jours", en "mois" ou en "années" ; négatif quand la fin vient avant le début.',
        'DATEDIF([Naissance] ; AUJOURDHUI() ; "années")',
        3,
        3,
        _between,
    ),
)

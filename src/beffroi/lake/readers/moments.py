"""Dates, date-times and times of day, in the forms that French files use.

In: a column's identifier and values. Out: a `Moment` proposal with one form, day before month unless impossible.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.lake.readers.proposals import (
    Final,
    Found,
    Promise,
    Typed,
    is_sure,
    kept,
    read,
    settle,
    surprise,
    uncertain,
    usual_checks,
)
from beffroi.lake.readers.source import literal
from beffroi.lake.tables import ColumnType, Guess

LIKELY = 0.5
_CLOCK = r"[ T]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
_INSTANT = rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}{_CLOCK}"
_ZONE = r" ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)"
# Eight digits are a date only under a header that says so.
_DATE_HEADER = re.compile(r"(date|jour|debut|fin$|start|end|day|^le$|^maj$|publication|effet|naiss)")


@dataclass(frozen=True)
class Form:
    pattern: str
    formats: tuple[str, ...]
    said: str
    type: ColumnType
    sure: bool = True

    def matches(self, value: str) -> bool:
        return re.fullmatch(self.pattern, value) is not None


ISO_TIME = Form(rf"{_INSTANT}(?:{_ZONE})?", (), "AAAA-MM-JJ HH:MM", "datetime")
COMPACT = Form(r"(?:19|20)\d{6}", ("%Y%m%d",), "AAAAMMJJ", "date", False)
AMERICAN = Form(r"\d{1,2}/\d{1,2}/\d{4}", ("%m/%d/%Y",), "MM/JJ/AAAA (mois avant le jour)", "date", False)
FRENCH = Form(r"\d{1,2}/\d{1,2}/\d{4}", ("%d/%m/%Y",), "JJ/MM/AAAA", "date")
FORMS = (
    Form(r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",), "AAAA-MM-JJ", "date"),
    FRENCH,
    Form(r"\d{1,2}/\d{1,2}/\d{2}", ("%d/%m/%y",), "JJ/MM/AA", "date", False),
    Form(r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",), "AAAA/MM/JJ", "date"),
    Form(r"\d{4}\.\d{1,2}\.\d{1,2}", ("%Y.%m.%d",), "AAAA.MM.JJ", "date"),
    Form(r"\d{1,2}-\d{1,2}-\d{4}", ("%d-%m-%Y",), "JJ-MM-AAAA", "date"),
    Form(r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",), "JJ.MM.AAAA", "date"),
    Form(r"\d{1,2}-\d{1,2}-\d{2}", ("%d-%m-%y",), "JJ-MM-AA", "date", False),
    ISO_TIME,
    Form(
        rf"\d{{1,2}}/\d{{1,2}}/\d{{4}}{_CLOCK}",
        ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S.%f"),
        "JJ/MM/AAAA HH:MM",
        "datetime",
    ),
    Form(
        rf"\d{{4}}/\d{{1,2}}/\d{{1,2}}{_CLOCK}",
        ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S.%f"),
        "AAAA/MM/JJ HH:MM",
        "datetime",
    ),
    Form(r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?", (), "HH:MM", "time"),
)


_SLASHED = (("%d/%m/%Y",), ("%m/%d/%Y",))


def _zoned(cell: str) -> str:
    return f"regexp_matches({cell}, {literal(f':\\d{{2}}(?:[.,]\\d+)?{_ZONE}$')})"


@dataclass(frozen=True)
class Moment:
    form: Form

    def checks(self, cell: str) -> dict[str, str]:
        checks = usual_checks(cell)
        if self.form.type == "datetime":
            checks["clock"] = f"count(*) FILTER ({read(cell)}::TIME <> TIME '00:00:00')"
            checks["zoned"] = f"count(*) FILTER ({_zoned(cell)})"
        return checks

    def decide(self, cell: str, label: str, found: Found) -> Typed:
        return settle(cell, label, found, lambda: self._final(cell, label, found))

    def _final(self, cell: str, label: str, found: Found) -> Final:
        said = {"date": "une date", "datetime": "une date avec l'heure", "time": "une heure"}[self.form.type]
        what = f"Format de « {label} »"
        why = "Toutes les valeurs se lisent ainsi."
        if "%y" in "".join(self.form.formats):
            why = "L'année n'a que deux chiffres : de 00 à 68 elle est lue 2000 à 2068, au-delà 1969 à 1999."
        elif self.form is AMERICAN:
            why = "Lues jour d'abord, des dates auraient un treizième mois."
        elif self.form is COMPACT:
            why = "Huit chiffres sous un en-tête de date."
        guesses = [Guess(what, self.form.said, why, self.form.sure)]
        cast = self.reading(cell)
        if self.form.type == "datetime" and not found["clock"] and not found["zoned"]:
            guesses.append(
                Guess(f"Heure de « {label} »", "ôtée", "Elle vaut toujours minuit : c'est une date.", True)
            )
            return Final("date", f"CAST({cast} AS DATE)", "une date", tuple(guesses))
        if found.get("zoned"):
            guesses.append(
                Guess(
                    f"Fuseau de « {label} »",
                    "UTC",
                    "L'heure porte son décalage : elle est ramenée à UTC.",
                    True,
                )
            )
        return Final(self.form.type, cast, said, tuple(guesses))

    def promise(self, cell: str, found: Found, verdict: Typed) -> Promise | None:
        if not is_sure(found, verdict):
            return uncertain(cell, found, verdict, self.checks(cell))
        if self.form.formats in _SLASHED:
            # Ten signs that the engine reads so are two, two and four digits: no need to look at the shape.
            plain = (
                f"strlen({cell}) = 10",
                f"CAST(strptime({cell}, {literal(self.form.formats[0])}) AS DATE)",
            )
            return Promise(kept(cell, found, plain, otherwise=self.reading(cell)))
        if self.form.type != "datetime":
            return Promise(kept(cell, found, otherwise=self.reading(cell)))
        if verdict.type == "date":
            midnight = f"({self.reading(cell)})::TIME = TIME '00:00:00'"
            return Promise(kept(cell, found, (f"{midnight} AND NOT {_zoned(cell)}", verdict.sql)))
        if found["zoned"]:
            return Promise(kept(cell, found, otherwise=self.reading(cell)))
        return Promise(kept(cell, found, (_zoned(cell), surprise(cell)), otherwise=self.reading(cell)))

    def reading(self, cell: str) -> str:
        shape = f"regexp_full_match({cell}, {literal(self.form.pattern)})"
        if self.form.type == "time":
            padded = f"CASE WHEN length(split_part({cell}, ':', 1)) = 1 THEN '0' || {cell} ELSE {cell} END"
            whole = f"CASE WHEN length({padded}) = 5 THEN {padded} || ':00' ELSE {padded} END"
            return f"CASE WHEN {shape} THEN TRY_CAST({whole} AS TIME) END"
        if not self.form.formats:
            text = f"replace({cell}, ',', '.')"
            # Time zones are slow: only the values that bear one pay for it.
            return (
                f"CASE WHEN regexp_full_match({cell}, {literal(_INSTANT)}) THEN TRY_CAST({text} AS TIMESTAMP) "
                f"WHEN {shape} THEN TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END"
            )
        formats = ", ".join(map(literal, self.form.formats))
        type_ = "DATE" if self.form.type == "date" else "TIMESTAMP"
        text = f"replace(replace({cell}, 'T', ' '), ',', '.')" if type_ == "TIMESTAMP" else cell
        return f"CASE WHEN {shape} THEN CAST(try_strptime({text}, [{formats}]) AS {type_}) END"


def propose(name: str, values: Sequence[str]) -> Moment | None:
    """A date or time column, judged on a sample."""
    if not values:
        return None
    needed = LIKELY * len(values)
    for form in FORMS:
        if sum(form.matches(value) for value in values) >= needed:
            if form is FRENCH and _month_first(values):
                return Moment(AMERICAN)
            return Moment(form)
    if _DATE_HEADER.search(name) and sum(_is_compact(value) for value in values) >= needed:
        return Moment(COMPACT)
    return None


def _month_first(values: Sequence[str]) -> bool:
    parts = [value.split("/") for value in values if FRENCH.matches(value)]
    return any(int(part[1]) > 12 for part in parts) and all(int(part[0]) <= 12 for part in parts)


def _is_compact(value: str) -> bool:
    return COMPACT.matches(value) and 1 <= int(value[4:6]) <= 12 and 1 <= int(value[6:8]) <= 31

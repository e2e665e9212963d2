"""Dates, months, timestamps and times of day, in the formats of French files.

In: a column's name and values. Out: a `Moment` proposal with one format, day before month unless impossible. A month
(« 01/2025 », « janv. 2025 ») is its first day.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from beffroi.lake.quoting import quote_literal
from beffroi.lake.readers import codes
from beffroi.lake.readers.proposals import (
    USUAL,
    CheckResults,
    Conversion,
    Marks,
    Promise,
    Typed,
    decide_type,
    deferred_promise,
    error_sql,
    guarded_value,
    is_sure,
    reading_alias,
    usual_checks,
)
from beffroi.lake.readers.short_years import ShortYears, with_century_sql, years_sql
from beffroi.lake.tables import ColumnType, Guess

LIKELY = 0.5
LONGEST = 60  # signs of a date and its time, the fractions of its seconds and its zone
_SIGNED = re.compile(r"\d[-/.:]")
_CLOCK = r"[ T]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
_INSTANT = rf"\d{{4}}-\d{{1,2}}-\d{{1,2}}{_CLOCK}"
_ZONE = r" ?(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)"
# Eight digits are days under a date header; under another, when at least MIN_DAYS of them all are.
MIN_DAYS = 3
# Spreadsheets count days from 30 December 1899: 20000 is in 1954, 73050 in 2099.
_SERIAL_HEADER = re.compile(r"(^|_)(date|dates)(_|$)")
_DATE_HEADER = re.compile(r"(date|jour|debut|fin$|start|end|day|^le$|^maj$|publication|effet|naiss)")
# Under another header, at least this many months distinguish a calendar from the numbers of a few files.
MIN_MONTHS = 3
_MONTH_HEADER = re.compile(
    r"(^|_)(mois|months?|mensuel(le)?|mensualites?|dates?|periodes?|echeances?)(_|$)|moisannee|anneemois"
)
_NUMBER_HEADER = re.compile(
    r"(^|_)(n|no|nos|num|nums|numeros?|refs?|references?|dossiers?|ids?|identifiants?|actes?|factures?|marches?|lots?|"
    r"mandats?|titres?|bordereaux?|deliberations?|delibs?|arretes?|decisions?|permis|contrats?|conventions?|courriers?|"
    r"affaires?|pieces?|projets?|commandes?|devis|demandes?|rapports?|proces_verb\w+|pv|budgets?|cartes?|versions?)(_|$)"
)


_compiled = cache(re.compile)


@dataclass(frozen=True)
class Form:
    """Date format. `named`: the month is a French word."""

    pattern: str
    formats: tuple[str, ...]
    label: str
    type: ColumnType
    sure: bool = True
    named: bool = False

    def matches(self, value: str) -> bool:
        return len(value) <= LONGEST and _compiled(self.pattern).fullmatch(value) is not None

    @property
    def day_or_month_first(self) -> bool:
        """Whether its values could be read in the other order."""
        return (
            bool(self.formats)
            and self.formats[0][:2] in ("%d", "%m")
            and self.formats[0][3:5] in ("%d", "%m")
        )

    @property
    def monthly(self) -> bool:
        """Whether it is a month of a year, without day."""
        return self.type == "date" and "%d" not in self.formats[0]

    @property
    def short_year(self) -> bool:
        """Whether its years have two digits."""
        return any(each.endswith("%y") for each in self.formats)

    @property
    def other_way(self) -> "Form":
        """Same format with day and month swapped."""
        turned = str.maketrans({"d": "m", "m": "d"})
        label = f"MM/JJ{self.label[5:]} (mois avant le jour)"
        if self.formats[0][:2] == "%m":
            label = f"JJ/MM{self.label.removesuffix(' (mois avant le jour)')[5:]}"
        return replace(self, formats=tuple(each.translate(turned) for each in self.formats), label=label)


ISO_TIME = Form(rf"{_INSTANT}(?:{_ZONE})?", (), "AAAA-MM-JJ HH:MM", "datetime")
COMPACT = Form(r"(?:19|20)\d{6}", ("%Y%m%d",), "AAAAMMJJ", "date")
SERIAL = Form(r"[2-7]\d{4}(?:[.,]\d+)?", (), "numéro de jour d'un tableur", "datetime", False)
AMERICAN = Form(r"\d{1,2}/\d{1,2}/\d{4}", ("%m/%d/%Y",), "MM/JJ/AAAA (mois avant le jour)", "date", False)
FRENCH = Form(r"\d{1,2}/\d{1,2}/\d{4}", ("%d/%m/%Y",), "JJ/MM/AAAA", "date")
FORMS = (
    Form(r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",), "AAAA-MM-JJ", "date"),
    FRENCH,
    Form(r"\d{1,2}/\d{1,2}/\d{2}", ("%d/%m/%y",), "JJ/MM/AA", "date"),
    Form(r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",), "AAAA/MM/JJ", "date"),
    Form(r"\d{4}\.\d{1,2}\.\d{1,2}", ("%Y.%m.%d",), "AAAA.MM.JJ", "date"),
    Form(r"\d{1,2}-\d{1,2}-\d{4}", ("%d-%m-%Y",), "JJ-MM-AAAA", "date"),
    Form(r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",), "JJ.MM.AAAA", "date"),
    Form(r"\d{1,2}-\d{1,2}-\d{2}", ("%d-%m-%y",), "JJ-MM-AA", "date"),
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
_MONTH, _YEAR = r"(?:0?[1-9]|1[0-2])", r"(?:19\d{2}|20\d{2}|2100)"
_NAMES = (
    r"(?i)(?:janv(?:ier)?|jan|f[ée]v(?:r(?:ier)?)?|mars|mar|avr(?:il)?|mai|juin|juil(?:let)?|jul|"
    r"ao[ûu]t?|sept(?:embre)?|sep|oct(?:obre)?|nov(?:embre)?|d[ée]c(?:embre)?)"
)
SLASHED_MONTH = Form(rf"{_MONTH}/{_YEAR}", ("%m/%Y",), "MM/AAAA", "date")
DASHED_MONTH = Form(rf"{_MONTH}-{_YEAR}", ("%m-%Y",), "MM-AAAA", "date")
NAMED_MONTH = Form(rf"{_NAMES}\.?[ -]{_YEAR}", ("%m/%Y",), "mois en lettres et année", "date", named=True)
SHORT_NAMED_MONTH = Form(
    rf"{_NAMES}\.?[ -]\d{{2}}",
    ("%m/%y",),
    "mois en lettres et année à deux chiffres",
    "date",
    False,
    named=True,
)
# « 2025-01 » sorts, groups and charts as it is: a date only by correction.
ISO_MONTH = Form(rf"{_YEAR}-{_MONTH}", ("%Y-%m",), "AAAA-MM", "date")
MONTHS = (SLASHED_MONTH, ISO_MONTH, DASHED_MONTH, NAMED_MONTH, SHORT_NAMED_MONTH)


_SLASHED = (("%d/%m/%Y",), ("%m/%d/%Y",))


def _zoned(cell: str) -> str:
    return f"regexp_matches({cell}, {quote_literal(f':\\d{{2}}(?:[.,]\\d+)?{_ZONE}$')})"


@dataclass(frozen=True)
class Moment:
    """`either`: values of a sample in which the day could be the month.

    `forced`: chosen by a person; `others` are then further accepted formats, and `target` the requested type.
    `from_values_only`: only the values suggest days or months, not their header. `years`: how years of two digits are read.
    """

    form: Form
    either: tuple[str, ...] = ()
    forced: bool = False
    others: tuple[Form, ...] = ()
    target: ColumnType | None = None
    from_values_only: bool = False
    years: ShortYears = field(default_factory=ShortYears)
    marks: Marks = USUAL

    def checks(self, cell: str) -> dict[str, str]:
        checks = usual_checks(cell)
        if self.either:
            checks["latest"] = f"max(day({reading_alias(cell)}))"
        if self._short:
            years = years_sql(cell)
            checks["years"] = (
                f"string_agg(DISTINCT {years}, ' ' ORDER BY {years}) FILTER ({reading_alias(cell)} IS NOT NULL)"
            )
        if self._type == "datetime":
            checks["clock"] = f"count(*) FILTER ({reading_alias(cell)}::TIME <> TIME '00:00:00')"
            checks["zoned"] = f"count(*) FILTER ({_zoned(cell)})"
        return checks

    def decide(self, cell: str, label: str, found: CheckResults) -> Typed:
        return decide_type(
            cell,
            label,
            found,
            lambda: self._final(cell, label, found),
            marks=self.marks,
            forced=self.forced,
            whole=self.form.monthly,
        )

    def _final(self, cell: str, label: str, found: CheckResults) -> Conversion:
        type_label = {"date": "une date", "datetime": "une date avec l'heure", "time": "une heure"}[
            self._type
        ]
        what = f"Format de « {label} »"
        why, value = "Toutes les valeurs se lisent ainsi.", self.form.label
        if self.forced and not found["fit"]:
            value = "aucun n'est reconnu"
        elif self.form.monthly:
            why, value = "Un mois est gardé par son premier jour.", f"{value}, lu comme le 1er du mois"
        elif self.form is COMPACT and not self.from_values_only:
            why = "Huit chiffres sous un en-tête de date, tous des jours du calendrier."
        elif self.form is AMERICAN:
            why = "Lues jour d'abord, des dates auraient un treizième mois."
        elif self.form is SERIAL:
            why = "Des nombres sous un en-tête de date : le tableur comptait les jours depuis le 30/12/1899."
        elif self.form is COMPACT:
            why = "Tous ces nombres de huit chiffres sont des jours du calendrier."
        either = bool(self.either) and int(found["latest"] or 0) <= 12
        if either:
            why = "Aucun jour ne dépasse 12 : ces dates se liraient aussi dans l'autre sens. Le jour d'abord est l'usage."
        seen = _seen_years(found)
        every = found["fit"] == found["values"]
        # The century of short years is a guess of its own: a day above twelve settles the order all the same.
        certain = self.form.sure and every and not (either or self.from_values_only)
        guesses = [self._guess(what, value, why, certain, self.either if either else ())]
        if seen:
            guesses.append(self.years.guess(label, seen))
        cast = self.reading(cell, self.years.last_year(seen))
        midnight = self._type == "datetime" and not found["clock"] and not found["zoned"]
        if midnight and self.target is None:
            guesses.append(
                Guess(f"Heure de « {label} »", "ôtée", "Elle vaut toujours minuit : c'est une date.", True)
            )
            return Conversion("date", f"CAST({cast} AS DATE)", "une date", tuple(guesses))
        if found.get("zoned"):
            guesses.append(
                Guess(
                    f"Fuseau de « {label} »",
                    "UTC",
                    "L'heure porte son décalage : elle est ramenée à UTC.",
                    found["zoned"] == found["fit"],
                )
            )
        return Conversion(self._type, cast, type_label, tuple(guesses))

    def _guess(self, what: str, value: str, why: str, certain: bool, examples: tuple[str, ...]) -> Guess:
        about, chosen = "type", str(self.form.type)
        choices: tuple[str, ...] = (self.form.type, "text")
        if self.form.day_or_month_first:
            first = "day" if self.form.formats[0].startswith("%d") else "month"
            about, choices, chosen = "order", ("day", "month"), first
        return Guess(what, value, why, certain, about, choices=choices, chosen=chosen, examples=examples)

    @property
    def _type(self) -> ColumnType:
        if self.target is None and any(form.type == "datetime" for form in self.others):
            return "datetime"
        return self.target or self.form.type

    def promise(self, cell: str, found: CheckResults, verdict: Typed) -> Promise | None:
        if self.forced or self.others or self.target or self.form is SERIAL:
            return None
        if not is_sure(found, verdict):
            return deferred_promise(cell, found, verdict, self.checks(cell))
        if self._short:  # a year that the sample does not show could change the century of the others
            seen = ", ".join(map(quote_literal, str(found["years"]).split()))
            read = self.reading(cell, self.years.last_year(_seen_years(found)))
            day = f" OR day({read}) > 12" if self.either and int(found["latest"] or 0) <= 12 else ""
            unseen = f"{read} IS NOT NULL AND ({years_sql(cell)} NOT IN ({seen}){day})"
            return Promise(guarded_value(cell, found, (unseen, error_sql(cell)), otherwise=read))
        if self.either and int(found["latest"] or 0) <= 12:
            # A day above twelve further down would settle which of the two comes first.
            late = (f"day({self.reading(cell)}) > 12", error_sql(cell))
            return (
                Promise(guarded_value(cell, found, late, otherwise=self.reading(cell)))
                if self._type == "date"
                else None
            )
        if self.form.formats in _SLASHED:
            # Ten signs that the engine reads so are two, two and four digits: no need to look at the shape.
            plain = (
                f"strlen({cell}) = 10",
                f"CAST(strptime({cell}, {quote_literal(self.form.formats[0])}) AS DATE)",
            )
            return Promise(
                guarded_value(cell, found, plain, otherwise=self.reading(cell)),
                dated=self._dated(cell, found),
            )
        if self.form.type != "datetime":
            return Promise(guarded_value(cell, found, otherwise=self.reading(cell)))
        if verdict.type == "date":
            midnight = f"({self.reading(cell)})::TIME = TIME '00:00:00'"
            return Promise(guarded_value(cell, found, (f"{midnight} AND NOT {_zoned(cell)}", verdict.sql)))
        if found["zoned"]:
            return Promise(guarded_value(cell, found, otherwise=self.reading(cell)))
        return Promise(
            guarded_value(cell, found, (_zoned(cell), error_sql(cell)), otherwise=self.reading(cell))
        )

    def _dated(self, cell: str, found: CheckResults) -> tuple[str, str] | None:
        """CSV reader's date format: as strict as `reading`, but for short years and two English words that give 01/01/1900."""
        if found["missing"]:
            return None
        doubtful = f"{cell} < DATE '1000-01-01' OR {cell} = DATE '1900-01-01'"
        return self.form.formats[0], f"CASE WHEN {doubtful} THEN {error_sql(cell)} ELSE {cell} END"

    @property
    def _short(self) -> bool:
        return any(form.short_year for form in (self.form, *self.others))

    def reading(self, cell: str, last_year: int = 0) -> str:
        last_year = last_year or self.years.last_year()
        readings = [
            self._as_wanted(_reading(form, cell, last_year), form) for form in (self.form, *self.others)
        ]
        return readings[0] if len(readings) == 1 else f"coalesce({', '.join(readings)})"

    def _as_wanted(self, moment: str, form: Form) -> str:
        """SQL: a value of a format in the requested type. A date has no time: a value with one does not fit."""
        if form.type == self._type:
            return moment
        if self._type == "datetime":
            return f"CAST({moment} AS TIMESTAMP)"
        return f"CASE WHEN {moment} = date_trunc('day', {moment}) THEN CAST({moment} AS DATE) END"


def _seen_years(found: CheckResults) -> str:
    return str(found.get("years") or "")


def _numbered(cell: str) -> str:
    """SQL: « févr. 2025 » as « 2/2025 »: three letters identify the month, once July differs from June."""
    word = f"left(replace(strip_accents(lower({cell})), 'juil', 'jul'), 3)"
    month = f"((strpos('janfevmaravrmaijuijulaousepoctnovdec', {word}) - 1) // 3 + 1)"
    return f"({month} || '/' || regexp_extract({cell}, '\\d+$'))"


def _reading(form: Form, cell: str, last_year: int) -> str:
    """SQL: the cell read in one format, NULL when it does not match. Years of two digits end with `last_year`."""
    shape = f"regexp_full_match({cell}, {quote_literal(form.pattern)})"
    if form.type == "time":
        padded = f"CASE WHEN length(split_part({cell}, ':', 1)) = 1 THEN '0' || {cell} ELSE {cell} END"
        whole = f"CASE WHEN length({padded}) = 5 THEN {padded} || ':00' ELSE {padded} END"
        return f"CASE WHEN {shape} THEN TRY_CAST({whole} AS TIME) END"
    if form is SERIAL:
        seconds = f"round(TRY_CAST(replace({cell}, ',', '.') AS DOUBLE) * 86400)::BIGINT"
        return f"CASE WHEN {shape} THEN TIMESTAMP '1899-12-30 00:00:00' + to_seconds({seconds}) END"
    if not form.formats:
        text = f"replace({cell}, ',', '.')"
        # Time zones are slow: only the values that bear one pay for it.
        return (
            f"CASE WHEN regexp_full_match({cell}, {quote_literal(_INSTANT)}) THEN TRY_CAST({text} AS TIMESTAMP) "
            f"WHEN {shape} THEN TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' END"
        )
    formats = ", ".join(map(quote_literal, form.formats))
    type_ = "DATE" if form.type == "date" else "TIMESTAMP"
    text = f"replace(replace({cell}, 'T', ' '), ',', '.')" if type_ == "TIMESTAMP" else cell
    if form.named:
        text = _numbered(cell)
    if form.short_year:
        text = with_century_sql(text, cell, last_year)
        formats = formats.replace("%y", "%Y")
    return f"CASE WHEN {shape} THEN CAST(try_strptime({text}, [{formats}]) AS {type_}) END"


def propose(name: str, values: Sequence[str]) -> Moment | None:
    """Date or time proposal of a column, from a sample."""
    found = _propose(name, values)
    return replace(found, years=ShortYears.of_header(name)) if found else None


def _propose(name: str, values: Sequence[str]) -> Moment | None:
    if not values:
        return None
    needed = LIKELY * len(values)
    # Each form has one of these signs after a figure: most columns have none, and are not tried in every form.
    signed = [value for value in values if _SIGNED.search(value[:LONGEST])]
    for form in FORMS if len(signed) >= needed else ():
        if sum(form.matches(value) for value in signed) >= needed:
            if form is FRENCH and month_first(values):
                return Moment(AMERICAN)
            return Moment(form, _either(form, values))
    days = sum(_is_compact(value) for value in values)
    if _DATE_HEADER.search(name) and days >= needed:
        return Moment(COMPACT)
    # One number of eight digits in thirty that begin so is a day of the calendar: several that all are, are days.
    if (
        days == len(values)
        and len({*values}) >= MIN_DAYS
        and not codes.is_quantity(name)
        and not _is_numbered(name, values)
    ):
        return Moment(COMPACT, from_values_only=True)
    if _SERIAL_HEADER.search(name) and all(SERIAL.matches(value) and value < "73051" for value in values):
        return Moment(SERIAL)
    return _propose_month(name, values)


def _propose_month(name: str, values: Sequence[str]) -> Moment | None:
    """Month proposal, where the header names months, or where all values are months and nothing suggests numbers."""
    for form in (NAMED_MONTH, SHORT_NAMED_MONTH):
        if sum(form.matches(value) for value in values) >= LIKELY * len(values):
            return Moment(form)
    header_names_months = _MONTH_HEADER.search(name) is not None
    for form in (SLASHED_MONTH, DASHED_MONTH):
        fit = [value for value in values if form.matches(value)]
        if header_names_months and len(fit) >= LIKELY * len(values):
            return Moment(form)
        # « 12/2024 » may be the twelfth act of the year: those are rarely written « 01/2024 ».
        like_a_calendar = len(fit) == len(values) and all(len(value) == len("01/2025") for value in fit)
        if like_a_calendar and len({*fit}) >= MIN_MONTHS and not _is_numbered(name, values):
            return Moment(form, from_values_only=True)
    return None


def _is_numbered(name: str, values: Sequence[str]) -> bool:
    return _NUMBER_HEADER.search(name) is not None or codes.by_header(name, values) is not None


def _either(form: Form, values: Sequence[str]) -> tuple[str, ...]:
    """Two ambiguous values of a sample; empty when the order is visible, or makes no difference."""
    if not form.day_or_month_first:
        return ()
    parts = [re.split(r"\D", value)[:2] for value in values if form.matches(value)]
    if any(int(part) > 12 for pair in parts for part in pair):
        return ()
    differing = [
        value
        for value, (one, other) in zip(filter(form.matches, values), parts, strict=True)
        if int(one) != int(other)
    ]
    return tuple(dict.fromkeys(differing))[:2]


def month_first(values: Sequence[str]) -> bool:
    """Whether days above twelve show that the month comes first."""
    parts = [value.split("/") for value in values if FRENCH.matches(value)]
    return any(int(part[1]) > 12 for part in parts) and all(int(part[0]) <= 12 for part in parts)


def _is_compact(value: str) -> bool:
    return COMPACT.matches(value) and 1 <= int(value[4:6]) <= 12 and 1 <= int(value[6:8]) <= 31

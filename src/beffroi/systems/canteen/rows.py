"""Attendance rows, cleaned of the faults of real files; rejected rows are counted and reported in French.

In comes the table `attendance`; out go `Row`s, one a site and day, and what the town has ordered for days to come.
Raises `BadInput` only when no line can serve.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pyarrow as pa

from beffroi.systems.canteen.values import parse_date, parse_number, parse_text
from beffroi.systems.contract import BadInput, Tables
from beffroi.text import fold_name, to_ascii

_ISOLATED_DAYS, _ISOLATING_GAP = 5, 150
_IMPLAUSIBLE, _MIN_EXCESS = (
    4.0,
    30.0,
)  # times the site's last weeks, and so many meals beyond: a typing error
_WEEKS_BEFORE = 30  # served days of the site from which plausibility is judged


@dataclass(frozen=True)
class Row:
    """One site and day: meals served, and those ordered (NaN where not known)."""

    site: str
    group: str
    day: date
    meals: float
    ordered: float


def site_key(name: str) -> str:
    """Comparison key of a site's name: « Côte d’Or » and « COTE DOR » are the same place."""
    return fold_name(re.sub(r"['.`]", "", to_ascii(name))).upper()


def read_rows(tables: Tables, notes: list[str], before: date | None = None) -> tuple[list[Row], list[Row]]:
    """The lines with meals, and those that hold only an order (`meals` is NaN). `before`: no meal from this day on is read.

    Raises `BadInput` where no line has a site, a day and meals.
    """
    table = tables.get("attendance")
    if table is None or table.num_rows == 0:
        raise BadInput(
            "La table des repas servis est vide : choisissez un jeu de données qui contient des lignes."
        )
    rows: list[Row] = []
    planned: list[Row] = []
    unknown = closed = later = 0
    nameless: list[int] = []
    negative: list[str] = []
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for number, (site, day, meals, kind, ordered) in enumerate(_lines(table), start=1):
        key = site_key(site)
        known = bool(key) and day is not None
        order = ordered if ordered is not None and ordered >= 0 else np.nan
        if day is not None and before is not None and day >= before:
            later += meals is not None
            meals = None
        elif meals is None:
            unknown += 1
        if meals is None:
            if known and day is not None and order == order:
                planned.append(Row(key, kind, day, np.nan, order))
        elif not known or day is None:
            nameless.append(number)
        elif meals < 0:
            negative.append(f"{site} le {day:%d/%m/%Y} ({meals:.0f})")
        elif meals == 0:
            closed += 1
        else:
            names[key][site] += 1
            rows.append(Row(key, kind, day, meals, order))
    if unknown:
        notes.append(f"{unknown} ligne(s) sans nombre de repas ont été laissées de côté.")
    if later and before is not None:
        notes.append(
            f"{later} ligne(s) de repas datées du {before:%d/%m/%Y}, jour du calcul, ou d’après ont été laissées de côté."
        )
    if nameless:
        notes.append(
            f"{len(nameless)} ligne(s) sans nom de site ou sans date ont été laissées de côté (la première : ligne {nameless[0]})."
        )
    if negative:
        more = "…" if len(negative) > 3 else ""
        notes.append(
            f"{len(negative)} nombre(s) de repas négatif(s) laissé(s) de côté : {', '.join(negative[:3])}{more}. Corrigez le fichier d’origine."
        )
    if closed:
        notes.append(f"{closed} ligne(s) à 0 repas sont comptées comme des fermetures.")
    if not rows:
        raise BadInput("Aucune ligne n’a à la fois un site, une date et un nombre de repas positif.")
    display_names = {key: spellings.most_common(1)[0][0] for key, spellings in names.items()}
    several = [key for key, spellings in names.items() if len(spellings) > 1]
    if several:
        example = " / ".join(sorted(names[several[0]]))
        notes.append(
            f"{len(several)} site(s) écrits de plusieurs façons ont été réunis ({example}). Vérifiez-les."
        )
    return (
        [replace(row, site=display_names[row.site]) for row in rows],
        [replace(row, site=display_names[row.site]) for row in planned if row.site in display_names],
    )


def _lines(table: pa.Table) -> Iterator[tuple[str, date | None, float | None, str, float | None]]:
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    blank = [None] * table.num_rows
    needed = (columns["site"], columns["date"], columns["meals"])
    further = (columns.get("site_type", blank), columns.get("ordered", blank))
    for site, day, meals, kind, ordered in zip(*needed, *further, strict=True):
        yield parse_text(site), parse_date(day), parse_number(meals), parse_text(kind), parse_number(ordered)


def drop_isolated_dates(rows: list[Row], notes: list[str]) -> list[Row]:
    """Drop a handful of days months away from all others: typing errors."""
    days = sorted({row.day for row in rows})
    odd: set[date] = set()
    for ordered_days in (days, days[::-1]):
        for position in range(1, min(_ISOLATED_DAYS, len(ordered_days) - 1) + 1):
            gap = abs((ordered_days[position] - ordered_days[position - 1]).days)
            if gap > _ISOLATING_GAP and len(days) > 4 * position:
                odd.update(ordered_days[:position])
    if odd:
        lines = sum(row.day in odd for row in rows)
        examples = ", ".join(f"{day:%d/%m/%Y}" for day in sorted(odd)[:3])
        notes.append(
            f"{lines} ligne(s) à une date isolée, sans doute mal saisie ({examples}), ont été laissées de côté."
        )
    return [row for row in rows if row.day not in odd]


def split_shared_names(rows: list[Row], notes: list[str]) -> list[Row]:
    """Split a name that stands for several sites on the same day (nursery and primary school) by type."""
    kinds: dict[tuple[str, date], set[str]] = defaultdict(set)
    for row in rows:
        kinds[row.site, row.day].add(row.group)
    shared = {site for (site, _), groups in kinds.items() if len(groups) > 1}
    if shared:
        notes.append(
            f"{len(shared)} nom(s) désignent plusieurs sites, distingués par leur type (par exemple {min(shared)})."
        )
    last_kind = {row.site: row.group for row in sorted(rows, key=lambda row: row.day)}
    return [
        Row(f"{row.site} ({row.group})", row.group, row.day, row.meals, row.ordered)
        if row.site in shared and row.group
        else Row(row.site, last_kind[row.site], row.day, row.meals, row.ordered)
        for row in rows
    ]


def deduplicate_rows(rows: list[Row], notes: list[str]) -> list[Row]:
    latest: dict[tuple[str, date], Row] = {}
    twice: list[Row] = []
    copies = 0
    for row in rows:
        existing = latest.get((row.site, row.day))
        if existing is not None and existing.meals != row.meals:
            twice.append(row)
        elif existing is not None:
            copies += 1
        latest[row.site, row.day] = row
    if copies:
        notes.append(f"{copies} ligne(s) en double, au même nombre de repas, n’ont été comptées qu’une fois.")
    if twice:
        first = twice[0]
        notes.append(
            f"{len(twice)} jour(s) comptés deux fois avec des nombres différents ({first.site} le {first.day:%d/%m/%Y}"
            f"{'…' if len(twice) > 1 else ''}) : la dernière ligne a été gardée."
        )
    return list(latest.values())


def drop_implausible_meals(rows: list[Row], notes: list[str]) -> list[Row]:
    """Drop figures far above all that the site served in its last weeks: one zero too many spoils every margin.

    A site that really grows is accepted once its last weeks show it.
    """
    before: dict[str, list[float]] = defaultdict(list)
    odd: list[Row] = []
    for row in sorted(rows, key=lambda row: row.day):
        past = before[row.site][-_WEEKS_BEFORE:]
        if len(past) >= 5:
            usual = float(np.median(past))
            if row.meals > _IMPLAUSIBLE * usual and row.meals > usual + _MIN_EXCESS:
                odd.append(row)
        before[row.site].append(row.meals)
    if odd:
        examples = ", ".join(f"{row.site} le {row.day:%d/%m/%Y} ({row.meals:.0f})" for row in odd[:3])
        notes.append(
            f"{len(odd)} nombre(s) de repas très au-dessus de l’habitude du site, sans doute mal saisi(s), laissé(s) de "
            f"côté : {examples}{'…' if len(odd) > 3 else ''}. Corrigez le fichier d’origine."
        )
    left_out = {(row.site, row.day) for row in odd}
    return [row for row in rows if (row.site, row.day) not in left_out]

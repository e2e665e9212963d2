"""Attendance rows, cleaned of the faults of real files; rejected rows are counted and reported in French.

In comes the table `attendance`; out go `Row`s, one a site and day, and what the town has ordered for days to come.
Raises `BadInput` only when no line can serve.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import date
from statistics import median

import numpy as np

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import fr, listed, plural, short_day

_ISOLATED_DAYS, _ISOLATING_GAP = 5, 150
_IMPLAUSIBLE, _MIN_EXCESS = 4.0, 30.0  # times the site's last weeks, and meals beyond: a typing error
_WEEKS_BEFORE = 30  # served days of the site from which plausibility is judged


@dataclass(frozen=True)
class Row:
    """One site and day: meals served, and those ordered (NaN where not known)."""

    site: str
    group: str
    day: date
    meals: float
    ordered: float


def site_key(name: object) -> str:
    """Comparison key of a site's name: « Côte d’Or » and « COTE D.OR » are the same place."""
    return cells.key(cells.text(name).replace(".", ""))


def read_rows(tables: Tables, notes: list[str], before: date | None = None) -> tuple[list[Row], list[Row]]:
    """The lines with meals, and those that hold only an order (`meals` is NaN). `before`: no meal from this day on is read.

    Raises `BadInput` where no line has a site, a day and meals.
    """
    if not tables["attendance"].num_rows:
        raise BadInput(
            "La table des repas servis est vide : choisissez un jeu de données qui contient des lignes."
        )
    rows: list[Row] = []
    planned: list[Row] = []
    closed = 0
    rejected = cells.Rejected.of(__package__, "attendance")
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for number, line in enumerate(cells.rows(tables, "attendance"), start=1):
        site, kind, day = cells.text(line["site"]), cells.text(line.get("site_type")), cells.day(line["date"])
        meals, ordered = cells.number(line["meals"]), cells.number(line.get("ordered"))
        key, order = site_key(site), ordered if ordered is not None and ordered >= 0 else np.nan
        if day is not None and before is not None and day >= before:
            if meals is not None:
                rejected.add(f"repas datés du {short_day(before)}, jour du calcul, ou d’après")
            meals = None
        elif meals is None:
            rejected.add("sans nombre de repas")
        if meals is None:
            if key and day is not None and order == order:
                planned.append(Row(key, kind, day, np.nan, order))
        elif not key or day is None:
            rejected.add("sans nom de site ou sans date", f"ligne {number}")
        elif meals < 0:
            rejected.add("nombre de repas négatif", f"{site} le {short_day(day)}")
        elif meals == 0:
            closed += 1
        else:
            names[key][site] += 1
            rows.append(Row(key, kind, day, meals, order))
    notes += rejected.notes()
    if closed:
        notes.append(
            f"{plural(closed, 'ligne', 'lignes')} à 0 repas : {'comptée comme une fermeture' if closed == 1 else 'comptées comme des fermetures'}."
        )
    if not rows:
        raise BadInput("Aucune ligne n’a à la fois un site, une date et un nombre de repas positif.")
    display_names = {key: spellings.most_common(1)[0][0] for key, spellings in names.items()}
    several = [key for key, spellings in names.items() if len(spellings) > 1]
    if several:
        example = " / ".join(sorted(names[several[0]]))
        merged = plural(
            len(several),
            "site écrit de plusieurs façons a été réuni",
            "sites écrits de plusieurs façons ont été réunis",
        )
        notes.append(f"{merged} ({example}). Vérifiez.")
    return (
        [replace(row, site=display_names[row.site]) for row in rows],
        [replace(row, site=display_names[row.site]) for row in planned if row.site in display_names],
    )


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
        rejected = cells.Rejected.of(__package__, "attendance")
        for row in rows:
            if row.day in odd:
                rejected.add("date isolée, sans doute mal saisie", short_day(row.day))
        notes += rejected.notes()
    return [row for row in rows if row.day not in odd]


def split_shared_names(rows: list[Row], notes: list[str]) -> list[Row]:
    """Split a name that stands for several sites on the same day (nursery and primary school) by type."""
    kinds: dict[tuple[str, date], set[str]] = defaultdict(set)
    for row in rows:
        kinds[row.site, row.day].add(row.group)
    shared = {site for (site, _), groups in kinds.items() if len(groups) > 1}
    if shared:
        names = plural(len(shared), "nom désigne", "noms désignent")
        notes.append(f"{names} plusieurs sites, distingués par leur type (par exemple {min(shared)}).")
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
        doubles = plural(copies, "ligne en double", "lignes en double")
        notes.append(f"{doubles}, au même nombre de repas : comptées une fois.")
    if twice:
        days = plural(len(twice), "jour compté", "jours comptés")
        notes.append(
            f"{days} deux fois avec des nombres différents : {_places(twice)}. La dernière ligne a été gardée."
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
            usual = median(past)
            if row.meals > _IMPLAUSIBLE * usual and row.meals > usual + _MIN_EXCESS:
                odd.append(row)
        before[row.site].append(row.meals)
    if odd:
        rejected = plural(len(odd), "nombre de repas écarté", "nombres de repas écartés")
        notes.append(
            f"{rejected}, très au-dessus de l’habitude du site, sans doute par erreur de saisie : {_places(odd)}. "
            "Corrigez le fichier d’origine."
        )
    left_out = {(row.site, row.day) for row in odd}
    return [row for row in rows if (row.site, row.day) not in left_out]


def _places(rows: list[Row]) -> str:
    return listed((f"{row.site} le {short_day(row.day)} ({fr(row.meals, 0)} repas)" for row in rows), 3)

"""The attendance as one matrix, sites × served days, cleaned of what real files hold.

In comes the table `attendance` (and the calendar's tables); out goes a `History`, with French notes for every row left out.
Raises `BadInput` only when nothing can be computed.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.canteen.calendar import Calendar, read_calendar
from beffroi.systems.contract import BadInput, Tables

type Matrix = npt.NDArray[np.float64]

SHORTEST_HISTORY = 40  # served days of the town: two months of school
SHORTEST_SITE = 12  # served days of one site
_ISOLATED_DAYS, _ISOLATING_GAP = 5, 150
_IMPLAUSIBLE, _LEAST_PLAUSIBLE = (
    4.0,
    30.0,
)  # times the site's last weeks, and so many meals beyond: a typing error
_WEEKS_BEFORE = 30  # served days of the site that tell what is plausible
_COLLAPSE = 0.75  # a day under this share of what was usual is exceptional (strike, snow…)


@dataclass(frozen=True)
class History:
    """`meals[site, day]`: NaN where nothing was served or known. `usual[day]`: False on strikes and collapses."""

    sites: tuple[str, ...]
    groups: tuple[str, ...]
    days: tuple[date, ...]
    meals: Matrix
    ordered: Matrix | None
    usual: npt.NDArray[np.bool_]
    calendar: Calendar
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    site: str
    group: str
    day: date
    meals: float
    ordered: float


def read_history(tables: Tables) -> History:
    """Clean the attendance. Raises `BadInput` where it is empty or far too short."""
    notes: list[str] = []
    rows = _without_isolated_dates(_rows(tables, notes), notes)
    rows = _one_a_site_and_day(_own_sites(rows, notes), notes)
    rows = _plausible(rows, notes)
    rows = _long_enough(rows, notes)
    days = tuple(sorted({row.day for row in rows}))
    if len(days) < SHORTEST_HISTORY:
        raise BadInput(
            f"L’historique des repas ne compte que {len(days)} jour(s) servis exploitables ; il en faut au moins "
            f"{SHORTEST_HISTORY} (deux mois d’école) pour prévoir. Ajoutez les mois précédents au jeu de données."
        )
    groups = {row.site: row.group for row in rows}
    sites = tuple(sorted(groups))
    place = {site: index for index, site in enumerate(sites)}
    column = {day: index for index, day in enumerate(days)}
    meals = np.full((len(sites), len(days)), np.nan)
    ordered = np.full_like(meals, np.nan)
    for row in rows:
        meals[place[row.site], column[row.day]] = row.meals
        ordered[place[row.site], column[row.day]] = row.ordered
    calendar, told = read_calendar(tables, frozenset(days))
    usual = _usual(meals, days, calendar)
    collapsed = [day for day, ok in zip(days, usual, strict=True) if not ok and day not in calendar.strikes]
    if collapsed:
        told.append(
            f"{len(collapsed)} jour(s) très en dessous de l’habitude sans grève déclarée (le dernier : "
            f"{collapsed[-1]:%d/%m/%Y}) n’ont pas servi à apprendre. Déclarez-les s’il s’agit de grèves."
        )
    return History(
        sites=sites,
        groups=tuple(groups[site] for site in sites),
        days=days,
        meals=meals,
        ordered=ordered if np.isfinite(ordered).any() else None,
        usual=usual,
        calendar=calendar,
        notes=(*notes, *told),
    )


def since(attendance: pa.Table, begin: date) -> pa.Table:
    """The lines of the attendance from this day on."""
    return attendance.filter(pc.greater_equal(attendance.column("date"), begin))


def site_key(name: str) -> str:
    """One spelling of a site's name: « Côte d’Or » and « COTE DOR » are the same place."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    plain = re.sub(r"['.`]", "", unicodedata.normalize("NFKC", plain))
    return re.sub(r"[^A-Z0-9]+", " ", plain).strip()


def _rows(tables: Tables, notes: list[str]) -> list[_Row]:
    table = tables.get("attendance")
    if table is None or table.num_rows == 0:
        raise BadInput(
            "La table des repas servis est vide : choisissez un jeu de données qui contient des lignes."
        )
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    blank = [None] * table.num_rows
    lines = zip(
        columns["site"],
        columns["date"],
        columns["meals"],
        columns.get("site_type", blank),
        columns.get("ordered", blank),
        strict=True,
    )
    rows: list[_Row] = []
    unknown = closed = 0
    nameless: list[int] = []
    negative: list[str] = []
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for number, (site, day, meals, kind, ordered) in enumerate(lines, start=1):
        if meals is None or meals != meals:
            unknown += 1
        elif site is None or not site_key(site) or day is None:
            nameless.append(number)
        elif meals < 0:
            negative.append(f"{site} le {day:%d/%m/%Y} ({meals:.0f})")
        elif meals == 0:
            closed += 1
        else:
            key = site_key(site)
            names[key][site.strip()] += 1
            order = float(ordered) if ordered is not None and ordered == ordered and ordered >= 0 else np.nan
            rows.append(_Row(key, (kind or "").strip(), day, float(meals), order))
    if unknown:
        notes.append(f"{unknown} ligne(s) sans nombre de repas ont été laissées de côté.")
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
    shown = {key: spellings.most_common(1)[0][0] for key, spellings in names.items()}
    several = [key for key, spellings in names.items() if len(spellings) > 1]
    if several:
        example = " / ".join(sorted(names[several[0]]))
        notes.append(
            f"{len(several)} site(s) écrits de plusieurs façons ont été réunis ({example}). Vérifiez-les."
        )
    return [_Row(shown[row.site], row.group, row.day, row.meals, row.ordered) for row in rows]


def _without_isolated_dates(rows: list[_Row], notes: list[str]) -> list[_Row]:
    """A handful of days months away from all others is a typing error, not a history."""
    days = sorted({row.day for row in rows})
    odd: set[date] = set()
    for ordered_days in (days, days[::-1]):
        for position in range(1, min(_ISOLATED_DAYS, len(ordered_days) - 1) + 1):
            gap = abs((ordered_days[position] - ordered_days[position - 1]).days)
            if gap > _ISOLATING_GAP and len(days) > 4 * position:
                odd.update(ordered_days[:position])
    if odd:
        lines = sum(row.day in odd for row in rows)
        told = ", ".join(f"{day:%d/%m/%Y}" for day in sorted(odd)[:3])
        notes.append(
            f"{lines} ligne(s) à une date isolée, sans doute mal saisie ({told}), ont été laissées de côté."
        )
    return [row for row in rows if row.day not in odd]


def _own_sites(rows: list[_Row], notes: list[str]) -> list[_Row]:
    """Where one name is several sites on the same day (nursery and primary school), each type is a site."""
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
        _Row(f"{row.site} ({row.group})", row.group, row.day, row.meals, row.ordered)
        if row.site in shared and row.group
        else _Row(row.site, last_kind[row.site], row.day, row.meals, row.ordered)
        for row in rows
    ]


def _one_a_site_and_day(rows: list[_Row], notes: list[str]) -> list[_Row]:
    kept: dict[tuple[str, date], _Row] = {}
    twice: list[_Row] = []
    for row in rows:
        held = kept.get((row.site, row.day))
        if held is not None and held.meals != row.meals:
            twice.append(row)
        kept[row.site, row.day] = row
    if twice:
        first = twice[0]
        notes.append(
            f"{len(twice)} jour(s) comptés deux fois avec des nombres différents ({first.site} le {first.day:%d/%m/%Y}"
            f"{'…' if len(twice) > 1 else ''}) : la dernière ligne a été gardée."
        )
    return list(kept.values())


def _plausible(rows: list[_Row], notes: list[str]) -> list[_Row]:
    """Without the figures far above all that the site served in its last weeks: one zero too many spoils every margin.

    A site that really grows so is believed once its last weeks say so.
    """
    before: dict[str, list[float]] = defaultdict(list)
    odd: list[_Row] = []
    for row in sorted(rows, key=lambda row: row.day):
        past = before[row.site][-_WEEKS_BEFORE:]
        if len(past) >= 5:
            usual = float(np.median(past))
            if row.meals > _IMPLAUSIBLE * usual and row.meals > usual + _LEAST_PLAUSIBLE:
                odd.append(row)
        before[row.site].append(row.meals)
    if odd:
        told = ", ".join(f"{row.site} le {row.day:%d/%m/%Y} ({row.meals:.0f})" for row in odd[:3])
        notes.append(
            f"{len(odd)} nombre(s) de repas très au-dessus de l’habitude du site, sans doute mal saisi(s), laissé(s) de "
            f"côté : {told}{'…' if len(odd) > 3 else ''}. Corrigez le fichier d’origine."
        )
    left_out = {(row.site, row.day) for row in odd}
    return [row for row in rows if (row.site, row.day) not in left_out]


def _long_enough(rows: list[_Row], notes: list[str]) -> list[_Row]:
    counts = Counter(row.site for row in rows)
    short = {site: number for site, number in counts.items() if number < SHORTEST_SITE}
    if short:
        told = ", ".join(f"{site} ({number} jour(s))" for site, number in sorted(short.items())[:3])
        notes.append(
            f"{len(short)} site(s) à l’historique trop court ne sont pas prévus : {told}{'…' if len(short) > 3 else ''} ; "
            f"il faut {SHORTEST_SITE} jours servis."
        )
    return [row for row in rows if row.site not in short]


def _usual(meals: Matrix, days: tuple[date, ...], calendar: Calendar) -> npt.NDArray[np.bool_]:
    """False on declared strikes and where most sites fell far below their last weeks. Looks only backwards."""
    usual = np.array([day not in calendar.strikes for day in days])
    for index in range(10, len(days)):
        if not usual[index]:
            continue
        past = [earlier for earlier in range(max(0, index - 25), index) if usual[earlier]]
        if len(past) < 5:
            continue
        both = np.isfinite(meals[:, index]) & np.isfinite(meals[:, past]).any(axis=1)
        if both.sum() == 0:
            continue
        level = np.nanmedian(meals[np.ix_(both, past)], axis=1)
        usual[index] = bool(np.median(meals[both, index] / level) >= _COLLAPSE)
    return usual

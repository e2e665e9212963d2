"""Analyses that suit any table: a figure through time, a ranking by category, chosen by what its columns are.

In comes a `Held` dataset; out come drafts, the most telling first. No sum of identifiers, of years or of rates; a
stock (rolls, inhabitants) is never added up from one year to the next.
"""

from datetime import date
from typing import Any

from beffroi.recipes.model import Condition, Derive, Filter, Group, Measure, Order, Sort, Source, Step, Top

from ..columns import FILE_UNIT, Use, vocabulary, words
from ..held import Held
from .drafts import Draft

TOP = 10
LONG = 6  # years from which a series is told by year, not by month
STOCKS = vocabulary(
    "effectif effectifs population habitants hab places capacite surface superficie eleves enfants "
    "logements inscrits abonnes adherents longueur length"
)
_TELLING = vocabulary(
    "nom libelle type categorie domaine famille quartier commune secteur nature service direction "
    "site ecole thematique theme objet fonction statut etat libquart lib"
)


def drafts_of(held: Held) -> list[Draft]:
    """What this table can say by itself: at most one series and one ranking."""
    measure = best_measure(held)
    found: list[Draft] = []
    if series := over_time(held, measure):
        found.append(series)
    if ranking := by_category(held, measure):
        found.append(ranking)
    return found


def best_measure(held: Held) -> Use | None:
    """The measure that the table is about: a sum before a mean, the fullest first."""
    measures = held.having("sum", "mean")
    return max(
        measures,
        key=lambda use: (
            use.role == "sum",
            not is_stock(use),
            use.unit != FILE_UNIT,
            use.counted.filled,
            -held.uses.index(use),
        ),
        default=None,
    )


def is_stock(use: Use) -> bool:
    return bool(STOCKS & set(words(use.name, use.label)))


def measured(use: Use | None, name: str) -> tuple[Measure, str, str]:
    """The measure of a group, its unit, and how it is said: « Total de montant », « Moyenne de taux »."""
    if use is None:
        return Measure(name=name, operation="count"), "lignes", "Nombre de lignes"
    operation = "sum" if use.role == "sum" else "mean"
    said = f"{'Total' if operation == 'sum' else 'Moyenne'} de « {use.label} »"
    return Measure(name=name, operation=operation, column=use.name), use.unit, said


def over_time(held: Held, measure: Use | None) -> Draft | None:
    """The measure (or the number of rows) by year or by month."""
    dates, years = held.having("date"), held.having("year")
    if years and (measure is not None or not dates):
        return _by_year(held, years[0], measure)
    return _by_date(held, max(dates, key=lambda use: use.counted.filled), measure) if dates else None


def _by_year(held: Held, year: Use, measure: Use | None) -> Draft | None:
    if year.counted.distinct < 2:
        return None
    value, unit, said = measured(measure, "valeur")
    title = f"{held.dataset.title} : {said[0].lower()}{said[1:]} par année"
    return Draft(
        title=title,
        datasets={held.alias: held.dataset},
        steps=(
            Source(source=held.alias),
            _present(year),
            Group(by=(year.name,), measures=(value,)),
            _order(year.name),
        ),
        kind="bar" if year.counted.distinct <= 15 else "line",
        unit=unit,
        base="{lignes} lignes du fichier",
        year=f"{{periode:{year.name}}}",
        encodings={"x": year.name, "y": "valeur", "labels": {year.name: year.label, "valeur": said}},
    )


def _by_date(held: Held, day: Use, measure: Use | None) -> Draft | None:
    low, high = day.counted.low, day.counted.high
    if not isinstance(low, date) or not isinstance(high, date):
        return None
    if high.year > date.today().year + 2:
        return None  # a calendar of days to come counts nothing that happened
    long = high.year - low.year >= LONG
    if not long and (high.year, high.month) == (low.year, low.month):
        return None
    if measure is not None and is_stock(measure):
        # The same places counted each day do not add up over a month.
        value = Measure(name="valeur", operation="mean", column=measure.name)
        unit, said = measure.unit, f"Moyenne de « {measure.label} »"
    else:
        value, unit, said = measured(measure, "valeur")
    step = "annee" if long else "mois"
    label = "Année" if long else "Mois"
    derive = Derive(name=step, operation="year" if long else "month", column=day.name)
    return Draft(
        title=f"{held.dataset.title} : {said[0].lower()}{said[1:]} par {label.lower()}",
        datasets={held.alias: held.dataset},
        steps=(
            Source(source=held.alias),
            _present(day),
            derive,
            Group(by=(step,), measures=(value,)),
            _order(step),
        ),
        kind="line",
        unit=unit,
        base="{lignes} lignes du fichier",
        year=f"{{periode:{day.name}}}",
        encodings={"x": step, "y": "valeur", "labels": {step: label, "valeur": said}},
    )


def by_category(held: Held, measure: Use | None) -> Draft | None:
    """The ten categories with the largest measure (or the most rows)."""
    category = best_category(held)
    if category is None:
        return None
    value, unit, said = measured(measure, "valeur")
    steps: list[Step] = [Source(source=held.alias), _present(category)]
    steps += only_last_year(held, measure)
    when = f" en {held.having('year')[0].counted.high}" if len(steps) > 2 else ""
    count = min(TOP, category.counted.distinct)
    few = category.counted.distinct <= TOP
    which = f"par « {category.label} »" if few else f"les {count} premiers « {category.label} »"
    return Draft(
        title=f"{held.dataset.title} : {said[0].lower()}{said[1:]}, {which}{when}",
        datasets={held.alias: held.dataset},
        steps=(*steps, Group(by=(category.name,), measures=(value,)), Top(count=count, column="valeur")),
        kind="bar",
        unit=unit,
        base="{lignes} lignes du fichier",
        year=period_of(held),
        encodings={
            "x": category.name,
            "y": "valeur",
            "labels": {category.name: category.label, "valeur": said},
        },
    )


def period_of(held: Held) -> str:
    """The words that the period of the data will replace, when a column dates them; otherwise the day of their deposit."""
    dated = [*held.having("year"), *held.having("date")]
    return f"{{periode:{dated[0].name}}}" if dated else "{depot}"


def only_last_year(held: Held, measure: Use | None) -> tuple[Step, ...]:
    """A stock is told as of the last year known: rolls of ten years do not add up."""
    years = held.having("year")
    if not years or measure is None or not is_stock(measure):
        return ()
    last: Any = years[0].counted.high
    return (Filter(conditions=(Condition(column=years[0].name, op="=", value=last),)),)


def best_category(held: Held) -> Use | None:
    """The category that a reader understands best: named as one, written in words, of few values."""
    categories = [use for use in held.having("category") if use.counted.distinct >= 2]

    def score(use: Use) -> tuple[bool, bool, bool, int]:
        said = set(words(use.name, use.label))
        told = bool(said & _TELLING) or any(word.startswith("lib") for word in said)
        return told, use.type == "text", 3 <= use.counted.distinct <= 40, -held.uses.index(use)

    return max(categories, key=score, default=None)


def _present(use: Use) -> Filter:
    return Filter(conditions=(Condition(column=use.name, op="present"),))


def _order(name: str) -> Sort:
    return Sort(by=(Order(column=name),))

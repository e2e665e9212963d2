"""Candidate analyses for any table: its main measure over time, by place or category, by day of the week.

In: a `DatasetProfile`. Out: candidates, the most informative first. No sum of identifiers, of years or of rates; a
stock (rolls, inhabitants) is never added up over years.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from beffroi.recipes.model import Condition, Derive, Filter, Group, Measure, Order, Sort, Source, Step, Top

from ..columns import FILE_UNIT, ColumnUse, header_words, vocabulary
from ..dataset_profiles import DatasetProfile
from ..row_counts import COUNT
from .candidates import AnalysisCandidate

TOP = 10
LONG = 6  # years from which a series is by year, not by month
STOCKS = vocabulary(
    "effectif effectifs population habitants hab places capacite surface superficie eleves enfants "
    "logements inscrits abonnes adherents longueur length"
)
FORECASTS = vocabulary(
    "prevision previsions prevu prevus prevue prevues previsionnel estime estimes estimation objectif cible "
    "budget theorique commande commandes vote"
)
PLACES = vocabulary(
    "site sites ecole ecoles cantine restaurant commune quartier secteur lieu lieux equipement batiment "
    "etablissement station point zone agence bibliotheque piscine gymnase parc creche dechetterie decheterie"
)
_KINDS = vocabulary("type types categorie nature genre")
MANY_PLACES = 2_000
MANY_DAYS = 60  # from which the days of the week are compared
_CATEGORY_WORDS = vocabulary(
    "nom libelle type categorie domaine famille quartier commune secteur nature service direction "
    "site ecole thematique theme objet fonction statut etat libquart lib"
)


def candidates_of(profile: DatasetProfile) -> list[AnalysisCandidate]:
    """Candidates of this table: at most one series and one ranking."""
    measure = best_measure(profile)
    found: list[AnalysisCandidate] = []
    if series := over_time(profile, measure):
        found.append(series)
    if ranking := by_category(profile, measure):
        found.append(ranking)
    return found


def best_measure(profile: DatasetProfile) -> ColumnUse | None:
    """Measure that the table is about."""
    return main_measure(profile.uses)


def main_measure(uses: Sequence[ColumnUse]) -> ColumnUse | None:
    """A sum before a mean, what happened before what was expected, the fullest first."""
    measures = [use for use in uses if use.role in ("sum", "mean")]
    return max(
        measures,
        key=lambda use: (
            use.role == "sum",
            not is_stock(use),
            use.unit != FILE_UNIT,
            not FORECASTS & set(header_words(use.name, use.label)),
            use.counted.filled,
            -measures.index(use),
        ),
        default=None,
    )


def is_stock(use: ColumnUse) -> bool:
    return bool(STOCKS & set(header_words(use.name, use.label)))


def measure_for(use: ColumnUse | None, name: str) -> tuple[Measure, str, str]:
    """Measure of a group, its unit and its label: « Total de montant », « Moyenne de taux »."""
    if use is None:
        return Measure(name=name, operation="count"), "lignes", "Nombre de lignes"
    operation = "sum" if use.role == "sum" else "mean"
    measure_label = f"{'Total' if operation == 'sum' else 'Moyenne'} de « {use.label} »"
    return Measure(name=name, operation=operation, column=use.name), use.unit, measure_label


def over_time(profile: DatasetProfile, measure: ColumnUse | None) -> AnalysisCandidate | None:
    """The measure (or the number of rows) by year or by month."""
    dates, years = profile.with_roles("date"), profile.with_roles("year")
    if years and (measure is not None or not dates):
        return _by_year(profile, years[0], measure)
    return _by_date(profile, max(dates, key=lambda use: use.counted.filled), measure) if dates else None


def _by_year(profile: DatasetProfile, year: ColumnUse, measure: ColumnUse | None) -> AnalysisCandidate | None:
    if year.counted.distinct < 2:
        return None
    value, unit, measure_label = measure_for(measure, "valeur")
    title = f"{profile.dataset.title} : {measure_label[0].lower()}{measure_label[1:]} par année"
    return AnalysisCandidate(
        title=title,
        datasets={profile.alias: profile.dataset},
        steps=(
            Source(source=profile.alias),
            _present(year, measure),
            Group(by=(year.name,), measures=(value,)),
            _order(year.name),
        ),
        kind="bar" if year.counted.distinct <= 15 else "line",
        unit=unit,
        base=COUNT,
        year=f"{{periode:{year.name}}}",
        encodings={
            "x": year.name,
            "y": "valeur",
            "labels": labels_of(year, measure) | {"valeur": measure_label},
        },
    )


def _by_date(profile: DatasetProfile, day: ColumnUse, measure: ColumnUse | None) -> AnalysisCandidate | None:
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
        unit, measure_label = measure.unit, f"Moyenne de « {measure.label} »"
    else:
        value, unit, measure_label = measure_for(measure, "valeur")
    step = "annee" if long else "mois"
    label = "Année" if long else "Mois"
    derive = Derive(name=step, operation="year" if long else "month", column=day.name)
    return AnalysisCandidate(
        title=f"{profile.dataset.title} : {measure_label[0].lower()}{measure_label[1:]} par {label.lower()}",
        datasets={profile.alias: profile.dataset},
        steps=(
            Source(source=profile.alias),
            _present(day, measure),
            derive,
            Group(by=(step,), measures=(value,)),
            _order(step),
        ),
        kind="line",
        unit=unit,
        base=COUNT,
        year=f"{{periode:{day.name}}}",
        encodings={
            "x": step,
            "y": "valeur",
            "labels": labels_of(day, measure) | {step: label, "valeur": measure_label},
        },
    )


def by_weekday(profile: DatasetProfile, measure: ColumnUse | None) -> AnalysisCandidate | None:
    """Mean of the measure by day of the week, of a table that counts day after day."""
    days = [use for use in profile.with_roles("date") if use.counted.distinct >= MANY_DAYS]
    if measure is None or not days:
        return None
    day = max(days, key=lambda use: use.counted.filled)
    words = f"Moyenne de « {measure.label} »"
    return AnalysisCandidate(
        title=f"{profile.dataset.title} : {words[0].lower()}{words[1:]} par jour de la semaine",
        datasets={profile.alias: profile.dataset},
        steps=(
            Source(source=profile.alias),
            _present(day, measure),
            Derive(name="jour_semaine", operation="weekday", column=day.name),
            Group(
                by=("jour_semaine",),
                measures=(Measure(name="valeur", operation="mean", column=measure.name),),
            ),
            _order("jour_semaine"),
        ),
        kind="bar",
        unit=measure.unit,
        base=COUNT,
        year=f"{{periode:{day.name}}}",
        encodings={
            "x": "jour_semaine",
            "y": "valeur",
            "labels": labels_of(day, measure) | {"jour_semaine": "Jour de la semaine", "valeur": words},
        },
    )


def by_category(profile: DatasetProfile, measure: ColumnUse | None) -> AnalysisCandidate | None:
    """The ten categories with the largest measure (or the most rows)."""
    category = best_category(profile.uses)
    if category is None:
        return None
    value, unit, measure_label = measure_for(measure, "valeur")
    steps: list[Step] = [Source(source=profile.alias), _present(category, measure)]
    steps += only_last_year(profile, measure)
    when = f" en {profile.with_roles('year')[0].counted.high}" if len(steps) > 2 else ""
    count = min(TOP, category.counted.distinct)
    few = category.counted.distinct <= TOP
    which = f"par « {category.label} »" if few else f"les {count} premiers « {category.label} »"
    return AnalysisCandidate(
        title=f"{profile.dataset.title} : {measure_label[0].lower()}{measure_label[1:]}, {which}{when}",
        datasets={profile.alias: profile.dataset},
        steps=(*steps, Group(by=(category.name,), measures=(value,)), Top(count=count, column="valeur")),
        kind="bar",
        unit=unit,
        base=COUNT,
        year=period_of(profile),
        encodings={
            "x": category.name,
            "y": "valeur",
            "labels": labels_of(category, measure) | {"valeur": measure_label},
        },
    )


def period_of(profile: DatasetProfile) -> str:
    """The words that the period of the data will replace, when a column dates them; otherwise the day of their deposit."""
    dated = [*profile.with_roles("year"), *profile.with_roles("date")]
    return f"{{periode:{dated[0].name}}}" if dated else "{depot}"


def only_last_year(profile: DatasetProfile, measure: ColumnUse | None) -> tuple[Step, ...]:
    """Filter of a stock on its last year: rolls of ten years do not add up."""
    years = profile.with_roles("year")
    if not years or measure is None or not is_stock(measure):
        return ()
    last: Any = years[0].counted.high
    return (Filter(conditions=(Condition(column=years[0].name, op="=", value=last),)),)


def best_category(uses: Sequence[ColumnUse]) -> ColumnUse | None:
    """The category that a reader understands best: named as one, written in words, of few values."""
    categories = [
        use for use in uses if (use.role == "category" and use.counted.distinct >= 2) or _is_place(use)
    ]

    def score(use: ColumnUse) -> tuple[bool, bool, bool, bool, int]:
        measure_label = set(header_words(use.name, use.label))
        is_named = bool(measure_label & _CATEGORY_WORDS) or any(
            word.startswith("lib") for word in measure_label
        )
        place = _is_place(use) and use.counted.distinct > 2
        few = 3 <= use.counted.distinct <= 40
        return place, is_named, use.type == "text", few, -uses.index(use)

    return max(categories, key=score, default=None)


def _is_place(use: ColumnUse) -> bool:
    """Whether the column names places, each on several rows."""
    counted = use.counted
    several = 2 <= counted.distinct <= MANY_PLACES and counted.distinct * 5 <= counted.filled
    words = set(header_words(use.name, use.label))
    named = bool(PLACES & words) and not words & _KINDS
    return named and several and use.type == "text" and use.role in ("category", "key")


def _present(use: ColumnUse, measure: ColumnUse | None) -> Filter:
    """Rows where the group and the measure are known: the base says how many the others are."""
    names = [use.name, *([measure.name] if measure else [])]
    return Filter(conditions=tuple(Condition(column=name, op="present") for name in names))


def labels_of(*uses: ColumnUse | None) -> dict[str, str]:
    return {use.name: use.label for use in uses if use is not None}


def _order(name: str) -> Sort:
    return Sort(by=(Order(column=name),))

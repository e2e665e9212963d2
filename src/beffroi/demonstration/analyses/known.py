"""Analyses of shapes that French local authorities know: canteen attendance, budgets.

In comes a `DatasetProfile` dataset; out come the title and question of its board and drafts, or None when the table has
another shape. The shape is told by what columns are called and hold, never by a file's name.
"""

from dataclasses import dataclass

from beffroi.recipes.model import (
    Condition,
    Derive,
    Filter,
    Group,
    Measure,
    Order,
    Sort,
    Source,
    Step,
    Top,
)
from beffroi.web.studio.columns import ColumnUse, fold_header, header_words, vocabulary
from beffroi.web.studio.dataset_profiles import DatasetProfile
from beffroi.web.studio.proposing.generic import best_category, measure_for

from .drafts import AnalysisCandidate

_ORDERED = vocabulary(
    "prevision previsions prevu prevus prevue commande commandes commandee reserve reserves inscrits"
)
_SERVED = vocabulary(
    "reel reels reelle servi servis realise realises frequentation presents pointes consommes"
)
_PLACES = vocabulary("site ecole ecoles cantine cantines restaurant etablissement satellite")
_MONEY = vocabulary(
    "montant montants execute realise credit credits mandate depense recette budget vote total"
)
_ACCOUNTS = vocabulary("nature fonction chapitre article budget depense recette imputation")


@dataclass(frozen=True)
class Theme:
    """Theme of a board about one table: its title, its question and its analyses."""

    slug: str
    title: str
    question: str
    drafts: list[AnalysisCandidate]


def themes_of(profile: DatasetProfile) -> list[Theme]:
    return [theme for theme in (canteen(profile), budget(profile)) if theme is not None]


@dataclass(frozen=True)
class Canteen:
    """The columns of a canteen's attendance."""

    place: ColumnUse
    day: ColumnUse
    ordered: ColumnUse
    served: ColumnUse


def canteen_columns(profile: DatasetProfile) -> Canteen | None:
    """Place, day, meals ordered, meals served; None unless all four are there."""
    sums = profile.with_roles("sum")
    ordered, served = _called(sums, _ORDERED), _called(sums, _SERVED)
    places = [use for use in profile.uses if use.role in ("category", "key") and use.counted.distinct > 1]
    named = [use for use in places if set(header_words(use.name, use.label)) & _PLACES]
    # The name of the place rather than its type: the most values.
    place = max(named, key=lambda use: use.counted.distinct, default=None)
    dates = profile.with_roles("date")
    if ordered is None or served is None or ordered == served or place is None or not dates:
        return None
    return Canteen(place, dates[0], ordered, served)


def canteen(profile: DatasetProfile) -> Theme | None:
    found = canteen_columns(profile)
    if found is None:
        return None
    place, day, ordered, served = found.place, found.day, found.ordered, found.served
    both = Filter(
        conditions=(
            Condition(column=ordered.name, op="present"),
            Condition(column=served.name, op="present"),
            Condition(column=day.name, op="present"),
        )
    )
    sums = (
        Measure(name="prevus", operation="sum", column=ordered.name),
        Measure(name="servis", operation="sum", column=served.name),
    )
    surplus: tuple[Step, ...] = (
        Filter(conditions=(Condition(column="servis", op=">", value=0),)),
        Derive(name="ecart", operation="difference", column="prevus", other="servis"),
        Derive(name="surplus", operation="ratio", column="ecart", other="servis", times=100),
    )
    start: tuple[Step, ...] = (Source(source=profile.alias), both)
    common = {"datasets": {profile.alias: profile.dataset}, "year": f"{{periode:{day.name}}}"}
    base = "{lignes} relevés d'un site et d'un jour, où le prévu et le servi sont tous deux connus"
    measure_label = "Surplus (prévus moins servis, en % des servis)"
    return Theme(
        "un-matin-a-la-cantine",
        "Un matin à la cantine",
        "Combien de repas servons-nous, et combien en prévoyons-nous de trop ?",
        [
            AnalysisCandidate(
                title="Surplus de repas prévus, tous sites ensemble",
                steps=(*start, Group(measures=sums), *surplus),
                kind="number",
                unit="% des repas servis",
                base=base,
                encodings={"value": "surplus"},
                **common,  # type: ignore[arg-type]
            ),
            AnalysisCandidate(
                title="Repas servis par mois",
                steps=(
                    *start,
                    Derive(name="mois", operation="month", column=day.name),
                    Group(by=("mois",), measures=sums),
                    Sort(by=(Order(column="mois"),)),
                ),
                kind="line",
                unit="repas",
                base=base,
                encodings={"x": "mois", "y": "servis", "labels": {"mois": "Mois", "servis": "Repas servis"}},
                **common,  # type: ignore[arg-type]
            ),
            AnalysisCandidate(
                title="Les dix sites où le surplus est le plus fort",
                steps=(
                    *start,
                    Group(by=(place.name,), measures=sums),
                    *surplus,
                    Top(count=10, column="surplus"),
                ),
                kind="bar",
                unit="% des repas servis",
                base=base,
                encodings={
                    "x": place.name,
                    "y": "surplus",
                    "labels": {place.name: "Site", "surplus": measure_label},
                },
                **common,  # type: ignore[arg-type]
            ),
            AnalysisCandidate(
                title="Repas servis un jour moyen, selon le jour de la semaine",
                steps=(
                    *start,
                    Derive(name="jour", operation="weekday", column=day.name),
                    Group(
                        by=("jour",),
                        measures=(
                            Measure(name="servis", operation="sum", column=served.name),
                            Measure(name="jours", operation="count_distinct", column=day.name),
                        ),
                    ),
                    Derive(name="moyenne", operation="ratio", column="servis", other="jours"),
                ),
                kind="bar",
                unit="repas par jour",
                base=base,
                encodings={
                    "x": "jour",
                    "y": "moyenne",
                    "labels": {"jour": "Jour", "moyenne": "Repas par jour"},
                },
                **common,  # type: ignore[arg-type]
            ),
        ],
    )


def budget(profile: DatasetProfile) -> Theme | None:
    """Amounts by year of account, split between spending and income when the file tells them apart."""
    all_words = {word for use in profile.uses for word in header_words(use.name, use.label)}
    years = [
        use
        for use in profile.with_roles("year")
        if {"exercice", "annee"} & set(header_words(use.name, use.label))
    ]
    amount = _called(profile.with_roles("sum"), _MONEY)
    if not years or amount is None or not all_words & _ACCOUNTS:
        return None
    year, last = years[0], years[0].counted.high
    value, unit, measure_label = measure_for(amount, "montant")
    sides = [use for use in profile.with_roles("category") if _is_side(use)]
    start: tuple[Step, ...] = (
        Source(source=profile.alias),
        Filter(
            conditions=(
                Condition(column=year.name, op="present"),
                Condition(column=amount.name, op="present"),
            )
        ),
    )
    by = (year.name, sides[0].name) if sides else (year.name,)
    labels = {year.name: "Exercice", "montant": measure_label} | (
        {sides[0].name: sides[0].label} if sides else {}
    )
    encodings = {"x": year.name, "y": "montant", "labels": labels}
    if sides:
        encodings["series"] = sides[0].name
    base = "{lignes} lignes du fichier ; un exercice n'est complet que si le fichier l'est"
    common = {
        "datasets": {profile.alias: profile.dataset},
        "base": base,
        "unit": unit,
        "year": f"{{periode:{year.name}}}",
    }
    spent, spending = _spent(sides[0] if sides else None)
    latest = (*start, Filter(conditions=(Condition(column=year.name, op="=", value=last),)), *spent)  # type: ignore[arg-type]
    drafts = [
        AnalysisCandidate(
            title=f"{spending} de l'exercice {last}",
            steps=(*latest, Group(measures=(value,))),
            kind="number",
            encodings={"value": "montant"},
            **common,  # type: ignore[arg-type]
        ),
        AnalysisCandidate(
            title=f"{measure_label} par exercice" + (f" et par « {sides[0].label} »" if sides else ""),
            steps=(
                *start,
                Group(by=by, measures=(value,)),
                Sort(by=tuple(Order(column=name) for name in by)),
            ),
            kind="bar",
            encodings=encodings,
            **common,  # type: ignore[arg-type]
        ),
    ]
    others = [use for use in profile.uses if use not in sides and use.type == "text"]
    category = best_category(others)
    if category is not None:
        drafts.append(
            AnalysisCandidate(
                title=f"{spending} de l'exercice {last}, les dix premiers « {category.label} »",
                steps=(
                    *latest,
                    Filter(conditions=(Condition(column=category.name, op="present"),)),
                    Group(by=(category.name,), measures=(value,)),
                    Top(count=10, column="montant"),
                ),
                kind="bar",
                encodings={
                    "x": category.name,
                    "y": "montant",
                    "labels": {category.name: category.label, "montant": measure_label},
                },
                **common,  # type: ignore[arg-type]
            )
        )
    return Theme(
        f"le-budget-{profile.dataset.slug}"[:78],
        f"Le budget : {profile.dataset.title}",
        "Combien, chaque année, et pour quoi ?",
        drafts,
    )


def _spent(side: ColumnUse | None) -> tuple[tuple[Step, ...], str]:
    """The rows of spending alone, when a column of two values tells them from income: they never add up."""
    values = [str(side.counted.low), str(side.counted.high)] if side and side.counted.distinct == 2 else []
    spending = [value for value in values if fold_header(value).startswith("d")]
    if side is None or len(spending) != 1:
        return (), "Total"
    return (Filter(conditions=(Condition(column=side.name, op="=", value=spending[0]),)),), "Dépenses"


def _is_side(use: ColumnUse) -> bool:
    """A column of two or three values that tells spending from income."""
    words = set(header_words(use.name, use.label))
    return use.counted.distinct <= 3 and (words >= {"d", "r"} or bool(words & {"sens", "depense", "recette"}))


def _called(uses: list[ColumnUse], names: set[str]) -> ColumnUse | None:
    return next((use for use in uses if set(header_words(use.name, use.label)) & names), None)

"""Builder of a recipe from the answers of the analysis form, on one dataset or two joined ones.

In: the choices of the form and the columns of both sides. Out: a `Recipe`. With two datasets each row of the first
has one partner at most, and what comes from the second is counted once for each of its rows, however many rows of the
first it joins: a population is not added up as many times as a commune has lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from beffroi.recipes.figures import Encodings, Figure
from beffroi.recipes.model import (
    Condition,
    Derive,
    Filter,
    Group,
    Join,
    Measure,
    Order,
    Recipe,
    Sort,
    Source,
    Step,
    Top,
)
from beffroi.text import is_opaque, split_identifiers
from beffroi.web.catalogue.dataset_lookup import preload_current
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Territory

from .columns import FILE_UNIT, ColumnUse, header_words, unit_of
from .join_keys import KeyPair
from .row_counts import COUNT, COUNT_ONCE

NUMERIC = ("integer", "decimal", "number")
DATED = ("date", "datetime")
ALL = "__tout__"
OTHER = "autre"
INNER = "_ligne"
"""What follows the name of a measure taken inside one row of the second dataset."""
DATE_PARTS = {
    "year": "par année",
    "school_year": "par année scolaire",
    "month": "par mois",
    "week": "par semaine",
    "month_name": "par mois de l'année",
    "weekday": "par jour de la semaine",
}
CYCLES = ("month_name", "weekday")
"""Parts of a date that come back: they are compared, not followed."""
MEASURES = {
    "sum": "Somme de",
    "mean": "Moyenne de",
    "min": "Plus petit",
    "max": "Plus grand",
    "count_distinct": "Nombre de valeurs différentes de",
}
RATIO, DIFFERENCE = "ratio", "difference"
AUTO = "auto"
"""The kind of figure that suits the question."""
MAX_CONDITIONS = 4
FEW = 12
"""Groups up to which all are shown."""


@dataclass(frozen=True)
class Column:
    """A column that an analysis may use; `side` is empty for the first dataset."""

    name: str
    label: str
    type: str
    side: str = ""
    use: ColumnUse | None = None

    @property
    def value(self) -> str:
        """The column in a form."""
        return f"{self.side}:{self.name}" if self.side else self.name


def part_label(part: str) -> str:
    """« Jour de la semaine »."""
    return DATE_PARTS[part].removeprefix("par ").capitalize()


@dataclass(frozen=True)
class Partner:
    """The second dataset and the columns that bring it."""

    dataset: Dataset
    pair: KeyPair


def usable_columns(snapshot: Snapshot, side: str = "") -> list[Column]:
    """The columns of a delivery that are neither personal nor shapes."""
    return [
        Column(c["name"], c["label"] or c["name"], c["type"], side)
        for c in snapshot.columns
        if not c.get("personal") and c["type"] != "geometry"
    ]


def readable_datasets(place: Territory) -> list[Dataset]:
    """The datasets that an ordinary analysis may read."""
    datasets = list(Dataset.objects.of(place).exclude(sensitivity=Dataset.Sensitivity.PERSONAL))
    preload_current(place, datasets)
    return [d for d in datasets if (current := d.current) is not None and usable_columns(current)]


def poured_datasets(place: Territory) -> QuerySet[Dataset]:
    """The same, to be chosen among without reading their columns."""
    poured = Snapshot.objects.filter(dataset=OuterRef("pk"), state=Snapshot.State.DONE)
    ordinary = Dataset.objects.of(place).exclude(sensitivity=Dataset.Sensitivity.PERSONAL)
    found: QuerySet[Dataset] = ordinary.filter(Exists(poured))
    return found


class AnalysisBuilder:
    """Writes the recipe of the form's choices (`data`), step after step."""

    def __init__(
        self, data: dict[str, Any], dataset: Dataset, partner: Partner | None, columns: Iterable[Column]
    ) -> None:
        self.data, self.dataset, self.partner = data, dataset, partner
        self.columns = {column.value: column for column in columns}
        self.first_names = {column.name.casefold() for column in self.columns.values() if not column.side}
        self.made_names: list[str] = []
        operation, _, name = data["measure"].partition("|")
        self.operation = operation if name else "count"
        self.measure = self.columns[name] if name else None
        self.compare = data.get("compare") or ""
        self.divisor = self.columns[data["divisor"]] if self.compare and data.get("divisor") else None
        value, _, self.part = data["group"].partition("|")
        self.group = None if value == ALL or data["kind"] == "number" else self.columns[value]
        self.conditions = [(self.columns[value], test) for value, test in data["conditions"]]

    def recipe(self) -> Recipe:
        by, label, derive = self._grouping()
        on_left = not (derive and self.group and self.group.side)
        steps: list[Step] = [Source(source="jeu"), *self._filters(second=False)]
        if derive and on_left:
            steps.append(derive)
        if self.partner:
            steps.append(self._join())
        steps += self._filters(second=True)
        if derive and not on_left:
            steps.append(derive)
        if measured := self._measured_columns():
            # A missing value is no zero: its row does not count, and the base says so.
            filled = tuple(Condition(column=self._after(column), op="present") for column in measured)
            steps.append(Filter(conditions=filled))
        steps += self._measured(by)
        if by:
            steps.append(self._ordered(by))
        return self._build_recipe(steps, by, {"valeur": self._measure_label()} | ({by: label} if by else {}))

    def _ordered(self, by: str) -> Step:
        """Time in its order, everything else from the largest."""
        few = bool(self.group and self.group.use and self.group.use.counted.distinct <= FEW)
        years = self.group is not None and self.group.use is not None and self.group.use.nature == "year"
        if self._is_timed() or years:
            return Sort(by=(Order(column=by),))
        if self.data["first"] == "0" or few:
            return Sort(by=(Order(column="valeur", descending=True),))
        return Top(count=int(self.data["first"]), column="valeur")

    def _build_recipe(self, steps: list[Step], by: str | None, labels: dict[str, str]) -> Recipe:
        partner, kind, title = self.partner, self._kind(), self.title()
        both = [self.dataset, *([partner.dataset] if partner else [])]
        named = {self._after(column): column.label for column in self._measured_columns()}
        named |= {name: self.columns[name].label for name in partner.pair.lefts} if partner else {}
        return Recipe(
            title=title,
            sources={"jeu": self.dataset.slug} | ({OTHER: partner.dataset.slug} if partner else {}),
            steps=tuple(steps),
            figure=Figure(
                kind=kind,  # type: ignore[arg-type]
                title=title,
                unit=self.data["unit"].strip() or self.unit(),
                base=self._base(partner) if partner else COUNT,
                year=self._period(),
                source=" ; ".join(f"{d.title} ({d.producer})" if d.producer else d.title for d in both),
                encodings=_encodings(kind, by, named | labels),
                simulated=any(d.simulated for d in both),
            ),
        )

    def title(self) -> str:
        """The title of the form, otherwise the question itself."""
        if supplied := self.data["title"].strip():
            return str(supplied)
        title = self._measure_label()
        if self.group:
            title += f" {DATE_PARTS[self.part]}" if self.part else f" par « {self.group.label} »"
        # A title is quoted where it is cited: it bears no guillemets of its own.
        title = split_identifiers(title.replace("« ", "").replace(" »", ""))
        return (title[:1].upper() + title[1:])[:150]

    def opaque_labels(self) -> list[str]:
        """Labels of the question from which no title can be made."""
        named = [column.label for column in self._measured_columns()]
        if self.group and not self.part:
            named.append(self.group.label)
        return [label for label in named if is_opaque(label)]

    def unit(self) -> str:
        """That of what is measured, as the headers announce it."""
        if self.measure is None and self.divisor is None:
            return "lignes"
        if self.operation == "count_distinct":
            return FILE_UNIT
        own = _unit(self.measure) if self.measure else "lignes"
        if self.divisor is None:
            return own
        other = _unit(self.divisor)
        if self.compare == DIFFERENCE:
            return own if own == other else FILE_UNIT
        if own == other:
            return "%" if own != FILE_UNIT else f"« {self._short()} » pour 100 « {self.divisor.label} »"
        first, second = (
            unit if unit != FILE_UNIT else f"« {name} »"
            for unit, name in ((own, self._short()), (other.removesuffix("s"), self.divisor.label))
        )
        return f"{first} par {second}"

    def _kind(self) -> str:
        kind = str(self.data["kind"])
        if kind != AUTO:
            return kind
        if self.group is None:
            return "number"
        return "line" if self._is_timed() and self.part not in CYCLES else "bar"

    def _short(self) -> str:
        return self.measure.label if self.measure else "lignes"

    def _measure_label(self) -> str:
        if self.divisor is not None:
            sign = "÷" if self.compare == RATIO else "−"
            name = f"« {self.measure.label} »" if self.measure else "Nombre de lignes"
            return f"{name} {sign} « {self.divisor.label} »"
        return f"{MEASURES[self.operation]} « {self.measure.label} »" if self.measure else "Nombre de lignes"

    def _base(self, partner: Partner) -> str:
        """Rows that count of two datasets, and what is to be known of the second."""
        base, title = COUNT_ONCE, _token(partner.dataset.title)
        if _of_second(self.measure, self.divisor):
            base += f"{{seules:{title}}}"
        added_up = self.operation == "sum" and self.divisor is None and _of_second(self.measure)
        if added_up and self.group and not self.group.side:
            base += f"{{partagees:{title}}}"
        return base

    def _measured_columns(self) -> list[Column]:
        """The columns whose value must be there for a row to count."""
        return list(dict.fromkeys(c for c in (self.measure, self.divisor) if c is not None))

    def _measured(self, by: str | None) -> list[Step]:
        """The grouping, in two times when something of the second dataset is added up."""
        keys = (by,) if by else ()
        measure, divisor, operation = self.measure, self.divisor, self.operation
        total = "valeur" if divisor is None else self._unique_name("total")
        size = self._unique_name("diviseur")
        compared = "mean" if operation == "mean" else "sum"
        wanted = [(total, measure, operation)] + ([(size, divisor, compared)] if divisor else [])
        steps: list[Step] = []
        second = (measure, divisor) if divisor or operation in ("sum", "mean") else ()
        if self.partner and _of_second(*second):
            # One row for each row of the second dataset (in each group): its own values are there once.
            partners = [self._after(self.columns[f"{OTHER}:{name}"]) for name in self.partner.pair.rights]
            inner = [Measure(name=f"{name}{INNER}", **_first(column, self)) for name, column, _ in wanted]
            steps.append(Group(by=tuple(dict.fromkeys((*partners, *keys))), measures=tuple(inner)))
            outer = [
                Measure(name=name, operation="mean" if op == "mean" else "sum", column=f"{name}{INNER}")
                for name, _, op in wanted
            ]
        else:
            outer = [
                Measure(name=name, operation=op, column=self._after(column) if column else None)  # type: ignore[arg-type]
                for name, column, op in wanted
            ]
        steps.append(Group(by=keys, measures=tuple(outer)))
        if divisor is not None:
            times = 100 if self.compare == RATIO and _is_percentage(self._written_unit()) else 1
            steps.append(
                Derive(name="valeur", operation=self.compare, column=total, other=size, times=times)  # type: ignore[arg-type]
            )
        return steps

    def _written_unit(self) -> str:
        return str(self.data["unit"].strip() or self.unit())

    def _filters(self, *, second: bool) -> list[Step]:
        """The conditions on one of the datasets, in one step."""
        tests = tuple(
            test.model_copy(update={"column": self._after(column)})
            for column, test in self.conditions
            if bool(column.side) == second
        )
        return [Filter(conditions=tests)] if tests else []

    def _join(self) -> Join:
        if self.partner is None:
            raise ValueError("only two datasets are joined")
        pair = self.partner.pair
        used = [self.group, self.measure, self.divisor, *(column for column, _ in self.conditions)]
        needed = [column.name for column in used if column is not None and column.side]
        return Join(
            source=OTHER,
            on=pair.keys,
            keep="matched",
            columns=tuple(dict.fromkeys((*pair.rights, *needed))),
            fold=pair.fold,
        )

    def _is_timed(self) -> bool:
        return bool(self.group and (self.part or self.group.type in DATED))

    def _grouping(self) -> tuple[str | None, str, Derive | None]:
        if self.group is None:
            return None, "", None
        name = self._after(self.group)
        if not self.part:
            return name, self.group.label, None
        derived = self._unique_name(self.part)
        return derived, part_label(self.part), Derive(name=derived, operation=self.part, column=name)  # type: ignore[arg-type]

    def _after(self, column: Column) -> str:
        """The name of a column once the datasets are together."""
        clash = column.side and column.name.casefold() in self.first_names
        return f"{column.name}_{column.side}" if clash else column.name

    def _unique_name(self, name: str) -> str:
        while name in self.made_names or any(
            name == c.name or name == self._after(c) for c in self.columns.values()
        ):
            name += "_"
        self.made_names.append(name)
        return name

    def _period(self) -> str:
        first = [c for c in self.columns.values() if not c.side]
        dated = [c.name for c in first if c.type in DATED]
        years = [c.name for c in first if c.use and c.use.nature == "year"]
        return f"{{periode:{[*dated, *years][0]}}}" if dated or years else "{depot}"


def _unit(column: Column) -> str:
    return unit_of(header_words(column.name, column.label), column.label)


def _is_percentage(unit: str) -> bool:
    return "%" in unit or "pour 100" in unit or "pour cent" in unit


def _of_second(*columns: Column | None) -> bool:
    return any(column is not None and column.side for column in columns)


def _token(title: str) -> str:
    """Title without the braces of caption tokens."""
    return title.replace("{", "(").replace("}", ")")


def _first(column: Column | None, builder: AnalysisBuilder) -> dict[str, Any]:
    """Inside one row of the second dataset: the total of the first's rows, or its own value, which is everywhere."""
    if column is None:
        return {"operation": "count"}
    return {"operation": "max" if column.side else "sum", "column": builder._after(column)}


def _encodings(kind: str, by: str | None, labels: dict[str, str]) -> Encodings:
    if kind == "number":
        return Encodings(value="valeur", labels=labels)
    if kind == "map":
        return Encodings(place=by, value="valeur", labels=labels)
    if kind == "table":
        return Encodings(columns=(by, "valeur") if by else ("valeur",), labels=labels)
    return Encodings(x=by, y="valeur", labels=labels)

"""Builder of a recipe from the answers of the analysis form, on one dataset or two joined ones.

In: the choices of the form and the columns of both sides. Out: a `Recipe`. With two datasets each row of the first
has one partner at most, and what comes from the second is counted once for each of its rows, however many rows of the
first it joins: a population is not added up as many times as a commune has lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from beffroi.recipes.figures import Encodings, Figure
from beffroi.recipes.french import join_words
from beffroi.recipes.model import (
    Condition,
    Derive,
    Filter,
    Group,
    Join,
    Key,
    Measure,
    Order,
    Recipe,
    Sort,
    Source,
    Step,
    Top,
)
from beffroi.web.catalogue.dataset_lookup import preload_current
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform.models import Territory

from .columns import FILE_UNIT, header_words, unit_of
from .join_keys import KeyPair

NUMERIC = ("integer", "decimal", "number")
DATED = ("date", "datetime")
ALL = "__tout__"
OTHER = "autre"
INNER = "_ligne"
"""What follows the name of a measure taken inside one row of the second dataset."""
DATE_PARTS = {
    "year": "par année",
    "month": "par mois",
    "week": "par semaine",
    "weekday": "par jour de la semaine",
    "school_year": "par année scolaire",
}
MEASURES = {
    "sum": "Somme de",
    "mean": "Moyenne de",
    "min": "Plus petit",
    "max": "Plus grand",
    "count_distinct": "Nombre de valeurs différentes de",
}


@dataclass(frozen=True)
class Column:
    """A column that an analysis may use; `side` is empty for the first dataset."""

    name: str
    label: str
    type: str
    side: str = ""

    @property
    def value(self) -> str:
        """The column in a form."""
        return f"{self.side}:{self.name}" if self.side else self.name


@dataclass(frozen=True)
class Partner:
    """The second dataset and the pair of columns that brings it."""

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


class AnalysisBuilder:
    """Writes the recipe of the form's choices (`data`), step after step."""

    def __init__(
        self, data: dict[str, Any], dataset: Dataset, partner: Partner | None, columns: Iterable[Column]
    ) -> None:
        self.data, self.dataset, self.partner = data, dataset, partner
        self.columns = {column.value: column for column in columns}
        self.first_names = {column.name.casefold() for column in self.columns.values() if not column.side}
        self.made_names: list[str] = []

    def recipe(self) -> Recipe:
        data = self.data
        measure, divisor, operation = self._measures()
        by, label, derive = self._grouping()
        on_left = not (derive and self._column_of_group().side)
        steps: list[Step] = [Source(source="jeu")]
        condition = self._condition()
        if condition and not condition[0].side:
            steps.append(condition[1])
        if derive and on_left:
            steps.append(derive)
        if self.partner:
            steps.append(self._join(measure, divisor, condition[0] if condition else None))
        if condition and condition[0].side:
            steps.append(condition[1])
        if derive and not on_left:
            steps.append(derive)
        if ratio := self._ratio():
            filled = tuple(Condition(column=self._after(column), op="present") for column in ratio)
            steps.append(Filter(conditions=filled))
        steps += self._measured(by, operation, measure, divisor)
        timed = bool(derive) or bool(by and self._column_of_group().type in DATED)
        if by and timed:
            steps.append(Sort(by=(Order(column=by),)))
        elif by and data["first"] == "0":
            steps.append(Sort(by=(Order(column="valeur", descending=True),)))
        elif by:
            steps.append(Top(count=int(data["first"]), column="valeur"))
        measure_label = f"{MEASURES[operation]} « {measure.label} »" if measure else "Nombre de lignes"
        measure_label += f" pour chaque unité de « {divisor.label} »" if divisor else ""
        return self._build_recipe(steps, by, {"valeur": measure_label} | ({by: label} if by else {}))

    def _build_recipe(self, steps: list[Step], by: str | None, labels: dict[str, str]) -> Recipe:
        data, partner = self.data, self.partner
        both = [self.dataset, *([partner.dataset] if partner else [])]
        base = self._base(partner) if partner else f"{{lignes}} lignes du fichier{self._filled()}"
        return Recipe(
            title=data["title"],
            sources={"jeu": self.dataset.slug} | ({OTHER: partner.dataset.slug} if partner else {}),
            steps=tuple(steps),
            figure=Figure(
                kind=data["kind"],
                title=data["title"],
                unit=data["unit"].strip() or self._unit(),
                base=base,
                year=self._period(),
                source=" ; ".join(f"{d.title} ({d.producer})" if d.producer else d.title for d in both),
                encodings=_encodings(data["kind"], by, labels),
                simulated=any(d.simulated for d in both),
            ),
        )

    def _unit(self) -> str:
        """That of what is measured, as its header announces it."""
        measure, divisor, operation = self._measures()
        if measure is None and divisor is None:
            return "lignes"
        if measure is None or divisor is not None or operation == "count_distinct":
            return FILE_UNIT
        return unit_of(header_words(measure.name, measure.label), measure.label)

    def _base(self, partner: Partner) -> str:
        """Base of the figure: which rows found their partner and, with a condition, how many rows remain."""
        condition = self._condition()
        before = " qui remplissent la condition" if condition and not condition[0].side else ""
        suffixes = [self._filled()] if self._ratio() else []
        if condition and condition[0].side:
            suffixes.append(" qui remplissent la condition")
        after = f" ; parmi elles, comptent les {{lignes}} lignes{' et'.join(suffixes)}" if suffixes else ""
        measure, divisor, operation = self._measures()
        unmatched = f"{{seules:{_token(partner.dataset.title)}}}" if _of_second(measure, divisor) else ""
        added_up = operation == "sum" and divisor is None and _of_second(measure)
        shared = added_up and not self._is_single_number() and not self._column_of_group().side
        several = f"{{partagees:{_token(partner.dataset.title)}}}" if shared else ""
        return (
            f"{{trouvees}} lignes sur {{avant}} de « {self.dataset.title} »{before} ont trouvé leur partenaire dans "
            f"« {partner.dataset.title} » ; {{perdues}} n'en ont pas et ne comptent pas{unmatched}{after}{several}"
        )

    def _filled(self) -> str:
        """Of a ratio, both values are there in the rows that count: a missing one is no zero."""
        named = [f"« {column.label} »" for column in self._ratio()]
        return (
            f" où {join_words(named)} {'est renseigné' if len(named) == 1 else 'sont renseignés'}"
            if named
            else ""
        )

    def _ratio(self) -> list[Column]:
        """The columns of a ratio, empty without one."""
        measure, divisor, _ = self._measures()
        return [column for column in (measure, divisor) if column is not None] if divisor else []

    def _measures(self) -> tuple[Column | None, Column | None, str]:
        """What is measured (None: the rows), what it is divided by, and how."""
        data = self.data
        operation, _, name = data["measure"].partition("|")
        divisor = self.columns[data["divisor"]] if data.get("divisor") else None
        return (self.columns[name], divisor, operation) if name else (None, divisor, "count")

    def _measured(
        self, by: str | None, operation: str, measure: Column | None, divisor: Column | None
    ) -> list[Step]:
        """The grouping, in two times when something of the second dataset is added up."""
        keys = (by,) if by else ()
        inside = measure is not None and measure.side and operation in ("sum", "mean")
        if not inside and divisor is None:
            one = Measure(
                name="valeur", operation=operation, column=self._after(measure) if measure else None
            )  # type: ignore[arg-type]
            return [Group(by=keys, measures=(one,))]
        total = "valeur" if divisor is None else self._unique_name("total")
        size = self._unique_name("diviseur")
        wanted = [(total, measure, operation)] + ([(size, divisor, "sum")] if divisor else [])
        steps: list[Step] = []
        if self.partner:
            # One row for each row of the second dataset (in each group): its own values are there once.
            partner = self._after(self.columns[f"{OTHER}:{self.partner.pair.right}"])
            inner = [Measure(name=f"{name}{INNER}", **_first(column, self)) for name, column, _ in wanted]
            steps.append(Group(by=tuple(dict.fromkeys((partner, *keys))), measures=tuple(inner)))
            outer = [
                Measure(name=name, operation="mean" if op == "mean" else "sum", column=f"{name}{INNER}")
                for name, _, op in wanted
            ]
        else:
            outer = [
                Measure(name=name, operation=op, column=column.name if column else None)  # type: ignore[arg-type]
                for name, column, op in wanted
            ]
        steps.append(Group(by=keys, measures=tuple(outer)))
        if divisor is not None:
            steps.append(Derive(name="valeur", operation="ratio", column=total, other=size))
        return steps

    def _condition(self) -> tuple[Column, Filter] | None:
        if not self.data["filter_column"]:
            return None
        column = self.columns[self.data["filter_column"]]
        test = Condition(
            column=self._after(column), op=self.data["filter_test"], value=self.data["filter_value"].strip()
        )
        return column, Filter(conditions=(test,))

    def _join(self, *used: Column | None) -> Join:
        if self.partner is None:
            raise ValueError("only two datasets are joined")
        pair = self.partner.pair
        group = None if self._is_single_number() else self._column_of_group()
        needed = [column.name for column in (group, *used) if column is not None and column.side]
        return Join(
            source=OTHER,
            on=(Key(left=pair.left, right=pair.right),),
            keep="matched",
            columns=tuple(dict.fromkeys((pair.right, *needed))),
            fold=pair.fold,
        )

    def _is_single_number(self) -> bool:
        return bool(self.data["kind"] == "number" or self.data["group"] == ALL)

    def _column_of_group(self) -> Column:
        return self.columns[self.data["group"].partition("|")[0]]

    def _grouping(self) -> tuple[str | None, str, Derive | None]:
        if self._is_single_number():
            return None, "", None
        part = self.data["group"].partition("|")[2]
        column = self._column_of_group()
        name = self._after(column)
        if not part:
            return name, column.label, None
        derived = self._unique_name(part)
        measure_label = f"{column.label} ({DATE_PARTS[part]})"
        return derived, measure_label, Derive(name=derived, operation=part, column=name)

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
        years = [
            c.name for c in first if c.type == "integer" and c.name in ("annee", "exercice", "millesime")
        ]
        return f"{{periode:{[*dated, *years][0]}}}" if dated or years else "{depot}"


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

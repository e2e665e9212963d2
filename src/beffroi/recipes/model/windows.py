"""Steps that compare each row with others: earlier rows, the rows of its group, the same period a year before.

On protected data they come after the grouping, where they only see visible groups.
"""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from beffroi.recipes.model.base import MAX_NAME_LENGTH, FrozenModel, Name
from beffroi.recipes.model.rows import Order
from beffroi.recipes.model.shape import Measure
from beffroi.text import format_number

_OF_ROWS = ("previous", "next", "difference", "change", "moving_mean", "moving_sum")
_OF_A_YEAR = ("last_year", "last_year_difference", "last_year_change")


class Calculation(FrozenModel):
    """One column that a window adds.

    cumulative: the sum of `column` from the first row to this one. rank: 1, 1, 3; dense_rank: 1, 1, 2; both follow
    the window's order, and a row whose first column of this order is missing has none. previous, next: the value
    `rows` earlier or later; difference: this value minus the one `rows` earlier; change: that difference in percent
    of the earlier value, nothing when it is not above 0. moving_mean, moving_sum: over the `rows` rows that end with
    this one, nothing until there are as many. last_year, last_year_difference, last_year_change: the same with the
    row whose period is a year earlier, nothing when there is none or several. share: percent of the partition's
    total, nothing when it is 0. Missing values are left out of sums and means. Sums of decimals are decimals.
    """

    name: Name
    operation: Literal[
        "cumulative", "rank", "dense_rank", "previous", "next", "difference", "change", "moving_mean", "moving_sum",
        "last_year", "last_year_difference", "last_year_change", "share",
    ]  # fmt: skip
    column: Name | None = None
    rows: int = Field(default=1, ge=1, le=1_000)

    @model_validator(mode="after")
    def _require_operands(self) -> Self:
        ranked = self.operation in ("rank", "dense_rank")
        if ranked == (self.column is not None):
            what = "suit l'ordre, sans colonne" if ranked else "doit dire sur quelle colonne il porte"
            raise ValueError(f"Le calcul « {self.name} » {what}.")
        if self.rows != 1 and self.operation not in _OF_ROWS:
            raise ValueError(f"Le calcul « {self.name} » ne compte pas de lignes : retirez leur nombre.")
        if self.rows < 2 and self.operation in ("moving_mean", "moving_sum"):
            raise ValueError(f"Le calcul « {self.name} » doit porter sur 2 lignes au moins.")
        return self

    @property
    def of_a_year(self) -> bool:
        return self.operation in _OF_A_YEAR

    @property
    def ordered(self) -> bool:
        return not self.of_a_year and self.operation != "share"


class Window(FrozenModel):
    """Add columns computed from other rows of the same `partition` (none: all rows), in this `order`.

    Rows stay as they are, where they are; rows that `order` leaves equal are told apart by their other columns.
    `period` says which column holds the period for comparisons with last year: dates (the same day), whole numbers
    (years), or texts that begin with the year ("2024-03", "2024-S09", "2023-2024").
    """

    step: Literal["window"] = "window"
    partition: tuple[Name, ...] = ()
    order: tuple[Order, ...] = ()
    period: Name | None = None
    columns: tuple[Calculation, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        names = [calculation.name for calculation in self.columns]
        if len(set(names)) < len(names):
            raise ValueError("Deux calculs portent le même nom.")
        for calculation in self.columns:
            if calculation.ordered and not self.order:
                raise ValueError(f"Le calcul « {calculation.name} » demande dans quel ordre lire les lignes.")
            if calculation.of_a_year and self.period is None:
                raise ValueError(f"Le calcul « {calculation.name} » demande quelle colonne dit la période.")
        return self


class Periods(FrozenModel):
    """One row for each period between the first and the last, for each combination of `by`: missing ones are added.

    `column` holds dates, brought to the first day of their period, or what "derive" makes of dates: months
    ("2024-03"), weeks ("2024-S09"), whole years. With `measures`, rows are grouped by period first; without, they stay.
    `first` and `last` (ISO 8601 dates) replace the bounds found: periods outside are left out. Without them, `span`
    says whose first and last: of all rows, or of each group. Rows without a period stay, last. `fill` "zero" gives
    the added rows 0 in their sums and counts (without measures, in their numbers), "nothing" leaves them empty. Rows
    come in the order of `by`, then of the periods.
    """

    step: Literal["periods"] = "periods"
    column: Name
    period: Literal["day", "week", "month", "quarter", "year"]
    by: tuple[Name, ...] = ()
    measures: tuple[Measure, ...] = ()
    span: Literal["all", "each"] = "all"
    first: date | None = None
    last: date | None = None
    fill: Literal["nothing", "zero"] = "nothing"

    @model_validator(mode="after")
    def _bounds_and_names_fit(self) -> Self:
        if self.first is not None and self.last is not None and self.last < self.first:
            raise ValueError("La dernière période vient avant la première : échangez-les.")
        names = [*self.by, self.column, *(measure.name for measure in self.measures)]
        if len(set(names)) < len(names):
            raise ValueError("Deux colonnes des périodes portent le même nom.")
        return self


class Ranking(FrozenModel):
    """Add the column `name`: the rank of each row by `value`, or by what `value` is for `per` units of `denominator`.

    With a denominator, that quotient is the column `rate` too (by default it says what it is: "total pour 100 000
    habitants"). The largest is first, the smallest when `ascending`. Equal values are told apart by `then`, in the
    same direction; those still equal share their rank, and the ranks after it are skipped ("competition": 1, 1, 3) or
    not ("dense": 1, 1, 2). A row whose value or denominator is missing, or whose denominator is not above 0, has no
    rank and comes last. Ranks are counted `within` each combination of these columns. Rows come in the order of ranks.
    """

    step: Literal["ranking"] = "ranking"
    value: Name
    denominator: Name | None = None
    per: Literal[1, 100, 1_000, 10_000, 100_000] = 1
    then: tuple[Name, ...] = ()
    ties: Literal["competition", "dense"] = "competition"
    ascending: bool = False
    within: tuple[Name, ...] = ()
    name: Name = "rang"
    rate: Name | None = None

    @model_validator(mode="after")
    def _rate_has_a_denominator(self) -> Self:
        if self.denominator is None and (self.per != 1 or self.rate is not None):
            raise ValueError("Un classement rapporté à une quantité doit dire quelle colonne la contient.")
        if len(self.rate_name) > MAX_NAME_LENGTH:
            raise ValueError("Donnez un nom plus court à la colonne du classement (« rate »).")
        return self

    @property
    def rate_name(self) -> str:
        """Name of the column that is ranked: the value itself, or its rate."""
        if self.denominator is None:
            return self.value
        units = "par" if self.per == 1 else f"pour {format_number(self.per, ',', ' ')}"
        return self.rate or f"{self.value} {units} {self.denominator}"

"""Recipe model: named sources, then steps in order, stored as data (its JSON Schema drives the pages).

Every model forbids unknown fields and is frozen. A recipe is declarative: no field contains SQL. A module defines a family
of steps; all are exported here.
"""

from beffroi.recipes.model.base import Aggregation, Name, Value
from beffroi.recipes.model.columns import (
    DIVISIONS,
    Choose,
    Commune,
    Compute,
    Derive,
    Division,
    FromReference,
    Place,
)
from beffroi.recipes.model.recipe import Recipe, Step, compares, reads, sources_of
from beffroi.recipes.model.rows import Check, Condition, Filter, Order, Rule, Sort, Top
from beffroi.recipes.model.shape import Group, Measure, Pivot, Unpivot
from beffroi.recipes.model.sources import Join, Key, Source, Stack
from beffroi.recipes.model.spatial import AreaShare, Around, Coordinates, Located, Nearest, Summed, Within
from beffroi.recipes.model.windows import Calculation, Periods, Ranking, Window

__all__ = [
    "DIVISIONS",
    "Aggregation",
    "AreaShare",
    "Around",
    "Calculation",
    "Check",
    "Choose",
    "Commune",
    "Compute",
    "Condition",
    "Coordinates",
    "Derive",
    "Division",
    "Filter",
    "FromReference",
    "Group",
    "Join",
    "Key",
    "Located",
    "Measure",
    "Name",
    "Nearest",
    "Order",
    "Periods",
    "Pivot",
    "Place",
    "Ranking",
    "Recipe",
    "Rule",
    "Sort",
    "Source",
    "Stack",
    "Step",
    "Summed",
    "Top",
    "Unpivot",
    "Value",
    "Window",
    "Within",
    "compares",
    "reads",
    "sources_of",
]

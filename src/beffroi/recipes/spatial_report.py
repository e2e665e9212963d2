"""Report on a spatial join before it is added: rows located, matched, with swapped coordinates, shapes repaired.

In: a table, the step and the other source. Out: counts, from one query for each side.
"""

from dataclasses import asdict, dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from beffroi.recipes import geometry
from beffroi.recipes.context import StepContext
from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import AreaShare, Around, Coordinates, Located
from beffroi.recipes.spatial_joins import distinct_shapes, location_keys, match_locations, with_location_keys

_FLAG, _FOUND = "located", "found"


@dataclass(frozen=True)
class Side:
    """Counts of one side: its rows, those that can be located, those whose longitude and latitude look swapped, those whose
    shape was repaired.
    """

    rows: int
    located: int
    swapped: int
    repaired: int

    @property
    def looks_swapped(self) -> bool:
        return self.swapped > 0.5 * self.rows


@dataclass(frozen=True)
class SpatialJoinReport:
    """Counts of both sides, and the rows that found a match: an area, a nearest, one row around, a common area."""

    here: Side
    there: Side
    found: int

    def to_dict(self) -> dict[str, int]:
        sides = {"here": self.here, "there": self.there}
        counts = {f"{side}_{name}": n for side, of in sides.items() for name, n in asdict(of).items()}
        return counts | {_FOUND: self.found}

    @classmethod
    def from_dict(cls, counts: dict[str, int]) -> "SpatialJoinReport":
        names = Side.__dataclass_fields__
        here, there = (Side(**{n: counts[f"{side}_{n}"] for n in names}) for side in ("here", "there"))
        return cls(here, there, counts[_FOUND])

    def sentence(self, dataset: str) -> str:
        """« 95 lignes sur 100 trouvent leur place dans « Quartiers » ; 5 n'en trouvent pas, dont 2 sans coordonnées lisibles. »"""
        lost, lonely = self.here.rows - self.found, self.here.rows - self.here.located
        words = [
            f"{humanize_number(self.found)} {_lines(self.found)} sur {humanize_number(self.here.rows)} "
            f"{'trouve' if self.found < 2 else 'trouvent'} quelque chose dans « {dataset} »"
        ]
        if lost:
            not_found = f"{humanize_number(lost)} ne {'trouve' if lost < 2 else 'trouvent'} rien"
            words.append(
                f"{not_found}, dont {humanize_number(lonely)} sans coordonnées lisibles"
                if lonely
                else not_found
            )
        unlocated = self.there.rows - self.there.located
        if unlocated:
            words.append(
                f"{humanize_number(unlocated)} {_lines(unlocated)} de « {dataset} » sans coordonnées lisibles "
                f"{'est laissée' if unlocated < 2 else 'sont laissées'} de côté"
            )
        repaired = self.here.repaired + self.there.repaired
        if repaired:
            words.append(
                f"{humanize_number(repaired)} {'forme mal fermée ou croisée est réparée' if repaired < 2 else 'formes mal fermées ou croisées sont réparées'}"
            )
        return " ; ".join(words) + "."


def report(table: ir.Table, step: Located, ctx: StepContext, right: ir.Table) -> SpatialJoinReport:
    """Raises RecipeError when a column is missing, or has no locations."""
    keys = location_keys(step.coordinates)
    here = with_location_keys(table, step, ctx)
    shapes = distinct_shapes(table, step, ctx)
    found, names = match_locations(table, step, ctx, right)
    if isinstance(step, Around | AreaShare):
        found = found.filter(found[names[step.name]] > 0)
    marked = here.left_join(shapes.select(*keys, **{_FLAG: ibis.literal(True)}), keys)
    marked = marked.select(*keys, _FLAG)
    marked = marked.left_join(found.select(*keys, **{_FOUND: ibis.literal(True)}), keys).select(
        *keys, _FLAG, _FOUND
    )
    (row,) = ctx.run(
        marked.aggregate(**_counts(marked, keys, step.coordinates), found=marked[_FOUND].count())
    ).to_pylist()
    columns = geometry.coordinate_columns(right, step.other, ctx, step.source).values()
    others = right.select(**dict(zip(location_keys(step.other), columns, strict=True)))
    others = others.mutate(
        **{
            _FLAG: geometry.shape([others[key] for key in location_keys(step.other)], step.other)
            .notnull()
            .nullif(False)
        }
    )
    (other,) = ctx.run(others.aggregate(**_counts(others, location_keys(step.other), step.other))).to_pylist()
    return SpatialJoinReport(_side(row), _side(other), int(row["found"]))


def _counts(table: ir.Table, keys: list[str], where: Coordinates) -> dict[str, Any]:
    columns = [table[key] for key in keys]
    return {
        "rows": table.count(),
        "located": table[_FLAG].count(),
        "swapped": geometry.looks_swapped(columns, where).sum(),
        "repaired": geometry.needs_repair(columns, where).sum(),
    }


def _side(row: dict[str, Any]) -> Side:
    return Side(*(int(row[name] or 0) for name in ("rows", "located", "swapped", "repaired")))


def _lines(count: int) -> str:
    return "ligne" if count < 2 else "lignes"

"""Points that an assembly voted, criterion by criterion: where each is read, and what a row has from each.

In come a table of the vote (`criterion`, `points`, `level`) and rows about requests; out go a `Vote`, and points by number of criterion.
A criterion is read in the column whose label or hint stands in its name; else it is one of those that a row names in one cell.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.cells import Row
from beffroi.systems.kit.declared import manifest_of
from beffroi.systems.kit.words import fr, listed


@dataclass(frozen=True)
class Criterion:
    """One line of the vote. `column`: where it is read; `level`: the value that counts there, empty for any that is not no."""

    name: str
    level: str
    points: float
    column: str

    @property
    def label(self) -> str:
        return f"{self.name} : {self.level}" if self.level else self.name


@dataclass(frozen=True)
class Vote:
    """`others`: the column that names, between semicolons, the criteria without a column (with their level where they have one).
    `labels`: of columns, as people read them.
    """

    criteria: tuple[Criterion, ...]
    others: str
    labels: dict[str, str]
    notes: tuple[str, ...]

    def points_of(self, row: Row) -> dict[int, float]:
        """Points by number of criterion, of those that the row meets."""
        named = set(self._named(row))
        return {n: c.points for n, c in enumerate(self.criteria) if self._is_met(c, row, named)}

    def _is_met(self, criterion: Criterion, row: Row, named: set[str]) -> bool:
        cell = row.get(criterion.column)
        if criterion.column == self.others:
            return cells.key(criterion.label) in named
        if criterion.level:
            return cells.key(cell) == cells.key(criterion.level)
        return bool(cells.text(cell)) and cells.boolean(cell) is not False

    def _named(self, row: Row) -> list[str]:
        return [key for part in cells.text(row.get(self.others)).split(";") if (key := cells.key(part))]

    def count_unvoted(self, row: Row) -> int:
        """How many criteria a row names that were not voted."""
        voted = {cells.key(criterion.label) for criterion in self.criteria}
        return sum(key not in voted for key in self._named(row))

    def notes_on_unmet(self, met: Iterable[int]) -> list[str]:
        """Criteria that no row meets: perhaps nobody does, perhaps a column is not bound or a name differs."""
        known = set(met)
        unmet = [criterion.label for number, criterion in enumerate(self.criteria) if number not in known]
        if not unmet:
            return []
        return [
            f"Aucune demande n’a les points de : {listed(unmet)}. Vérifiez que la colonne est reliée et que les noms sont les mêmes."
        ]


def read_vote(
    package: str, tables: Tables, *, table: str, about: str, columns: Iterable[str], others: str
) -> Vote:
    """The vote of the input `table` on the rows of the input `about`, whose `columns` may hold a criterion.

    Raises `BadInput` where no line can serve; those that cannot are told.
    """
    inputs = {declared["name"]: declared for declared in manifest_of(package)["inputs"]}
    declared = {column["name"]: column for column in inputs[about]["columns"]}
    names = {column: [declared[column]["label"], *declared[column].get("hints", ())] for column in columns}
    rejected, found = cells.Rejected.of(package, table), dict[tuple[str, str], Criterion]()
    for row in cells.rows(tables, table):
        name, level = cells.text(row.get("criterion")), cells.text(row.get("level"))
        points, key = cells.number(row.get("points")), (cells.key(name), cells.key(level))
        if not key[0] or points is None:
            rejected.add("sans critère ou sans points", name)
        elif points < 0:
            rejected.add("points négatifs", f"{name} : {fr(points)}")
        elif key in found:
            rejected.add("critère déjà donné, la première ligne compte", name)
        else:
            found[key] = Criterion(name, level, points, _column(name, names) or others)
    if not found:
        raise BadInput(
            "Aucun critère voté ne peut servir : il faut un critère et ses points par ligne. Versez le vote du conseil."
        )
    labels = {name: column["label"] for name, column in declared.items()}
    return Vote(tuple(found.values()), others, labels, tuple(rejected.notes()))


def _column(name: str, names: dict[str, list[str]]) -> str:
    """The only column of which a name stands in that of the criterion; empty where none does, or several do."""
    words = f" {cells.key(name)} "
    found = [
        column for column, usual in names.items() if any(f" {cells.key(one)} " in words for one in usual)
    ]
    return found[0] if len(found) == 1 else ""

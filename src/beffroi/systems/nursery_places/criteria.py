"""Voted criteria: which column of the requests each is read in, and the points that a request has from each.

In come the rows of the council's vote and of the requests; out go `Criterion`s, and points by criterion.
"""

from dataclasses import dataclass

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.cells import Row
from beffroi.systems.kit.declared import manifest_of
from beffroi.systems.kit.words import fr, listed

SIBLING, OTHERS = "sibling", "situations"
COLUMNS = (SIBLING, "single_parent", "disability", "social")  # the others are named in `situations`


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


def read_criteria(tables: Tables) -> tuple[list[Criterion], list[str]]:
    """The vote, and notes on its lines that cannot serve. Raises `BadInput` where none can."""
    rejected, found, seen = cells.Rejected.of(__package__, "criteria"), [], set()
    for row in cells.rows(tables, "criteria"):
        name, level, points = (
            cells.text(row.get("criterion")),
            cells.text(row.get("level")),
            cells.number(row.get("points")),
        )
        if not cells.key(name) or points is None:
            rejected.add("sans critère ou sans points", name)
        elif points < 0:
            rejected.add("points négatifs", f"{name} : {fr(points)}")
        elif (same := (cells.key(name), cells.key(level))) in seen:
            rejected.add("critère déjà donné, la première ligne compte", name)
        else:
            seen.add(same)
            found.append(Criterion(name, level, points, _column(name)))
    if not found:
        raise BadInput(
            "Aucun critère voté ne peut servir : il faut un critère et ses points par ligne. Versez le vote du conseil."
        )
    return found, rejected.notes()


def label_of(column: str) -> str:
    return str(_declared(column)["label"])


def points_of(criteria: list[Criterion], row: Row) -> tuple[dict[int, float], str]:
    """Points by number of criterion, those of siblings included; and the nursery of the sibling, empty where it is not said."""
    named = {cells.key(part) for part in cells.text(row.get(OTHERS)).split(";")}
    points, sibling = {}, cells.text(row.get(SIBLING))
    for number, criterion in enumerate(criteria):
        cell = row.get(criterion.column)
        if criterion.column == OTHERS:
            has = cells.key(criterion.name) in named
        elif criterion.level:
            has = cells.key(cell) == cells.key(criterion.level)
        else:
            has = bool(cells.text(cell)) and cells.boolean(cell) is not False
        if has:
            points[number] = criterion.points
    return points, "" if cells.boolean(sibling) else sibling


def unvoted_situations(criteria: list[Criterion], row: Row) -> int:
    """How many situations of a request are no criterion of the vote."""
    voted = {cells.key(criterion.name) for criterion in criteria}
    return sum(
        cells.key(part) not in voted for part in cells.text(row.get(OTHERS)).split(";") if part.strip()
    )


def notes_on_unmet(criteria: list[Criterion], met: set[int]) -> list[str]:
    """Criteria that no request meets: perhaps nobody, perhaps a column that is not bound or a name that differs."""
    unmet = [criterion.label for number, criterion in enumerate(criteria) if number not in met]
    if not unmet:
        return []
    return [
        f"Aucune demande n’a les points de : {listed(unmet)}. Vérifiez que la colonne est reliée et que les noms sont les mêmes."
    ]


def _column(name: str) -> str:
    """The column whose label or usual names are in the name of a criterion; that of the other criteria where none is, or several."""
    words = f" {cells.key(name)} "
    found = [column for column in COLUMNS if any(f" {cells.key(hint)} " in words for hint in _names(column))]
    return found[0] if len(found) == 1 else OTHERS


def _names(column: str) -> list[str]:
    declared = _declared(column)
    return [declared["label"], *declared["hints"]]


def _declared(name: str) -> Row:
    requests = next(table for table in manifest_of(__package__)["inputs"] if table["name"] == "requests")
    return next(column for column in requests["columns"] if column["name"] == name)

"""Schema drift: changes in the columns of a file since the previous deliveries. Detected here, decided by a person.

In: the current columns and the new ones, with their contents when available. Out: changes, each with the answers that
it accepts; `drift_answers` rewrites the file accordingly.
"""

# Names go through `quote_identifier`, texts through `quote_literal`: no text of a user becomes SQL.
# ruff: noqa: S608

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, Self

from beffroi.lake.quoting import quote_identifier
from beffroi.lake.schemas import exactly_castable
from beffroi.lake.tables import Column, ColumnType, StagedTable
from beffroi.lake.target_tables import TargetTable, staged_rows

type Kind = Literal["added", "gone", "renamed", "unit", "widened", "narrowed", "emptier", "order"]

ACCEPT, IGNORE, KEEP, REFUSE = "accept", "ignore", "keep", "refuse"
SAME, OTHER, NEW_TYPE, AS_BEFORE = "same", "other", "new_type", "as_before"
CHOICES: Mapping[Kind, tuple[str, ...]] = {
    "added": (ACCEPT, IGNORE),
    "gone": (KEEP, REFUSE),
    "renamed": (SAME, OTHER),
    "unit": (SAME, OTHER),
    "widened": (NEW_TYPE, AS_BEFORE, REFUSE),
    "narrowed": (AS_BEFORE, NEW_TYPE, REFUSE),
    "emptier": (ACCEPT, REFUSE),
    "order": (),  # columns are known by their names: told, not asked
}
ALIKE = (
    0.5  # share of values found again, or likeness of names, from which another name is proposed for a column
)
JUMP, ENOUGH_ROWS = (
    0.3,
    10,
)  # a share of empty values that grew by so much means something else is in the column
MAX_PAIRS = 20
_NUMBERS: tuple[ColumnType, ...] = ("integer", "decimal", "number")
_WIDER: Mapping[ColumnType, tuple[ColumnType, ...]] = {
    "integer": ("decimal", "number", "text", "code"),
    "decimal": ("number", "text", "code"),
    "number": ("text", "code"),
    "boolean": ("text", "code"),
    "date": ("datetime", "text", "code"),
    "datetime": ("text", "code"),
    "time": ("text", "code"),
    "geometry": ("text",),
}
_UNIT = re.compile(
    r"\(\s*([^()]{1,12})\s*\)\s*$|\[\s*([^\[\]]{1,12})\s*\]\s*$|[\s_]+en[\s_]+([\w€%²³/]{1,12})\s*$", re.I
)


@dataclass(frozen=True)
class Change:
    """One change. `column`: its name in the file, or in the lake when it is missing; `held`: its previous name.

    `before`, `after`: labels, types, units or shares (0..1) as texts, for display.
    """

    kind: Kind
    column: str
    label: str
    held: str = ""
    before: str = ""
    after: str = ""

    @property
    def key(self) -> str:
        """Identifier of the change in the answers."""
        return f"{self.kind}:{self.column}"

    @property
    def choices(self) -> tuple[str, ...]:
        return CHOICES[self.kind]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(**data)


def awaiting_answer(changes: Iterable[Change]) -> list[Change]:
    """Changes that need an answer."""
    return [change for change in changes if change.choices]


def detect_drift(
    target: TargetTable, staged: StagedTable, *, empty: Mapping[str, float], empty_now: Mapping[str, float]
) -> tuple[Change, ...]:
    """Changes of a staged file against the target table, contents compared.

    `empty`, `empty_now`: share (0..1) of empty values by column, in the previous delivery and in this one.
    """
    exact = set(
        exactly_castable(target.connection, staged_rows(staged), target.types(), target.types_of(staged))
    )

    def found_again(old: str, new: str) -> float:
        """Share of the values of the file's column present in the current one."""
        row = target.connection.execute(
            f"SELECT avg(CASE WHEN v IN (SELECT CAST({quote_identifier(old)} AS VARCHAR) FROM {target.at}) THEN 1.0 ELSE 0.0 END) "
            f"FROM (SELECT DISTINCT CAST({quote_identifier(new)} AS VARCHAR) AS v FROM {staged_rows(staged)} "
            f"WHERE {quote_identifier(new)} IS NOT NULL ORDER BY v LIMIT 1000)"
        ).fetchone()
        return float(row[0]) if row and row[0] is not None else 0.0

    changes = list(column_changes(target.columns, staged.columns, exact=exact, found_again=found_again))
    if staged.rows_kept >= ENOUGH_ROWS:
        known = {column.name: column for column in target.columns}
        for column in staged.columns:
            before, now = empty.get(column.name), empty_now.get(column.name, 0.0)
            if column.name in known and before is not None and now - before >= JUMP:
                changes.append(
                    Change("emptier", column.name, column.label, "", f"{before:.3f}", f"{now:.3f}")
                )
    return tuple(changes)


def column_changes(
    current: Sequence[Column],
    new: Sequence[Column],
    *,
    exact: Iterable[str] = (),
    found_again: Callable[[str, str], float] | None = None,
) -> tuple[Change, ...]:
    """Changes visible in the columns alone. `exact`: columns whose values all fit the current type.

    `found_again(current, new)`: share of values in common, when the rows are available.
    """
    before = {column.name: column for column in current}
    after = {column.name: column for column in new}
    missing = [column for column in current if column.name not in after]
    added = [column for column in new if column.name not in before]
    pairs = _renamed(list(current), list(new), missing, added, found_again)
    changes: list[Change] = []
    for column in added:
        old = pairs.get(column.name)
        if old is None:
            changes.append(Change("added", column.name, column.label, after=column.type))
            continue
        units = _unit(old.label)[1], _unit(column.label)[1]
        if units[0] != units[1] and _unit(old.label)[0] == _unit(column.label)[0]:
            changes.append(Change("unit", column.name, column.label, old.name, *units))
        else:
            changes.append(Change("renamed", column.name, column.label, old.name, old.label, column.label))
    paired = {column.name for column in pairs.values()}
    changes += [
        Change("gone", column.name, column.label, column.name)
        for column in missing
        if column.name not in paired
    ]
    exact = set(exact)
    for name, column in after.items():
        same = before.get(name)
        if same is None or same.type == column.type or name in exact:
            continue
        kind: Kind = "widened" if column.type in _WIDER.get(same.type, ()) else "narrowed"
        changes.append(Change(kind, name, column.label, name, same.type, column.type))
    common = [column.name for column in current if column.name in after]
    if not changes and common != [name for name in after if name in before]:
        changes.append(Change("order", "", ""))
    return tuple(changes)


def _renamed(
    current: list[Column],
    new: list[Column],
    missing: list[Column],
    added: list[Column],
    found_again: Callable[[str, str], float] | None,
) -> dict[str, Column]:
    """Current column of each new column that may be a rename of it; best pairs first."""
    pairs = [(old, column) for old in missing for column in added if _comparable(old, column)][:MAX_PAIRS]
    scores = []
    for old, column in pairs:
        names = SequenceMatcher(None, _unit(old.label)[0], _unit(column.label)[0]).ratio()
        place = len(current) == len(new) and current.index(old) == new.index(column)
        values = found_again(old.name, column.name) if found_again else 0.0
        # Numbers coincide by chance: values in common prove nothing by themselves.
        by_values = values >= ALIKE and old.type not in (*_NUMBERS, "boolean")
        if by_values or names >= 0.75 or (place and (names >= ALIKE or values >= ALIKE)):
            scores.append((names + values + 0.5 * place, old, column))
    chosen: dict[str, Column] = {}
    for _, old, column in sorted(scores, key=lambda scored: -scored[0]):
        if column.name not in chosen and old not in chosen.values():
            chosen[column.name] = old
    return chosen


def _comparable(old: Column, new: Column) -> bool:
    words: tuple[ColumnType, ...] = ("text", "code")
    return old.type == new.type or any({old.type, new.type} <= set(kinds) for kinds in (_NUMBERS, words))


def _unit(label: str) -> tuple[str, str]:
    """Header without its unit, and the unit: « Montant (k€) » → « montant », « k€ »."""
    found = _UNIT.search(label)
    unit = next((part for part in found.groups() if part), "") if found else ""
    words = label[: found.start()] if found else label
    return " ".join(re.split(r"[\s_]+", words.strip())).casefold(), unit.strip()

"""Cells and rows of input tables, read with tolerance: what cannot serve is counted, and told in one note a reason.

Bound columns are typed already; raw tables of text are parsed all the same. « NA », « NULL », « - » and empty text are missing.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa

from beffroi.systems.contract import Tables
from beffroi.systems.kit.declared import manifest_of
from beffroi.systems.kit.words import listed, plural, short_day
from beffroi.text import fold_name, to_ascii

_MISSING = frozenset({"", "NA", "N/A", "#N/A", "NAN", "NULL", "NONE", "ND", "-"})
_YES = frozenset({"oui", "o", "vrai", "true", "yes", "x", "1", "1 0"})
_NO = frozenset({"non", "n", "faux", "false", "no", "0", "0 0"})
_SPACES = str.maketrans({"\u00a0": None, "\u202f": None, " ": None, ",": "."})

type Row = dict[str, Any]


def text(cell: object) -> str:
    """The text of a cell, empty where nothing is known."""
    found = "" if cell is None else str(cell).strip()
    return "" if found.upper() in _MISSING else found


def number(cell: object) -> float | None:
    """The number of a cell, None where it is missing or no number: « 1 234,5 » is one."""
    if cell is None or isinstance(cell, bool):
        return None
    try:
        value = float(text(cell).translate(_SPACES) if isinstance(cell, str) else cell)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if value == value and abs(value) != float("inf") else None


def day(cell: object) -> date | None:
    """The day of a cell: a date, a moment, or their ISO text."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    try:
        return date.fromisoformat(str(cell)[:10])
    except ValueError:
        return None


def boolean(cell: object) -> bool | None:
    """Yes or no of a cell, None where it says neither: « oui », « x », « vrai » and 1 are yes."""
    if isinstance(cell, bool):
        return cell
    written = key(cell)
    return True if written in _YES else False if written in _NO else None


def moment(cell: object) -> datetime | None:
    """The moment of a cell, or its ISO text; noon of a day without an hour. Zones are left out: the hour is that of the clock."""
    if isinstance(cell, str):
        try:
            cell = (
                datetime.fromisoformat(cell.strip())
                if len(cell.strip()) > 10
                else date.fromisoformat(cell.strip())
            )
        except ValueError:
            return None
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    return datetime(cell.year, cell.month, cell.day, 12) if isinstance(cell, date) else None


def key(cell: object) -> str:
    """What two spellings of a name share: no accent, case, apostrophe nor punctuation. « L’Orme » and « L'ORME » are one."""
    return _key(text(cell))


@lru_cache(maxsize=4096)  # a table says the same names on many rows
def _key(written: str) -> str:
    return fold_name(to_ascii(written).replace("'", ""))


def rows(tables: Tables, name: str) -> Iterator[Row]:
    """The rows of an input table as dictionaries; none where the table is absent. A column that is absent is not in the row."""
    table: pa.Table | None = tables.get(name)
    if table is not None:
        for batch in table.to_batches(max_chunksize=10_000):
            yield from batch.to_pylist()


class Rejected:
    """Rows left out of one table, counted by reason, to be told: « 12 lignes de « Relevés » écartées : sans date »."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._reasons: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}

    @classmethod
    def of(cls, package: str, name: str) -> "Rejected":
        """Those of the input `name` of the system of `package`, under the title that its manifest gives to the table."""
        return cls(next(table["title"] for table in manifest_of(package)["inputs"] if table["name"] == name))

    def add(self, reason: str, example: object = "", count: int = 1) -> None:
        """Count rows left out for one reason; up to three examples a reason are told. No row, and nothing is."""
        if not count:
            return
        self._reasons[reason] += count
        seen = self._examples.setdefault(reason, [])
        if (label := text(example)) and label not in seen and len(seen) < 3:
            seen.append(label)

    @property
    def count(self) -> int:
        return self._reasons.total()

    def notes(self) -> list[str]:
        """One sentence a reason, the most frequent first."""
        return [
            f"{plural(count, 'ligne', 'lignes')} de « {self.title} » {'écartée' if count < 2 else 'écartées'} : {reason}"
            + (f" ({listed(self._examples[reason])})." if self._examples[reason] else ".")
            for reason, count in self._reasons.most_common()
        ]


def daily(
    tables: Tables,
    name: str,
    place: str,
    columns: tuple[str, ...],
    rejected: Rejected,
    today: date | None,
    below_zero: tuple[str, ...] = (),
) -> Iterator[tuple[str, date, list[float | None]]]:
    """The values of the columns by place and day: the first row of each, none of `today` or later, none negative but in the columns
    `below_zero`. The first column is always known. `place`: the column of the place."""
    seen: set[tuple[str, date]] = set()
    for row in rows(tables, name):
        where, when = text(row.get(place)), day(row.get("date"))
        values = [number(row.get(column)) for column in columns]
        signed = (one for column, one in zip(columns, values, strict=True) if column not in below_zero)
        if not where or when is None or values[0] is None:
            rejected.add("sans lieu, sans jour ou sans nombre", where)
        elif any(one is not None and one < 0 for one in signed):
            rejected.add("nombre négatif", f"{where}, {short_day(when)}")
        elif today is not None and when >= today:
            rejected.add("jour qui n’est pas encore passé", short_day(when))
        elif (where, when) in seen:
            rejected.add("jour déjà donné, la première ligne sert", f"{where}, {short_day(when)}")
        else:
            seen.add((where, when))
            yield where, when, values

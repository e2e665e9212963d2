"""Subtotals in the middle of a table: rows that sum those above them, and would be counted twice.

In: a `Source` of text cells. Out: the lines of proven subtotals, with the reason, and those only suspected: the first
are set aside, the others kept and asked.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `literal` or a parameter

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.lake.readers.source import Source

# Giant tables are exports of records: subtotals are a habit of reports.
MOST_ROWS = 200_000
MOST_SUSPECTS = 2_000
_WORDS = r"(?:sous[- ]?total|s/?s?[- ]?total|totaux|total)\b"
_SUSPECT = re.compile(rf"\s*{_WORDS}.*", re.IGNORECASE)
_SUBTOTAL = re.compile(r"\s*(?:sous[- ]?total|s/?s?[- ]?total)\b.*", re.IGNORECASE)


@dataclass(frozen=True)
class Verdicts:
    proven: tuple[tuple[int, str], ...] = ()
    suspected: tuple[int, ...] = ()


def find_subtotals(source: Source) -> Verdicts:
    """Looks only at tables of rows with words and numbers; `proven` pairs a line with its reason."""
    if source.unit != "ligne" or source.width < 2:
        return Verdicts()
    cells = [f"c{place}" for place in range(1, source.width + 1)]
    any_of = " OR ".join(f"regexp_matches({cell}, '(?i)^{_WORDS}')" for cell in cells)
    (count,) = source.connection.execute("SELECT count(*) FROM cells").fetchone() or (0,)
    if count > MOST_ROWS:
        return Verdicts()
    (suspects,) = source.connection.execute(f"SELECT count(*) FROM cells WHERE {any_of}").fetchone() or (0,)
    if not suspects or suspects > min(MOST_SUSPECTS, 0.5 * count):
        return Verdicts()
    number = "TRY_CAST(replace(regexp_replace({0}, '[ \u00a0\u202f\u2009€]', '', 'g'), ',', '.') AS DECIMAL(28, 6))"
    numbers = ", ".join(number.format(cell) for cell in cells)
    rows = source.connection.execute(
        f"SELECT _line, [{', '.join(cells)}], [{numbers}] FROM cells ORDER BY _line"
    ).fetchall()
    return _judge(rows)


def _judge(rows: Sequence[tuple[int, Sequence[str | None], Sequence[object]]]) -> Verdicts:
    """A subtotal equals the rows since the last one, or a total the subtotals since the last total, or all rows."""
    proven: list[tuple[int, str]] = []
    suspected: list[int] = []
    block: list[tuple[int, Sequence[object]]] = []
    every: list[tuple[int, Sequence[object]]] = []
    subtotals: list[tuple[int, Sequence[object]]] = []
    for line, texts, values in rows:
        words = next((text for text in texts if text and any(map(str.isalpha, text))), "")
        if not _SUSPECT.fullmatch(words):
            block.append((line, values))
            every.append((line, values))
            continue
        kind = next(
            (
                said
                for said, group in (
                    ("des lignes {0} à {1}", block),
                    ("des sous-totaux des lignes {0} à {1}", subtotals),
                    ("de toutes les lignes au-dessus, {0} à {1}", every),
                )
                if len(group) > 1 or (group and _SUBTOTAL.fullmatch(words) and said.startswith("des lignes"))
                if _sums(values, [other for _, other in group])
            ),
            None,
        )
        if kind:
            group = (
                block
                if kind.startswith("des lignes")
                else subtotals
                if kind.startswith("des sous")
                else every
            )
            said = kind.format(group[0][0], group[-1][0])
            proven.append((line, f"La ligne est la somme {said} : elle ferait compter deux fois."))
            if group is block:
                subtotals.append((line, values))
            elif group is subtotals:
                subtotals = []
            block = []
        else:
            if _SUBTOTAL.fullmatch(words) or re.fullmatch(
                r"total( g[ée]n[ée]ral)?", words.strip(), re.IGNORECASE
            ):
                suspected.append(line)
            block.append((line, values))
            every.append((line, values))
    return Verdicts(tuple(proven), tuple(suspected))


def _sums(values: Sequence[object], group: Sequence[Sequence[object]]) -> bool:
    """Every number of the row that has numbers above it is their sum, and one at least is not zero."""
    shown = False
    for place, value in enumerate(values):
        if value is None:
            continue
        above = [row[place] for row in group if row[place] is not None]
        if not above:
            continue
        total = sum(above)  # type: ignore[arg-type]
        if abs(total - value) > 0.011:  # type: ignore[operator]
            return False
        shown = shown or bool(value)
    return shown

"""Detection of subtotals in the middle of a table: rows that sum those above them, and would be counted twice.

In: a `Source` of text cells. Out: the lines of proven subtotals, with the reason, and suspected ones: the first are
quarantined, the others stay and raise a question.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.lake.readers.source import Source

# Giant tables are exports of records: subtotals are a habit of reports.
MAX_ROWS = 200_000
MAX_SUSPECTS = 2_000
LONGEST_NOTE = 300  # signs of what names a total
_WORDS = r"(?:sous[- ]?total|s/?s?[- ]?total|totaux|total)\b"
_SUSPECT = re.compile(rf"\s*{_WORDS}.*", re.IGNORECASE)
_BARE = re.compile(
    r"\s*(?:(?:sous|s/?s?)[- ]?total\b.*|total|totaux|total g[ée]n[ée]ral)\s*:?\s*", re.IGNORECASE
)


@dataclass(frozen=True)
class Verdicts:
    proven: tuple[tuple[int, str], ...] = ()
    suspected: tuple[int, ...] = ()


def starts_like_total(cell: str) -> str:
    """SQL: whether the cell begins like those of totals."""
    return f"regexp_matches({cell}, '(?i)^{_WORDS}')"


def find_subtotals(source: Source) -> Verdicts:
    """Subtotals of a table of rows with words and numbers; `proven` pairs a line with its reason."""
    if source.unit != "ligne" or source.width < 2:
        return Verdicts()
    cells = [f"c{place}" for place in range(1, source.width + 1)]
    any_of = " OR ".join(map(starts_like_total, cells))
    (count,) = source.connection.execute("SELECT count(*) FROM cells").fetchone() or (0,)
    if count > MAX_ROWS:
        return Verdicts()
    (suspects,) = source.connection.execute(f"SELECT count(*) FROM cells WHERE {any_of}").fetchone() or (0,)
    if not suspects or suspects > min(MAX_SUSPECTS, 0.5 * count):
        return Verdicts()
    number = "TRY_CAST(replace(regexp_replace({0}, '[ \u00a0\u202f\u2009€]', '', 'g'), ',', '.') AS DECIMAL(28, 6))"
    numbers = ", ".join(number.format(cell) for cell in cells)
    rows = source.connection.execute(
        f"SELECT _line, [{', '.join(cells)}], [{numbers}] FROM cells ORDER BY _line"
    ).fetchall()
    breaks = source.connection.execute(
        "SELECT line FROM quarantine WHERE kind IN ('en-tête', 'vide')"
    ).fetchall()
    return _judge(rows, sorted(line for (line,) in breaks))


Row = tuple[int, Sequence[object]]


def _judge(rows: Sequence[tuple[int, Sequence[str | None], Sequence[object]]], breaks: list[int]) -> Verdicts:
    """A subtotal equals the rows since the last one, since a blank row or a repeated header, or a sum of subtotals."""
    proven: list[tuple[int, str]] = []
    suspected: list[int] = []
    block: list[Row] = []
    segment: list[Row] = []
    every: list[Row] = []
    subtotals: list[Row] = []
    for line, texts, values in rows:
        while breaks and breaks[0] < line:
            breaks.pop(0)
            segment = []
        words = [text for text in texts if text and any(map(str.isalpha, text))]
        first = words[0] if words and len(words[0]) <= LONGEST_NOTE else ""
        if not _SUSPECT.fullmatch(first):
            for group in (block, segment, every):
                group.append((line, values))
            continue
        # A row that says nothing but « total » may sum a single row, or zeros.
        bare = len(words) == 1 and _BARE.fullmatch(first) is not None
        found = next(
            (
                (group_label, group)
                for group_label, group in (
                    ("", block), ("", segment), (" sous-totaux des", subtotals), ("", every),
                )
                if len(group) > (0 if bare else 1) and _equals_sums(values, [other for _, other in group], zeros=bare)
            ),
            None,
        )  # fmt: skip
        if found:
            group_label, group = found
            reason = f"La ligne est la somme des{group_label} lignes {group[0][0]} à {group[-1][0]} : elle ferait compter deux fois."
            proven.append((line, reason))
            subtotals = [] if group is subtotals else [*subtotals, (line, values)]
            block, segment = [], []
        else:
            if _BARE.fullmatch(first):
                suspected.append(line)
            for group in (block, segment, every):
                group.append((line, values))
    return Verdicts(tuple(proven), tuple(suspected))


def _equals_sums(values: Sequence[object], group: Sequence[Sequence[object]], *, zeros: bool) -> bool:
    """Whether every number of the row that has numbers above it is their sum, and one at least is not zero."""
    matched = False
    for place, value in enumerate(values):
        if value is None:
            continue
        above = [row[place] for row in group if row[place] is not None]
        if not above:
            continue
        total = sum(above)  # type: ignore[arg-type]
        if abs(total - value) > 0.011:  # type: ignore[operator]
            return False
        matched = matched or bool(value) or zeros
    return matched

"""Detection of summary rows in the middle of a table: rows that sum or average those above them, and would count twice.

In: a `Source` of text cells. Out: the lines of proven ones, with the reason, and suspected ones: the first are
quarantined, the others stay and raise a question. A sum or a mean proves it; so does standing in a column of dates or
numbers only, where the name of a summary is no value.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from beffroi.lake.readers.source import Source

# Giant tables are exports of records: subtotals are a habit of reports.
MAX_ROWS = 200_000
MAX_SUSPECTS = 2_000
LONGEST_NOTE = 300  # signs of what names a total
_SUM_WORDS = r"(?:sous[- ]?total|s/?s?[- ]?total|totaux|total|cumul)\b"
_MEAN_WORDS = r"(?:moyennes?|moy\b\.?)(?![\w'’-])"
_OTHER_WORDS = r"(?:m[ée]dianes?|minimum|maximum|[ée]cart[- ]type)\b"
_WORDS = rf"(?:{_SUM_WORDS}|{_MEAN_WORDS}|{_OTHER_WORDS})"
_MEAN = re.compile(rf"\s*{_MEAN_WORDS}.*", re.IGNORECASE)
_SUSPECT = re.compile(rf"\s*{_WORDS}.*", re.IGNORECASE)
_BARE = re.compile(
    r"\s*(?:(?:sous|s/?s?)[- ]?total\b.*|total|totaux|total g[ée]n[ée]ral|moyennes?|moyenne g[ée]n[ée]rale)\s*:?\s*",
    re.IGNORECASE,
)


# RE2 has no look-ahead: what it lets through, `_SUSPECT` judges.
_SQL_WORDS = _WORDS.replace("(?![\\w'’-])", "").replace("'", "''")
# First letters of all these words, for a test that costs a comparison.
FIRST_LETTERS = "sStTmMcCéÉeEſ"
# A column of fewer values does not tell the name of a summary from a value.
MIN_VALUES = 5
_VALUE = re.compile(r"[^A-Za-zÀ-ÿ]*\d[^A-Za-zÀ-ÿ]*")


@dataclass(frozen=True)
class Verdicts:
    proven: tuple[tuple[int, str], ...] = ()
    suspected: tuple[int, ...] = ()


def starts_like_total(cell: str) -> str:
    """SQL: whether the cell begins like those of totals."""
    return f"regexp_matches({cell}, '(?i)^{_SQL_WORDS}')"


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
    blocks = _Blocks()
    valued = _columns_of_values(rows)
    for line, texts, values in rows:
        while breaks and breaks[0] < line:
            breaks.pop(0)
            blocks.break_segment()
        words = [text for text in texts if text and any(map(str.isalpha, text))]
        first = words[0] if words and len(words[0]) <= LONGEST_NOTE else ""
        if not _SUSPECT.fullmatch(first):
            blocks.add(line, values)
            continue
        # A row that says nothing but « total » may sum a single row, or zeros.
        bare = len(words) == 1 and _BARE.fullmatch(first) is not None
        mean = _MEAN.fullmatch(first) is not None
        found = blocks.explain(values, bare=bare, mean=mean)
        if found:
            group_label, group = found
            what, effect = (
                ("moyenne", "fausserait les calculs") if mean else ("somme", "ferait compter deux fois")
            )
            reason = f"La ligne est la {what} des{group_label} lignes {group[0][0]} à {group[-1][0]} : elle {effect}."
            proven.append((line, reason))
            blocks.close(line, values, group, mean=mean)
        elif len(words) == 1 and texts.index(first) in valued:
            reason = "La ligne résume les autres : sa colonne n'a sinon que des dates ou des nombres."
            proven.append((line, reason))
            blocks.close(line, values, None, mean=mean)
        else:
            if _BARE.fullmatch(first):
                suspected.append(line)
            blocks.add(line, values)
    return Verdicts(tuple(proven), tuple(suspected))


def _columns_of_values(rows: Sequence[tuple[int, Sequence[str | None], Sequence[object]]]) -> set[int]:
    """Columns of dates or numbers, but for the summaries."""
    columns = set()
    for place in range(len(rows[0][1]) if rows else 0):
        filled = [texts[place] for _, texts, _ in rows if texts[place]]
        others = [text for text in filled if text and not _SUSPECT.fullmatch(text[:LONGEST_NOTE])]
        if len(others) >= MIN_VALUES and all(map(_VALUE.fullmatch, others)):
            columns.add(place)
    return columns


class _Blocks:
    """Rows that a summary may be about: since the last one, since a blank row or a repeated header, all; the subtotals."""

    def __init__(self) -> None:
        self._block: list[Row] = []
        self._segment: list[Row] = []
        self._every: list[Row] = []
        self._subtotals: list[Row] = []
        self._closed: list[Row] = []  # the block that the summary just above was about

    def add(self, line: int, values: Sequence[object]) -> None:
        for group in (self._block, self._segment, self._every):
            group.append((line, values))
        self._closed = []

    def break_segment(self) -> None:
        self._segment = []

    def explain(self, values: Sequence[object], *, bare: bool, mean: bool) -> tuple[str, list[Row]] | None:
        """Group whose sums, or means, the row has."""
        least = 0 if bare else 1
        for group_label, group in (
            ("", self._block), ("", self._closed), ("", self._segment), (" sous-totaux des", self._subtotals),
            ("", self._every),
        ):  # fmt: skip
            if len(group) <= least:
                continue
            others = [other for _, other in group]
            if _equals_means(values, others) if mean else _equals_sums(values, others, zeros=bare):
                return group_label, group
        return None

    def close(self, line: int, values: Sequence[object], group: list[Row] | None, *, mean: bool) -> None:
        """Begin another block after a summary of `group`."""
        if not mean and group is not None:
            self._subtotals = [] if group is self._subtotals else [*self._subtotals, (line, values)]
        self._closed = self._block or self._closed
        self._block, self._segment = [], []


def _equals_means(values: Sequence[object], group: Sequence[Sequence[object]]) -> bool:
    """Whether every number of the row that has numbers above it is their mean, as rounded."""
    matched = False
    for place, value in enumerate(values):
        above = [row[place] for row in group if row[place] is not None]
        if value is None or not above:
            continue
        digits = max(0, -Decimal(str(value)).normalize().as_tuple().exponent)  # type: ignore[operator]
        mean = sum(above) / len(above)  # type: ignore[arg-type]
        if abs(mean - value) > Decimal(6) / 10 ** (digits + 1):  # type: ignore[operator]
            return False
        matched = True
    return matched


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

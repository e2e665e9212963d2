"""Robustness checks: very little data, spoiled data, one wrong figure.

In comes the bench; out go points. A breakdown is a fault; a result or a refusal in French is not.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import shorten

import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems import readability
from beffroi.systems.check.bench import NUMERIC, Bench, Trial, with_column
from beffroi.systems.check.report import Point, build_point
from beffroi.systems.check.scale import MAX_SHIFT
from beffroi.systems.check.spoiled_tables import BRIEF_TRIALS, grouped_trials
from beffroi.systems.contract import Outcome, Tables
from beffroi.systems.failures import NOTHING_STORED
from beffroi.text import format_percent

_MAX_REFUSAL = 300  # characters of a refusal: its first sentence, whole unless it never ends
_SHARES = (0.5, 0.25, 0.125, 0.0625)
_WRONG_SHARE, _WRONG_FACTOR = (
    0.01,
    100,
)  # one row in a hundred, a hundred times too large: a key pressed twice more


@dataclass(frozen=True)
class ShrunkSample:
    """`ran`: the sample, then each cut on which the system runs, from the largest, with the run made."""

    point: Point
    ran: tuple[tuple[Tables, Trial], ...]

    @property
    def small(self) -> Tables:
        """The smallest cut on which the system runs; the whole sample where it runs on none."""
        return self.ran[-1][0]

    def at_least(self, rows: int, name: str) -> Tables:
        """The smallest cut on which the system runs whose table of this name has so many rows, or the whole sample."""
        cuts = (tables for tables, _ in reversed(self.ran) if tables[name].num_rows >= rows)
        return next(cuts, self.ran[0][0])

    def halved(self, times: int) -> tuple[Tables, Trial]:
        """The sample halved so many times, or the smallest cut on which the system runs where that is larger."""
        return self.ran[min(times, len(self.ran) - 1)]


@dataclass(frozen=True)
class SmallestCut:
    """`small`: the smallest cut on which the system runs, and its `answer`; `larger`: that cut and those above it."""

    point: Point
    small: Tables
    answer: Trial
    larger: list[Tables]


def find_smallest_cut(bench: Bench) -> SmallestCut:
    """Three rows, then a sixteenth of the main table, an eighth… until the system answers: the cheapest sufficient cut."""
    name = bench.main.name
    three = bench.with_main(bench.sample[name].slice(0, 3))
    cuts = [three, *(bench.recent(share) for share in reversed(_SHARES)), bench.sample]
    broken: list[str] = []
    results: list[str] = []
    answer = bench.run(cuts[0])
    while True:
        words = f"{cuts[0][name].num_rows} lignes : {summarise(answer)}"
        (results if is_clear(answer) else broken).append(words)
        if len(cuts) == 1 or (answer.outcome is not None and answer.outcome.table.num_rows):
            return SmallestCut(
                build_point("tiny", not broken, " ; ".join(broken or results) + "."), cuts[0], answer, cuts
            )
        cuts = cuts[1:]
        answer = bench.run(cuts[0])


def shrink_until_refused(bench: Bench, whole: Trial | None = None) -> ShrunkSample:
    """Cut the main table to a half, a quarter… and to three rows, until it refuses. `whole`: the run on the sample, where made."""
    results: list[str] = []
    broken: list[str] = []
    ran = [(bench.sample, whole or bench.run(bench.sample))]
    name = bench.main.name
    for share in _SHARES:
        tables = bench.recent(share)
        rows = tables[name].num_rows
        answer = bench.run(tables)
        if answer.failure is None and is_clear(answer):
            ran.append((tables, answer))
            results.append(f"{rows} lignes : résultat")
            continue
        (results if is_clear(answer) else broken).append(f"{rows} lignes : {summarise(answer)}")
        break
    three = bench.with_main(bench.sample[name].slice(0, 3))
    answer = bench.run(three)
    (results if is_clear(answer) else broken).append(f"3 lignes : {summarise(answer)}")
    return ShrunkSample(build_point("tiny", not broken, " ; ".join(broken or results) + "."), tuple(ran))


def check_bad_data(bench: Bench, small: Tables, *, brief: bool = False) -> Point:
    """A missing column, a negative figure, an empty column, an empty table; then every table and column, spoiled together.

    `brief`: of the last, the repeated rows and the impossible cells alone, which hold a negative figure too.
    """
    name = bench.main.name
    table = small[name]
    tries: dict[str, Mapping[str, pa.Table]] = {
        "table vide": {**small, name: table.slice(0, 0)},
        "table absente": {other: content for other, content in small.items() if other != name},
    }
    for need in bench.main.columns:
        if not need.required or need.name not in table.column_names:
            continue
        tries[f"« {need.name} » absente"] = {**small, name: table.drop_columns([need.name])}
        tries[f"« {need.name} » sans valeur"] = with_column(small, name, need.name, [None] * table.num_rows)
        if need.type in NUMERIC:
            values = table.column(need.name).to_pylist()
            if not brief:
                tries[f"« {need.name} » négative une fois"] = with_column(
                    small, name, need.name, [-abs(values[0] or 1), *values[1:]]
                )
            tries[f"« {need.name} » toute négative"] = with_column(
                small, name, need.name, [-abs(value or 1) for value in values]
            )
    grouped = dict(grouped_trials(small, bench.manifest.inputs, name))
    tries |= {what: grouped[what] for what in BRIEF_TRIALS} if brief else grouped
    answers = {what: bench.run(tables) for what, tables in tries.items()}
    faults = [f"{what} : {summarise(answer)}" for what, answer in answers.items() if not is_clear(answer)]
    refused = sum(answer.refused for answer in answers.values())
    return build_point(
        "bad",
        not faults,
        " ; ".join(faults) + "."
        if faults
        else f"{len(answers)} essais : {refused} refus en français, {len(answers) - refused} résultat(s).",
    )


def check_planted_error(bench: Bench, tables: Tables, whole: Outcome) -> Point:
    """Figures of the main table a hundred times too large: one row in a hundred, drawn, then the last row alone.

    `whole`: the run on these tables. The fewer the rows, the more a wrong one weighs.
    """
    name = bench.main.name
    table = tables[name]
    numbers = [
        need for need in bench.main.columns if need.type in NUMERIC and need.name in table.column_names
    ]
    if not numbers:
        return build_point("planted", True, "aucune colonne chiffrée : rien à planter.")
    column = min(numbers, key=lambda need: not need.required).name
    order = _row_order(bench, table)
    few = max(1, round(_WRONG_SHARE * table.num_rows))
    drawn = [order[rank] for rank in random.Random(bench.seed).sample(range(len(order)), few)]  # noqa: S311
    results: list[str] = []
    passed = True
    for where, rows in ((f"{few} ligne(s) au hasard", drawn), ("la dernière", order[-1:])):
        values = table.column(column).to_pylist()
        usual = max((value for value in values if value), default=1)
        for row in rows:
            values[row] = (values[row] or usual) * _WRONG_FACTOR
        answer = bench.run(with_column(tables, name, column, values))
        if answer.outcome is None:
            passed &= is_clear(answer)
            results.append(f"{where} : {summarise(answer)}")
            continue
        moved = _relative_shift(whole, answer.outcome)
        caught = any(note not in whole.notes for note in answer.outcome.notes)
        passed &= caught or moved <= MAX_SHIFT
        results.append(
            f"{where} : {'signalée' if caught else 'non signalée'}, résultats déplacés de {_percent(moved)}"
        )
    return build_point("planted", passed, f"« {column} » × {_WRONG_FACTOR}, {' ; '.join(results)}.")


def _row_order(bench: Bench, table: pa.Table) -> list[int]:
    """The rows in the order of their dates, or as they stand."""
    name = next(
        (
            need.name
            for need in bench.main.columns
            if need.type in ("date", "datetime") and need.name in table.column_names
        ),
        None,
    )
    return pc.sort_indices(table.column(name)).to_pylist() if name else list(range(table.num_rows))


def _relative_shift(before: Outcome, after: Outcome) -> float:
    """How far the sum of what is put out moved: of the proposals, else of the table's numbers."""
    before_total, after_total = _total(before), _total(after)
    return abs(after_total - before_total) / abs(before_total) if before_total else abs(after_total)


def _total(outcome: Outcome) -> float:
    if outcome.proposals:
        return sum(proposal.value for proposal in outcome.proposals)
    columns = [
        column
        for column in outcome.table.columns
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    ]
    return float(sum(pc.sum(column).as_py() or 0 for column in columns))


def is_clear(answer: Trial) -> bool:
    """A result that is not empty without a word, or a refusal in French."""
    if answer.outcome is not None:
        return answer.outcome.table.num_rows > 0 or bool(answer.outcome.notes)
    own = str(answer.failure).removesuffix(
        NOTHING_STORED
    )  # the platform's own sentence is French in any case
    return answer.refused and readability.measure_readability(own).french >= readability.FRENCH_SHARE


def summarise(answer: Trial) -> str:
    if answer.failure is None:
        return "résultat" if is_clear(answer) else "résultat vide, sans un mot"
    if answer.refused:
        return f"refus (« {shorten(str(answer.failure).split('. ')[0], _MAX_REFUSAL, placeholder=' …')} »)"
    return f"panne ({answer.failure.kind})"


def _percent(share: float) -> str:
    return format_percent(100 * share)

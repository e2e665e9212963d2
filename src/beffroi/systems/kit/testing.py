"""One suite of tests for every registered system, a third party's too: the points of its examination, as sentences of pytest.

In come the ids of systems; out goes a class of tests, to be bound to a name that pytest collects:

    from beffroi.systems.kit.testing import contract_tests

    TestContract = contract_tests("lighting")

Briefly, a system costs a few seconds: what a few executions on the smallest cut of its sample show. At length, the whole quality
scale, then each column of each table absent, without a value, constant and spoiled in its turn, and backtests on
spoiled tables. Needs pytest.
"""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from beffroi.systems import registry
from beffroi.systems.check import check
from beffroi.systems.check.bench import Bench, project_sample
from beffroi.systems.check.report import CheckReport, Point
from beffroi.systems.check.robustness import find_smallest_cut, is_clear, summarise
from beffroi.systems.check.spoiled_tables import column_trials, grouped_trials
from beffroi.systems.runner import DEFAULT_LIMITS

type Examine = Callable[[str], CheckReport]

_SENTENCES = {
    "the same seed gives the same answer, and undeclared columns none other": ("same", "seeds"),
    "nothing of the future is seen": ("future",),
    "each column is read, and told in French where it is absent": ("dropped", "read", "bare"),
    "little or spoiled data give a result or a French refusal": ("tiny", "bad", "planted"),
    "settings hold at their bounds and are refused beyond": ("settings",),
    "all that is said is French": ("french", "reasons"),
    "what is written is what the manifest describes, in order": ("sample", "runs", "outputs", "proposals"),
    "the summary, the list and the table begin with the same place": ("ranking",),
    "the backtest measures what it must": ("judged", "guards", "options", "learning"),
    "the computation is closed in": ("closed",),
}
"""By sentence, the points of the scale that prove it; one that the examination did not see is not judged."""


def contract_tests(*systems: str, brief: bool = True, examine: Examine | None = None) -> type:
    """The tests of these systems, or of every registered one where none is named.

    `brief`: see the module. `examine`: gives the report of a system, so that one already made serves (`check.cache`).
    """
    names = systems or tuple(system.manifest.id for system in registry.all_systems())
    report: Examine = examine or cache(lambda name: check(name, brief=brief))

    class ContractTests:
        """Tests of `contract_tests`."""

        @pytest.mark.parametrize("system", names)
        def test_a_system_owes_nothing(self, system: str) -> None:
            found = report(system)
            _fail_for(_faults(point for point in found.points if point.blocking))

        @pytest.mark.parametrize("sentence", _SENTENCES)
        @pytest.mark.parametrize("system", names)
        def test_a_system_respects_the_contract(self, system: str, sentence: str) -> None:
            points = {point.key: point for point in report(system).points}
            _fail_for(_faults(points[key] for key in _SENTENCES[sentence] if key in points))

        @pytest.mark.skipif(brief, reason="each column in its turn: at length only")
        @pytest.mark.parametrize("system", names)
        def test_each_column_absent_empty_constant_or_spoiled_gives_a_result_or_a_french_refusal(
            self, system: str
        ) -> None:
            _fail_for(broken_columns(system))

    return ContractTests


def broken_columns(system: str) -> list[str]:
    """The trials that break down or say nothing, each in words: runs with one column spoiled, backtests with all of them."""
    bench = Bench(registry.get(system), {}, 0, DEFAULT_LIMITS, False)
    try:
        bench.sample, _ = project_sample(bench.server.sample(0), bench.manifest.inputs)
        cuts = find_smallest_cut(bench)
        schemas = bench.manifest.inputs
        tried = ((words, bench.run(tables)) for words, tables in column_trials(cuts.small, schemas))
        faults = [f"{words} : {summarise(answer)}" for words, answer in tried if not is_clear(answer)]
        judged = next((cut for cut in cuts.larger if bench.backtest(cut).score is not None), cuts.small)
        answers = (
            (words, bench.backtest(tables))
            for words, tables in grouped_trials(judged, schemas, bench.main.name)
        )
        return faults + [
            f"épreuve, {words} : {summarise(answer)}" for words, answer in answers if not answer.civil
        ]
    finally:
        bench.close()


def _fail_for(faults: list[str]) -> None:
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def _faults(points: Iterator[Point]) -> list[str]:
    return [f"{point.name} : {point.told}" for point in points if not point.ok and not point.unseen]

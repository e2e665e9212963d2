"""Examination of one system against the quality scale: manifest, runs, backtest, privacy.

In comes a system's id and, optionally, a territory's own tables; out goes a `CheckReport` that is JSON as it stands,
with the tier reached. `beffroi check` prints it; `report.ok` is False when anything that a system owes is missing.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace

import pyarrow as pa

from beffroi.systems import readability, registry
from beffroi.systems.check import (
    backtest_checks,
    column_checks,
    first_runs,
    future,
    manifest_checks,
    membership,
    platinum,
    robustness,
    sandbox,
    settings_checks,
    words_checks,
)
from beffroi.systems.check import brief as short
from beffroi.systems.check.bench import Bench, Trial, project_sample
from beffroi.systems.check.report import CheckReport, Point, build_point, not_examined
from beffroi.systems.check.scale import MAX_SENTENCE_WORDS, SCALE, TIERS, Tier
from beffroi.systems.contract import Outcome, Score, Tables
from beffroi.systems.failures import SystemFailed
from beffroi.systems.runner import DEFAULT_LIMITS, Limits

__all__ = ["MAX_SENTENCE_WORDS", "SCALE", "TIERS", "CheckReport", "Point", "Tier", "check"]


def check(
    system_id: str,
    tables: Mapping[str, pa.Table] | None = None,
    *,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    allow_partial: bool = False,
    up_to: Tier = "platinum",
    brief: bool = False,
) -> CheckReport:
    """Examine a system on its own sample, and backtest it on `tables` where there are any. Never raises for a system's fault.

    `up_to`: leave out the points of the tiers above, and their cost. `brief`: on the smallest cut of the sample that
    is enough, the points that a few seconds show; no tier is given.
    """
    on = "données du territoire" if tables is not None else "échantillon inventé"
    try:
        system = registry.get(system_id)
    except registry.UnknownSystem as error:
        return CheckReport(system_id, "", system_id, on, (build_point("manifest", False, str(error)),))
    found = [
        *manifest_checks.check_bronze(system),
        *manifest_checks.check_silver(system.manifest),
        *manifest_checks.check_gold(system.manifest),
    ]
    bench = Bench(system, {}, seed, limits, allow_partial)
    try:
        made, faults = project_sample(bench.server.sample(seed), system.manifest.inputs)
        bench.sample = made
        found += [build_point("sample", False, fault) for fault in faults]
    except SystemFailed as error:
        found.append(build_point("runs", False, str(error)))
    try:
        if brief:
            return _brief(bench, found)
        own = dict(tables) if tables is not None else None
        return _Examination(bench, own, up_to, found).report(on)
    finally:
        bench.close()


def _brief(bench: Bench, found: list[Point]) -> CheckReport:
    found.append(sandbox.examine_sandbox(bench))
    judged = Trial()
    if bench.sample and bench.sample.get(bench.main.name, ()):
        seen, judged = short.examine_briefly(bench)
        found += seen
    reason = short.NOT_EXAMINED_REASON
    return replace(_report(bench, found, judged, "échantillon réduit", TIERS, reason), brief=True)


def _report(
    bench: Bench,
    found: list[Point],
    judged: Trial,
    on: str,
    tiers: tuple[Tier, ...],
    not_examined_reason: str,
) -> CheckReport:
    manifest = bench.manifest
    by_key = {point.key: point for point in reversed(found)}  # the first result on a point wins
    report = CheckReport(
        manifest.id,
        manifest.version,
        manifest.title,
        on,
        tuple(
            by_key.get(rule.key) or not_examined(rule.key, not_examined_reason)
            for rule in SCALE
            if rule.tier in tiers
        ),
        metric=manifest.measure.metric,
        unit=manifest.measure.unit,
        target=manifest.measure.target,
        readability=readability.measure_readability(manifest_checks.card_text(manifest)).score,
        spent_cpu_s=round(bench.spent_cpu_s, 1),
    )
    score, footprint = judged.score, judged.footprint
    if score is None or footprint is None:
        return report
    return replace(
        report,
        value=score.value,
        baseline=score.baseline,
        met=platinum.meets_target(manifest, score),
        coverage=score.interval_coverage,
        recommended=score.recommended,
        verdict=score.verdict,
        held_out=score.held_out,
        energy_wh=footprint.energy_wh,
        cpu_s=footprint.cpu_s,
        isolation=judged.isolation,
        score=asdict(score),
        footprint=footprint.to_dict(),
    )


class _Examination:
    """State of an examination: the points found so far, and the results that later points need."""

    def __init__(self, bench: Bench, own: Tables | None, up_to: Tier, found: list[Point]) -> None:
        self.bench, self.own, self.found = bench, own, found
        self.wanted = TIERS[: TIERS.index(up_to) + 1]
        self.learning: tuple[tuple[float, float], ...] = ()
        self.attack: membership.Attack | None = None
        self.whole: Outcome | None = None  # the run on the sample
        self.found.append(sandbox.examine_sandbox(bench))
        self.judged = bench.backtest(own if own is not None else bench.sample, apart=True)
        if bench.sample:
            self._trials()
        self._figures()

    def report(self, on: str) -> CheckReport:
        report = _report(self.bench, self.found, self.judged, on, self.wanted, "un point précédent a échoué")
        attack = (self.attack.auc, self.attack.low, self.attack.high) if self.attack else None
        return replace(report, learning=self.learning, attack=attack)

    def _trials(self) -> None:
        """The runs on the sample, from the first to the attack."""
        bench, found = self.bench, self.found
        found.append(first_runs.check_sample(bench))
        if not bench.sample.get(bench.main.name, ()):  # absent or without a row: nothing to try
            return
        whole = bench.run(bench.sample)
        self.whole = whole.outcome
        found.append(first_runs.check_runs(whole))
        if whole.outcome is None:
            return
        found.append(first_runs.check_proposals(bench.manifest, whole.outcome))
        if "silver" in self.wanted:
            found.append(first_runs.check_outputs(bench.manifest, whole.outcome))
            found.append(first_runs.check_ranking(bench.manifest, whole.outcome))
        cut = robustness.shrink_until_refused(bench, whole)
        half, half_run = cut.halved(1)
        again = first_runs.check_reproducible(bench, half_run, half)
        found += [again, cut.point, first_runs.check_required_only(bench, cut.small)]
        if again.ok:
            found += column_checks.check_columns(bench, cut.small, whole, self._on_sample(), cut.ran[-1][1])
        else:  # every answer differs: the effect of a column cannot be measured
            found += [not_examined(key, "le système n’est pas reproductible") for key in ("dropped", "read")]
        self._further(whole.outcome, cut)

    def _further(self, whole: Outcome, cut: robustness.ShrunkSample) -> None:
        if "silver" in self.wanted:
            bench = self.bench
            quarter, quarter_run = cut.halved(2)
            self.found += backtest_checks.check_reasons(bench.manifest, whole)
            self.found.append(robustness.check_bad_data(bench, cut.small))
            if quarter_run.outcome is not None:
                self.found.append(robustness.check_planted_error(bench, quarter, quarter_run.outcome))
            self.found += [
                first_runs.check_seeds(bench, (cut.small, cut.halved(1)[0])),
                settings_checks.check_settings(bench, cut.small),
                future.check_future(bench, quarter),
            ]
        if "platinum" in self.wanted:
            attacked, self.attack = membership.examine_membership(
                self.bench, cut.at_least(membership.MIN_ROWS, self.bench.main.name)
            )
            self.found.append(attacked)

    def _on_sample(self) -> Trial:
        return self.judged if self.own is None else self.bench.backtest(self.bench.sample)

    def _figures(self) -> None:
        """Points of the backtest, on the territory's own data where there are any."""
        if self.judged.failure is not None:
            self.found.append(build_point("judged", False, str(self.judged.failure)))
        self.found.append(backtest_checks.check_cost(self.judged))
        score = self.judged.score
        if score is not None:
            self._of_score(score)
        if "silver" in self.wanted:
            self.found.append(words_checks.check_words(self.bench.messages))
        if "platinum" in self.wanted:
            self.found.append(platinum.check_small_machine(self.bench))

    def _of_score(self, score: Score) -> None:
        bench, manifest = self.bench, self.bench.manifest
        tables = self.own if self.own is not None else bench.sample
        self.found += backtest_checks.check_score(
            manifest, score, own_data=self.own is not None, outcome=self.whole
        )
        if "silver" in self.wanted:
            self.found.append(backtest_checks.check_groups_of_persons(manifest, score))
        if "gold" in self.wanted:
            self.found += [
                backtest_checks.check_groups(manifest, score),
                backtest_checks.check_options(manifest, score),
            ]
            learned, self.learning = backtest_checks.check_learning(bench, tables, score)
            self.found.append(learned)
            if self.judged.footprint is not None:
                self.found.append(backtest_checks.check_footprint_lines(self.judged.footprint))
        if "platinum" in self.wanted:
            self.found += [
                platinum.check_rolling_coverage(bench, tables, score, self.whole),
                platinum.check_target(manifest, score),
                platinum.check_group_gap(manifest, score),
            ]

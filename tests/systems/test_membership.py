"""Membership-inference attack: it succeeds on a system that repeats its rows, and fails where nothing depends on one."""

from pathlib import Path

import numpy as np
import pytest

import rings
from beffroi.systems.check import membership
from beffroi.systems.check.report import Point
from systems import graded

SILENT = "[].append("
LEVEL = 'lines.append({"place": place, "day": day, "forecast": round(mean, 1)})'


def _attack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, line: str, proposed: str
) -> tuple[Point, membership.Attack]:
    if not rings.LONG:
        monkeypatch.setattr(membership, "WORLDS", 8)
    code = graded.CAREFUL.replace(LEVEL, line).replace("acts.append(", proposed, 1)
    monkeypatch.syspath_prepend(graded.install(tmp_path / name, name, code))
    bench = graded.bench(name)
    point, found = membership.examine_membership(bench, bench.recent(0.5))
    assert found is not None and found.worlds == membership.WORLDS
    return point, found


def _leaky(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Point, membership.Attack]:
    return _attack(
        tmp_path,
        monkeypatch,
        "leaky",
        'lines += [{"place": place, "day": r["day"], "fit": 0.5 * r["people"] + 0.5 * mean} '
        'for r in rows if r["place"] == place]',
        SILENT,
    )


@pytest.mark.requirement("R12")
@pytest.mark.requirement("R49")
def test_who_repeats_its_rows_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leaks, leaky = _leaky(tmp_path, monkeypatch)
    assert leaky.low > 0.8 and not leaks.ok
    assert f"AUC {leaky.auc:.2f}".replace(".", ",") in leaks.told


@pytest.mark.long
@pytest.mark.requirement("R12")
@pytest.mark.requirement("R49")
def test_who_forgets_its_rows_is_not_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, leaky = _leaky(tmp_path, monkeypatch)
    forgets, deaf = _attack(
        tmp_path,
        monkeypatch,
        "deaf",
        'lines.append({"place": place, "forecast": random.Random(seed).gauss(100, 5)})',
        SILENT,
    )
    assert leaky.auc > deaf.auc + 0.3
    assert forgets.ok and "le hasard vaut 0,5" in forgets.told
    assert deaf.low <= 0.5 <= deaf.high and deaf.high < 0.6


def test_the_guesses_owe_nothing_to_the_counts() -> None:
    """Each target is in half of each half of the worlds: with noise for outputs, the AUC is chance."""
    rng = np.random.default_rng(3)
    members = membership._assign_worlds(200, rng)
    assert members.sum(axis=1).tolist() == [membership.WORLDS // 2] * 200
    guesses = [
        membership._score_worlds(rng.normal(size=(membership.WORLDS, 3)), member) for member in members
    ]
    found = membership._measure_attack(guesses, membership.WORLDS, rng)
    assert found.low < 0.5 < found.high and found.high - found.low < 0.1


def test_outputs_that_move_with_one_row_are_distinguished() -> None:
    rng = np.random.default_rng(4)
    members = membership._assign_worlds(60, rng)
    guesses = [
        membership._score_worlds(2.0 * member[:, None] + rng.normal(size=(len(member), 1)), member)
        for member in members
    ]
    found = membership._measure_attack(guesses, membership.WORLDS, rng)
    assert found.low > 0.75

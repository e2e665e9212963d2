"""Examination of a system: its faults, its tier, its JSON report."""

from pathlib import Path

import pytest

from beffroi.cli.systems import _report_text, _table
from beffroi.systems import registry
from beffroi.systems.check import SCALE, TIERS, check, manifest_checks
from beffroi.systems.check.report import CheckReport, build_point
from rings import LONG
from systems import graded
from systems.reports import canteen_report
from systems.third_party import MANIFEST, distribution


@pytest.mark.xdist_group("canteen_report")
def test_the_report_of_the_canteen_is_printed_with_the_baseline_without_ai() -> None:
    report = canteen_report()
    data = report.to_dict()
    assert data["ok"] and data["value"] < data["baseline"] and data["cpu_s"] > 0
    printed = _report_text(report)
    assert "✗" not in printed
    if report.brief:
        assert "Examen bref : aucun niveau" in printed and "Niveau atteint" not in printed
    else:
        assert not report.missing("bronze") + report.missing("silver") + report.missing("gold")
        assert data["tier"] in {"gold", "platinum"} and data["met"] and data["recommended"]
        assert "Niveau atteint : " in printed and "référence sans IA" in printed


def test_an_unknown_system_is_a_fault_not_a_crash() -> None:
    report = check("nothing")
    assert not report.ok and report.tier == ""
    assert "Aucun système" in report.points[0].told


# What is read in the manifest alone: in the quick ring, without an examination; « Réponses juridiques » is read there too.
WRITTEN = {"Langage clair"}


@pytest.mark.parametrize(
    ("body", "manifest", "failing"),
    [
        ("import os\nreturn answer(os.urandom(4))", MANIFEST, "Même réponse pour la même graine"),
        ("return answer(1)", MANIFEST.replace("Les tests.", "mot " * 40), "Langage clair"),
        (
            "return answer(1)",
            MANIFEST.replace("individual_decision = false", "individual_decision = true"),
            "Réponses juridiques",
        ),
        ("raise RuntimeError", MANIFEST, "Essai sur l’échantillon"),
    ],
    ids=["not reproducible", "long sentences", "legal answers", "breaks down"],
)
def test_what_is_missing_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, manifest: str, failing: str
) -> None:
    monkeypatch.syspath_prepend(distribution(tmp_path, "faulty", body, manifest=manifest))
    if failing in WRITTEN and not LONG:
        points = list(manifest_checks.check_bronze(registry.get("faulty")))
    else:
        report = check("faulty", brief=True)
        assert not report.ok
        points = list(report.points)
    faults = [point.name for point in points if not point.ok and point.blocking]
    assert faults[0].startswith(failing)


@pytest.mark.long
def test_a_system_written_before_the_scale_goes_on_and_has_its_tier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No new field, and one column: it breaks down on nothing, and no new point is a fault."""
    body = 'return answer(sum(tables["numbers"]["value"].to_pylist()))'
    manifest = MANIFEST.replace('[[inputs]]\nname = "numbers"', '[[inputs]]\nname = "numbers"')
    monkeypatch.syspath_prepend(distribution(tmp_path, "older", body, manifest=manifest))
    report = check("older", up_to="silver")
    assert report.ok, report.missing()
    assert report.tier == "bronze"
    assert {point.key for point in report.missing()} >= {"sure", "degraded"}


def test_a_careful_system_is_gold_and_a_poor_one_has_no_tier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(graded.install(tmp_path / "careful"))
    monkeypatch.syspath_prepend(graded.install(tmp_path / "poor", "poor", graded.POOR, graded.POOR_MANIFEST))
    careful, poor = check("careful", up_to="gold"), check("poor", up_to="gold")
    assert careful.tier == "gold", careful.missing()
    assert [share for share, _ in careful.learning] == [0.25, 0.5, 1.0]
    assert poor.tier == "" and not poor.ok
    lacking = {point.key for point in poor.missing()}
    assert lacking >= {
        "proposals",
        "same",
        "beats",
        "coverage",
        "reasons",
        "readable",
        "bad",
        "planted",
        "origin",
    }
    table = _table([careful, poor]).splitlines()
    assert table[1].startswith("careful  or ") and table[2].startswith("poor     aucun niveau")
    assert careful.summary()["tier"] == "gold"


def test_a_tier_needs_all_those_below() -> None:
    points = [build_point(rule.key, rule.tier != "silver", "…") for rule in SCALE]
    report = CheckReport("x", "1", "X", "", tuple(points))
    assert report.tier == "bronze"
    assert {point.tier for point in report.missing()} == {"silver"}
    assert (
        CheckReport("x", "1", "X", "", tuple(build_point(rule.key, True, "…") for rule in SCALE)).tier
        == TIERS[-1]
    )


def test_a_breakdown_prints_its_traceback_once_for_who_writes_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = graded.CAREFUL.replace(
        "def run(tables, settings, seed):", "def run(tables, settings, seed):\n    1 / 0"
    )
    assert broken != graded.CAREFUL
    monkeypatch.syspath_prepend(graded.install(tmp_path, "broken", broken, graded.CAREFUL_MANIFEST))
    assert check("broken", brief=True).tier == ""
    assert caplog.text.count("ZeroDivisionError") == 1

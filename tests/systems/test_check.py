"""The examination of a system says what it owes, in JSON, and refuses what is missing."""

import json
from pathlib import Path

import pytest

from beffroi.systems.check import check
from systems.third_party import MANIFEST, distribution


def test_the_canteen_passes_and_its_report_is_json() -> None:
    report = check("canteen")
    assert report.ok, [point for point in report.points if not point.ok]
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert told["ok"] and told["met"] and told["recommended"]
    assert told["value"] < told["baseline"]
    assert told["energy_wh"] > 0 and told["cpu_s"] > 0
    assert told["isolation"] == "complète"


def test_an_unknown_system_is_a_fault_not_a_crash() -> None:
    report = check("nothing")
    assert not report.ok
    assert "Aucun système" in report.points[0].told


@pytest.mark.parametrize(
    ("body", "manifest", "failing"),
    [
        ("import os\nreturn told(os.urandom(4))", MANIFEST, "Même réponse pour la même graine"),
        ("return told(1)", MANIFEST.replace("Les tests.", "mot " * 40), "Langage clair"),
        (
            "return told(1)",
            MANIFEST.replace("individual_decision = false", "individual_decision = true"),
            "Réponses juridiques",
        ),
        ("raise RuntimeError", MANIFEST, "Essai sur l’échantillon"),
    ],
)
def test_what_is_missing_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, manifest: str, failing: str
) -> None:
    monkeypatch.syspath_prepend(distribution(tmp_path, "faulty", body, manifest=manifest))
    report = check("faulty")
    assert not report.ok
    assert next(point.name for point in report.points if not point.ok).startswith(failing)

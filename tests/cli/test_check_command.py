"""`beffroi check`: a system that keeps its contract passes with its tier, an unknown one is told, all fit in one table.

Of the installed systems, what the tests of systems examined already is taken from the same cache.
"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from beffroi.cli import systems
from beffroi.systems import registry
from commands import ROOT, beffroi
from rings import LONG
from systems import graded
from systems.reports import EXAMINATIONS

pytestmark = pytest.mark.xdist_group("canteen_report")
KEPT = ("--cache", str(EXAMINATIONS)) if LONG else ("--brief", "--cache", str(EXAMINATIONS))


def typed(*arguments: str) -> Result:
    """The command in this process."""
    return CliRunner().invoke(systems.check, arguments)


@pytest.mark.long
def test_the_canteen_keeps_its_contract_and_is_told_by_tier() -> None:
    done = typed("canteen", "--up-to", "bronze")
    assert done.exit_code == 0, done.output
    assert "✓ " in done.stdout and "✗" not in done.stdout
    assert "référence sans IA" in done.stdout
    assert "Niveau atteint : bronze." in done.stdout
    assert "Attaque par appartenance" not in done.stdout


def test_a_system_is_told_by_tier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(graded.install(tmp_path))
    done = typed("careful", "--up-to", "bronze")
    assert done.exit_code == 0, done.output
    assert "✓ " in done.stdout and "✗" not in done.stdout
    assert "Niveau atteint : bronze." in done.stdout
    assert "Attaque par appartenance" not in done.stdout


def test_a_brief_examination_gives_no_tier_and_says_nothing_of_what_it_did_not_see() -> None:
    done = typed("canteen", "--brief", "--cache", str(EXAMINATIONS))
    assert done.exit_code == 0, done.output
    assert "Examen bref : aucun niveau n’est donné." in done.stdout
    assert "✓ Même réponse" in done.stdout
    assert "✗" not in done.stdout and "non examiné" not in done.stdout and "Niveau atteint" not in done.stdout
    refused = typed("canteen", "--brief", "--data", str(ROOT))
    assert refused.exit_code == 2 and "« --brief »" in refused.output


def test_all_systems_as_json_is_one_list() -> None:
    done = typed("--all", "--json", *KEPT)
    assert done.exit_code == 0, done.output
    held = {row["id"]: row for row in json.loads(done.stdout)}
    assert held.keys() >= {system.manifest.id for system in registry.all_systems()}
    row = held["canteen"]
    assert set(row) >= {
        "tier", "metric", "value", "baseline", "target", "met", "coverage", "energy_wh", "cpu_s",
    }  # fmt: skip
    assert row["value"] < row["baseline"] and row["met"] is True
    assert row["tier"] in (("gold", "platinum") if LONG else ("",))


def test_the_table_names_the_measure_as_people_do() -> None:
    done = typed("--all", *KEPT)
    assert done.exit_code == 0, done.output
    assert "surplus_at_equal_shortage" not in done.stdout
    assert ("examen bref" in done.stdout) is not LONG


def test_the_real_command_examines_a_system_of_a_third_party(tmp_path: Path):
    folder = graded.install(tmp_path)
    done = beffroi("check", "careful", "--up-to", "bronze", PYTHONPATH=f"{ROOT / 'src'}:{folder}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ " in done.stdout and "✗" not in done.stdout
    assert "Niveau atteint : bronze." in done.stdout


def test_an_unknown_system_is_told_with_those_that_are_known():
    done = beffroi("check", "cantine")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "« cantine »" in done.stderr
    assert "canteen" in done.stderr


def test_either_one_system_or_all_of_them():
    for words in ((), ("canteen", "--all")):
        done = beffroi("check", *words)
        assert done.returncode == 1
        assert "beffroi check --all" in done.stderr

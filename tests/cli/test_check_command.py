"""`beffroi check`: a system that keeps its contract passes with its tier, an unknown one is told, all fit in one table.

An examination takes a minute of processor: those of the installed systems are made once for all these tests.
"""

import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from beffroi.cli import systems
from commands import ROOT, beffroi
from systems import graded

pytestmark = pytest.mark.xdist_group("check_command")
_examined = cache(systems.examine)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """The command in this process, its examinations remembered."""
    monkeypatch.setattr(systems, "examine", _examined)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(systems.check, arguments)

    return run


def test_the_canteen_keeps_its_contract_and_is_told_by_tier(typed):
    done = typed("canteen", "--up-to", "bronze")
    assert done.exit_code == 0, done.output
    assert "✓ " in done.stdout and "✗" not in done.stdout
    assert "référence sans IA" in done.stdout
    assert "Niveau atteint : bronze." in done.stdout
    assert "Attaque par appartenance" not in done.stdout


def test_all_systems_as_json_is_one_list(typed):
    done = typed("--all", "--json", "--up-to", "bronze")
    assert done.exit_code == 0, done.output
    held = {row["id"]: row for row in json.loads(done.stdout)}
    row = held["canteen"]
    assert set(row) >= {
        "tier",
        "metric",
        "value",
        "baseline",
        "target",
        "met",
        "coverage",
        "energy_wh",
        "cpu_s",
    }
    assert row["tier"] == "bronze" and row["value"] < row["baseline"] and row["met"] is True


def test_the_table_names_the_measure_as_people_do(typed):
    done = typed("--all", "--up-to", "bronze")
    assert done.exit_code == 0, done.output
    assert "surplus_at_equal_shortage" not in done.stdout


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

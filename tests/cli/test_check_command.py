"""`beffroi check`: a system that keeps its contract passes with its tier, an unknown one is told, all fit in one table."""

import json

from commands import beffroi


def test_the_canteen_keeps_its_contract_and_is_told_by_tier():
    done = beffroi("check", "canteen", "--up-to", "bronze")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ " in done.stdout and "✗" not in done.stdout
    assert "référence sans IA" in done.stdout
    assert "Niveau atteint : bronze." in done.stdout
    assert "Attaque par appartenance" not in done.stdout


def test_all_systems_as_json_is_one_list():
    done = beffroi("check", "--all", "--json", "--up-to", "bronze")
    assert done.returncode == 0, done.stdout + done.stderr
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


def test_an_unknown_system_is_told_with_those_that_are_known():
    done = beffroi("check", "cantine")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "« cantine »" in done.stderr
    assert "canteen" in done.stderr


def test_the_table_names_the_measure_as_people_do():
    done = beffroi("check", "--all", "--up-to", "bronze")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "surplus_at_equal_shortage" not in done.stdout


def test_either_one_system_or_all_of_them():
    for words in ((), ("canteen", "--all")):
        done = beffroi("check", *words)
        assert done.returncode == 1
        assert "beffroi check --all" in done.stderr

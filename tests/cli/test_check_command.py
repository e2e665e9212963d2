"""`beffroi check`: a system that keeps its contract passes, an unknown one is told."""

import json

from commands import beffroi


def test_the_canteen_keeps_its_contract():
    done = beffroi("check", "canteen")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ " in done.stdout
    assert "référence sans IA" in done.stdout


def test_the_check_as_json_is_one_document():
    done = beffroi("check", "canteen", "--json")
    report = json.loads(done.stdout)
    assert report["id"] == "canteen"
    assert report["ok"] is True
    assert report["value"] < report["baseline"]


def test_an_unknown_system_is_told_and_fails():
    done = beffroi("check", "cantine")
    assert done.returncode == 1
    assert "canteen" in done.stdout
    assert "Traceback" not in done.stderr

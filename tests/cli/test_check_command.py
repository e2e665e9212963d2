"""`beffroi check`: a system that keeps its contract passes with its tier, an unknown one is told, all fit in one table.

What the command writes is looked at on two small systems of third parties, each examined once; in the long ring on those of
the house too, whole.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from beffroi.cli import systems
from beffroi.systems import registry
from commands import ROOT, beffroi
from systems import graded
from systems.catalogue import BUILTIN_SYSTEMS

pytestmark = pytest.mark.xdist_group("check_command")
type Check = Callable[..., Result]
FIELDS = {"tier", "metric", "value", "baseline", "target", "met", "coverage", "energy_wh", "cpu_s"}
_examined = cache(systems.examine)


def _check(*arguments: str) -> Result:
    """The command in this process, its examinations remembered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(systems, "examine", _examined)
        return CliRunner().invoke(systems.check, arguments)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """The command where two systems are installed, `careful` and `poor`."""
    folder = tmp_path_factory.mktemp("installed")
    graded.install(folder / "a")
    graded.install(folder / "b", "poor", graded.POOR, graded.POOR_MANIFEST)
    survey = registry._discover

    def of_third_parties() -> tuple[list[registry.Registered], list[registry.Fault]]:
        return [one for one in survey()[0] if one.distribution != "beffroi"], []

    def check(*arguments: str) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(folder / "a")
            patch.syspath_prepend(folder / "b")
            patch.setattr(registry, "_discover", of_third_parties)
            return _check(*arguments)

    return check


def test_a_system_that_keeps_its_contract_is_told_by_tier(small: Check) -> None:
    done = small("careful", "--up-to", "bronze")
    assert done.exit_code == 0, done.output
    assert "✓ " in done.stdout and "✗" not in done.stdout
    assert "Niveau atteint : bronze." in done.stdout
    assert "Attaque par appartenance" not in done.stdout


def test_a_system_that_breaks_its_contract_ends_in_an_error_that_names_it(small: Check) -> None:
    done = small("poor", "--up-to", "bronze")
    assert done.exit_code == 1
    assert "✗ " in done.stdout
    assert "« poor » a des points à corriger" in done.stderr


def test_all_systems_as_json_is_one_list(small: Check) -> None:
    done = small("--all", "--json", "--up-to", "bronze")
    assert done.exit_code == 1  # one of them has points to mend
    held = {row["id"]: row for row in json.loads(done.stdout)}
    assert list(held) == ["careful", "poor"]
    assert all(set(row) >= FIELDS for row in held.values())
    row = held["careful"]
    assert row["tier"] == "bronze" and row["value"] < row["baseline"] and row["met"] is True
    assert "Services qui ont des points à corriger : poor." in done.stderr


def test_the_table_names_the_measure_as_people_do(small: Check) -> None:
    done = small("--all", "--up-to", "bronze")
    head, careful, poor = done.stdout.splitlines()[:3]
    assert head.split()[:2] == ["service", "niveau"]
    assert careful.split()[:4] == ["careful", "bronze", "Erreur", "moyenne"]
    assert poor.startswith("poor")
    assert "mae" not in done.stdout


@pytest.mark.long
def test_a_brief_examination_gives_no_tier_and_says_nothing_of_what_it_did_not_see(
    small: Check, tmp_path: Path
) -> None:
    done = small("careful", "--brief", "--cache", str(tmp_path / "cache"))
    assert done.exit_code == 0, done.output
    assert "Examen bref : aucun niveau n’est donné." in done.stdout
    assert "✓ Même réponse" in done.stdout
    assert "✗" not in done.stdout and "non examiné" not in done.stdout and "Niveau atteint" not in done.stdout
    assert small("careful", "--brief", "--cache", str(tmp_path / "cache")).stdout == done.stdout
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert "examen bref" in small("--all", "--brief").stdout
    refused = small("careful", "--brief", "--data", str(tmp_path))
    assert refused.exit_code == 2 and "« --brief »" in refused.output


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_the_systems_of_the_house_keep_their_contracts() -> None:
    done = _check("canteen", "--up-to", "bronze")
    assert done.exit_code == 0, done.output
    assert "✓ " in done.stdout and "✗" not in done.stdout
    assert "référence sans IA" in done.stdout
    assert "Niveau atteint : bronze." in done.stdout
    done = _check("--all", "--json", "--up-to", "bronze")
    assert done.exit_code == 0, done.output
    held = {row["id"]: row for row in json.loads(done.stdout)}
    assert set(BUILTIN_SYSTEMS) <= set(held)
    assert all(set(row) >= FIELDS for row in held.values())
    row = held["canteen"]
    assert row["tier"] == "bronze" and row["value"] < row["baseline"] and row["met"] is True
    assert "surplus_at_equal_shortage" not in _check("--all", "--up-to", "bronze").stdout


@pytest.mark.long  # what is above, in a process of its own
def test_the_real_command_examines_a_system_of_a_third_party(tmp_path: Path) -> None:
    folder = graded.install(tmp_path)
    done = beffroi("check", "careful", "--up-to", "bronze", PYTHONPATH=f"{ROOT / 'src'}:{folder}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ " in done.stdout and "✗" not in done.stdout
    assert "Niveau atteint : bronze." in done.stdout


def test_an_unknown_system_is_told_with_those_that_are_known() -> None:
    done = beffroi("check", "cantine")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "« cantine »" in done.stderr
    assert "canteen" in done.stderr


def test_either_one_system_or_all_of_them() -> None:
    for words in ((), ("canteen", "--all")):
        done = beffroi("check", *words)
        assert done.returncode == 1
        assert "beffroi check --all" in done.stderr

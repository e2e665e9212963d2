"""What a release carries: pins of an instance that agree with those of the tests, scripts that a shell reads, files that exist."""

import re
import subprocess
import tomllib

import pytest

from beffroi.cli.instance import init
from commands import ROOT

PINS = ROOT / "requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
OPTIONS = ("postgresql", "mariadb", "oracle", "sqlserver", "distributed")
SCRIPTS = ("apt-install", "install", "install-steps.sh", "program", "release", "release-debs")


def pins(name: str) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9-]+)==(\S+)", (PINS / f"{name}.txt").read_text("utf-8"), re.MULTILINE)
    assert found
    return dict(found)


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w-]", one)[0].lower().replace("_", "-") for one in requirements}


@pytest.mark.parametrize("name", ["runtime", *OPTIONS])
def test_an_instance_runs_the_versions_that_the_tests_run(name: str):
    tested = pins("dev")
    assert {n: v for n, v in pins(name).items() if tested.get(n, v) != v} == {}
    assert len(re.findall("--hash=sha256:", (PINS / f"{name}.txt").read_text("utf-8"))) >= len(pins(name))


def test_an_instance_has_all_that_it_asks_for_and_no_tool_of_the_tests():
    runtime, extras = pins("runtime"), PROJECT["project"]["optional-dependencies"]
    assert names(PROJECT["project"]["dependencies"]) <= runtime.keys()
    assert not runtime.keys() & (
        names(PROJECT["dependency-groups"]["dev"]) | {"matplotlib", "pip", "setuptools"}
    )
    for option in OPTIONS:
        assert names(extras[option]) <= pins(option).keys()
    # The others are those of a system: every instance has them.
    for extra in extras.keys() - set(OPTIONS):
        assert names(extras[extra]) <= runtime.keys()


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_read_by_any_shell(script: str):
    assert subprocess.run(["sh", "-n", ROOT / "deploy" / script], capture_output=True).returncode == 0


def test_the_installer_says_its_options_and_refuses_others():
    def said(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([ROOT / "deploy/install", *options], capture_output=True, text=True)

    text = (ROOT / "deploy/install").read_text("utf-8")
    known = set(re.findall(r"--[a-z-]+(?= \||\) )", text)) - {"--verified", "--help"}
    told = said("--help")
    assert told.returncode == 0 and known == set(re.findall(r"--[a-z-]+", told.stdout))
    assert (said("--sans-rien").returncode, said("--url").returncode) == (2, 2)
    # A syndicate is entered by the words of `beffroi init`.
    entered = {option for parameter in init.params for option in parameter.opts} & known
    assert entered == {"--territory", "--by-hand", "--kind", "--siren", "--seat", "--member", "--email"}


def test_what_the_units_and_the_scripts_name_is_in_the_release():
    for unit in (ROOT / "deploy").glob("*.service"):
        for path in re.findall(r"/opt/beffroi/current/(deploy/\S+|docs/\S+\.md)", unit.read_text("utf-8")):
            assert (ROOT / path).is_file(), path
    for path in re.findall(r'current/(deploy/[a-z.-]+)"', (ROOT / "deploy/install").read_text("utf-8")):
        assert (ROOT / path).is_file(), path

"""`docs/security.md` answers each requirement once, counts its answers rightly, and names files and tests that exist."""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATES = ("met", "not applicable", "partly", "not met")
ROOTS = ("", "src/beffroi", "docs")
ROW = re.compile(r"^\| (V\d+\.\d+\.\d+) \| (.+?) \| ([a-z ]+) \| (.+) \|$", flags=re.MULTILINE)
# Not those of the operator's machine, nor what a command writes.
NAMED = re.compile(
    r"`(?!/|test-results/)([\w./-]+\.(?:py|md|html|js|json|conf|service|env|txt))(?:::(\w+))?`"
)


class Answer(NamedTuple):
    requirement: str
    asked: str
    state: str
    where: str


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs/security.md").read_text("utf-8")


@pytest.fixture(scope="module")
def answers(page: str) -> list[Answer]:
    return [Answer(*found) for found in ROW.findall(page)]


def test_each_requirement_is_answered_once(answers: list[Answer]) -> None:
    asked = (Path(__file__).with_name("asvs.txt")).read_text("ascii").split()
    assert len(asked) == len(set(asked)) == 253
    assert [answer.requirement for answer in answers] == asked
    assert {answer.state for answer in answers} <= set(STATES)


def test_the_counts_are_those_of_the_table(page: str, answers: list[Answer]) -> None:
    told = dict(re.findall(rf"^\| ({'|'.join(STATES)}) \| (\d+) \|$", page, flags=re.MULTILINE))
    counted = Counter(answer.state for answer in answers)
    assert told == {state: str(counted[state]) for state in STATES}


def test_every_file_and_test_that_the_page_names_exists(page: str) -> None:
    named = set(NAMED.findall(page))
    assert len(named) > 150
    assert sorted(f"{path}::{test}" for path, test in named if not _exists(path, test)) == []


def test_a_file_or_a_test_that_does_not_exist_would_be_noticed() -> None:
    assert _exists("web/settings.py", "") and _exists(f"tests/docs/{Path(__file__).name}", "page")
    assert not _exists("web/attic.py", "")
    assert not _exists(f"tests/docs/{Path(__file__).name}", "test_of_the_attic")


def test_what_is_not_whole_says_when(answers: list[Answer]) -> None:
    silent = [a.requirement for a in answers if a.state in ("partly", "not met") and not _when(a.where)]
    assert silent == []


def test_what_is_met_says_more_than_yes(answers: list[Answer]) -> None:
    assert [a.requirement for a in answers if len(a.where.split()) < 2 and "`" not in a.where] == []


def _exists(path: str, test: str) -> bool:
    found = next((ROOT / root / path for root in ROOTS if (ROOT / root / path).is_file()), None)
    return found is not None and (not test or f"def {test}(" in found.read_text("utf-8"))


def _when(where: str) -> bool:
    return where.endswith("next") or "issue" in where

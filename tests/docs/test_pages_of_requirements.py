"""The page of requirements says what the marks of the tests say, and no mark names a requirement that does not exist."""

from pathlib import Path
from types import ModuleType

import requirement_marks

MODULE = """
import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R02")]


@pytest.mark.long
@pytest.mark.requirement("R01")
@pytest.mark.parametrize("n", [1, 2])
def test_both(n):
    assert n


def test_one():
    assert True


def helper():
    assert True
"""


def test_the_page_of_requirements_is_what_the_marks_say(generate: ModuleType, pages: dict[str, str]) -> None:
    written = generate.block_of(pages["docs/requirements.md"])
    assert written == generate.requirements(), "run: .venv/bin/python docs/generate.py"


def test_every_mark_names_a_requirement_of_the_report() -> None:
    unknown = {
        requirement: tests
        for requirement, tests in requirement_marks.proofs().items()
        if requirement not in requirement_marks.titles()
    }
    assert unknown == {}


def test_the_requirements_are_those_of_the_report_each_with_a_title() -> None:
    assert list(requirement_marks.titles()) == [f"R{n:02}" for n in range(1, 115)]
    assert all(len(title.split()) >= 3 for title in requirement_marks.titles().values())


def test_what_was_proved_once_is_not_left_to_nothing() -> None:
    """The requirements that the workshop and the trust room answer for, and those that have had a test since."""
    answered = [10, 11, 12, 13, *range(29, 55), 56, *range(58, 72), 98, *range(101, 107), 109, 113, 114]
    proved = {requirement for requirement, tests in requirement_marks.proofs().items() if tests}
    assert [f"R{n:02}" for n in answered if f"R{n:02}" not in proved] == []


def test_marks_of_a_test_and_of_its_module_are_read(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "test_things.py").write_text(MODULE, "utf-8")
    (tmp_path / "room" / "test_others.py").write_text("def test_nothing():\n    assert True\n", "utf-8")
    both = requirement_marks.Proof("room/test_things.py", "test_both", long=True)
    one = requirement_marks.Proof("room/test_things.py", "test_one")
    assert requirement_marks.proofs(tmp_path) == {"R01": [both], "R02": [both, one]}

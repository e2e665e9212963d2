"""The guide to adding a guide: its example passes the check, what it says of a fault is what the command says."""

import re
from pathlib import Path

from beffroi.guides import CONTENT, KINDS
from beffroi.guides.loading import load
from beffroi.guides.weaknesses import check


def test_the_example_of_the_page_passes_the_check(pages: dict[str, str], tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", pages["docs/add-a-guide.md"], flags=re.DOTALL)
    (tmp_path / "exemple.toml").write_text(example, "utf-8")
    library = load([tmp_path], KINDS, load([CONTENT], KINDS))
    assert library.problems == () and "mon_point" in library.guides
    assert check(library, [tmp_path / "exemple.toml"]) == []


def test_the_fault_of_the_page_is_told_as_it_says(pages: dict[str, str], tmp_path: Path) -> None:
    (said,) = re.findall(r"```\n(charter.toml.*?)\n```", pages["docs/add-a-guide.md"], flags=re.DOTALL)
    good = (CONTENT / "charter.toml").read_text("utf-8")
    (tmp_path / "charter.toml").write_text(good.replace("choices = [", "choises = [", 1), "utf-8")
    assert [str(problem) for problem in load([tmp_path], KINDS).problems] == [said]
    assert load([CONTENT], KINDS).guides.keys() >= {"charter", "charter_plan"}


def test_every_kind_is_in_the_table_of_the_page(pages: dict[str, str]) -> None:
    assert set(
        re.findall(r"^\| [^|]* \| `(\w+)` \| `", pages["docs/add-a-guide.md"], flags=re.MULTILINE)
    ) == {*KINDS}

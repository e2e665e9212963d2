"""Each choice has its record, each dependency its line and a licence that lets the project be published."""

import json
import re
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "docs/decisions"
# What a library under these licences would ask of the whole work is at odds with EUPL-1.2.
REFUSED = re.compile(r"\bA?GPL|Affero|SSPL|BUSL|Commons Clause", flags=re.IGNORECASE)

# Offered under several licences, of which the project takes the one that its line names.
AT_CHOICE = {"odfpy": "Apache"}
# The same for what only another library asks for: told in « Behind these ».
BEHIND = {"pyphen": "LGPL"}


def test_every_record_says_its_context_its_choice_and_its_consequences() -> None:
    records = sorted(RECORDS.glob("[0-9]*.md"))
    assert records
    for record in records:
        text = record.read_text("utf-8")
        headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
        assert headings == ["Context", "Choice", "Consequences"], record.name
        assert len(text.splitlines()) <= 40, f"{record.name}: a record is short"


def test_records_are_numbered_without_gap_and_all_listed() -> None:
    names = [record.name for record in sorted(RECORDS.glob("[0-9]*.md"))]
    assert [name[:4] for name in names] == [f"{n:04d}" for n in range(1, len(names) + 1)]
    listed = re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", (RECORDS / "README.md").read_text("utf-8"))
    assert listed == names


def test_every_dependency_has_its_line_and_no_line_lacks_its_dependency() -> None:
    assert sorted(_lines()) == sorted(_declared_python() | _declared_browser())


def test_every_dependency_of_the_table_has_a_purpose_a_reason_and_a_licence() -> None:
    for name, cells in _lines().items():
        assert len(cells) == 3 and all(len(cell) > 2 for cell in cells), name
        assert not REFUSED.search(cells[2]), f"{name}: {cells[2]}"


def test_no_library_needed_at_run_time_has_a_licence_at_odds_with_the_project() -> None:
    needed = _closure("beffroi")
    assert {"django", "duckdb", "ibis-framework"} <= needed
    refused = {name: text for name in needed if REFUSED.search(text := _licence(name))}
    assert {name: text for name, text in refused.items() if name not in AT_CHOICE | BEHIND} == {}
    for name, chosen in AT_CHOICE.items():
        assert chosen in _licence(name) and chosen in _lines()[name][2], name
    behind = (RECORDS / "dependencies.md").read_text("utf-8").partition("## Behind these")[2]
    for name, chosen in BEHIND.items():
        assert chosen in _licence(name) and re.search(rf"`{name}`[^`]*{chosen}", behind), name
    assert [name for name in needed if not _licence(name).strip()] == []


def test_no_package_of_the_browser_has_a_licence_at_odds_with_the_project() -> None:
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text("utf-8"))
    licences = {name: about.get("license", "") for name, about in lock["packages"].items() if name}
    assert {name: text for name, text in licences.items() if not text or REFUSED.search(text)} == {}


def _lines() -> dict[str, list[str]]:
    table = (RECORDS / "dependencies.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", table, flags=re.MULTILINE)
    return {name: [cell.strip() for cell in cells.split(" | ")] for name, cells in rows}


def _declared_python() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *chain.from_iterable(project["project"]["optional-dependencies"].values()),
        *chain.from_iterable(project["dependency-groups"].values()),
        *project["build-system"]["requires"],
    ]
    return {_name(text) for text in asked}


def _declared_browser() -> set[str]:
    package = json.loads((ROOT / "frontend/package.json").read_text("utf-8"))
    return {*package["dependencies"], *package["devDependencies"]}


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return found[0].lower().replace("_", "-")


def _closure(name: str) -> set[str]:
    """The distributions that this one needs here, with the extras it asks for; itself included."""
    found: set[tuple[str, str]] = set()
    waiting = [(name, "")]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        try:
            asked = metadata.requires(current[0]) or []
        except metadata.PackageNotFoundError:
            continue  # an optional part that is not installed
        found.add(current)
        for requirement in map(Requirement, asked):
            if requirement.marker is None or requirement.marker.evaluate({"extra": current[1]}):
                waiting += [(_name(requirement.name), extra) for extra in ("", *requirement.extras)]
    return {distribution for distribution, _ in found}


def _licence(name: str) -> str:
    about = metadata.metadata(name)
    classifiers = [text for text in about.get_all("Classifier", []) if text.startswith("License ::")]
    # Some put the whole text in `License`: its first line names it.
    first = (about.get("License") or "").strip().partition("\n")[0]
    return " ".join([about.get("License-Expression") or "", first, *classifiers])

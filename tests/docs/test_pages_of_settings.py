"""Every environment variable that the code reads is explained in `docs/settings.md`, and no other is."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A name in quotes (Python) or after a dollar (shell): a Django setting or a sentence does not count. Tests may set
# what they like: there, only what is read from the environment or given to the whole run.
READ = re.compile(r"""(?:["']|\$\{?)(BEFFROI_[A-Z0-9_]*[A-Z0-9])\b""")
READ_BY_TESTS = re.compile(r"""environ(?:\.get\(|\[)["'](BEFFROI_[A-Z0-9_]*[A-Z0-9])\b""")
READERS = {".py", ".sh", ".mjs", ""}


def test_every_variable_that_the_code_reads_is_explained(files: list[Path], pages: dict[str, str]) -> None:
    missing = sorted(_read_by_code(files) - _explained(pages))
    assert missing == [], "add a line to docs/settings.md"


def test_no_variable_is_explained_that_the_code_does_not_read(
    files: list[Path], pages: dict[str, str]
) -> None:
    assert sorted(_explained(pages) - _read_by_code(files)) == []


def test_no_other_page_names_a_variable_that_does_not_exist(pages: dict[str, str]) -> None:
    known = _explained(pages)
    named = {
        (name, variable)
        for name, text in pages.items()
        for variable in re.findall(r"\bBEFFROI_[A-Z0-9_]*[A-Z0-9]\b", text)
    }
    assert sorted((name, variable) for name, variable in named if variable not in known) == []


def _read_by_code(files: list[Path]) -> set[str]:
    found: set[str] = set()
    for path in files:
        parts = path.relative_to(ROOT).parts
        if path.suffix in READERS and parts[:2] != ("tests", "docs"):
            pattern = READ_BY_TESTS if parts[0] == "tests" else READ
            found |= set(pattern.findall(path.read_text("utf-8", "replace")))
    return found


def _explained(pages: dict[str, str]) -> set[str]:
    return set(re.findall(r"^\| `(BEFFROI_[A-Z0-9_]+)`", pages["docs/settings.md"], flags=re.MULTILINE))

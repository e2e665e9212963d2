"""Every environment variable that the code reads is explained in `docs/settings.md`, and no other is."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A name in quotes (Python) or after a dollar (shell): a Django setting or a sentence does not count.
READ = re.compile(r"""(?:["']|\$\{?)(BEFFROI_[A-Z0-9_]*[A-Z0-9])\b""")
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
    code = [f for f in files if f.suffix in READERS and f.relative_to(ROOT).parts[:2] != ("tests", "docs")]
    return {name for f in code for name in READ.findall(f.read_text("utf-8", "replace"))}


def _explained(pages: dict[str, str]) -> set[str]:
    return set(re.findall(r"^\| `(BEFFROI_[A-Z0-9_]+)`", pages["docs/settings.md"], flags=re.MULTILINE))

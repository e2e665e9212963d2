"""No path of a developer's machine, no registry's host, no two test modules of one name: each stops a machine elsewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Built from pieces, so that this very file does not hold what it forbids.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("ftp", "debian", "org"),
        ("security", "debian", "org"),
        ("conda", "anaconda", "org"),
    )
]
FOLDERS = ["".join(parts) for parts in (("wo", "rk"), ("fa", "rm"))]
FORBIDDEN = re.compile(
    "|".join(
        [*(re.escape(host) for host in HOSTS), *(rf"(?<![\w.\-/])/{f}(?=/|[\s\"'`)]|$)" for f in FOLDERS)]
    )
)


def test_no_file_names_a_registry_or_a_path_of_a_developers_machine(files: list[Path]) -> None:
    faults = []
    for path in files:
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue  # a picture, a font
        for rank, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
            if found := FORBIDDEN.search(line):
                faults.append(f"{path.relative_to(ROOT)}:{rank}: {found[0]}")
    assert faults == []


def test_no_two_test_modules_bear_one_name(files: list[Path]) -> None:
    """Outside packages, pytest imports a module by its name alone: the second of a name is never run."""
    names = [
        path.name
        for path in files
        if path.name.startswith("test_") and not (path.parent / "__init__.py").exists()
    ]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


@pytest.mark.parametrize("text", [f"see {HOSTS[0]}/simple", f"cd /{FOLDERS[0]}/here", f'"/{FOLDERS[1]}"'])
def test_what_is_forbidden_would_be_noticed(text: str) -> None:
    assert FORBIDDEN.search(text)


@pytest.mark.parametrize(
    "text", [f"src/{FOLDERS[0]}/shop", f"the {FOLDERS[0]}/rest balance", "net" + FOLDERS[0]]
)
def test_ordinary_words_are_let_through(text: str) -> None:
    assert not FORBIDDEN.search(text)

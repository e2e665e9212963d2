"""No name that `src` defines holds a private word, and nothing in the list of private words is there for nothing.

The words, what to say instead and the exceptions: `tests/docs/private_words.toml`.
"""

import ast
from pathlib import Path

import pytest

from support.defined_names import (
    ROOT,
    SOURCE,
    DefinedName,
    PrivateWords,
    defined_names,
    private_words,
    python_files,
    shared_modules,
    words_of,
)


@pytest.fixture(scope="module")
def words() -> PrivateWords:
    return private_words()


@pytest.fixture(scope="module")
def names() -> list[DefinedName]:
    return list(defined_names(python_files(SOURCE), SOURCE))


def test_no_defined_name_holds_a_private_word(words: PrivateWords, names: list[DefinedName]) -> None:
    found = {
        f"{name.file.relative_to(ROOT)}:{name.line} {name.path}": [words.instead[word] for word in private]
        for name in names
        if (private := words.in_name(name.name)) and not words.excuses(name)
    }
    assert found == {}


def test_every_exception_is_needed_and_has_its_reason(words: PrivateWords, names: list[DefinedName]) -> None:
    defined = {name.path for name in names}
    needless = [
        path for path in words.exceptions if path not in defined or not words.in_name(path.rpartition(".")[2])
    ]
    assert needless == []
    assert [path for path, reason in words.exceptions.items() if len(reason.split()) < 3] == []


def test_what_to_say_instead_is_said_in_no_private_word(words: PrivateWords) -> None:
    assert {word: advice for word, advice in words.instead.items() if words.in_name(advice)} == {}


def test_every_module_of_one_name_in_two_rooms_has_its_reason(words: PrivateWords) -> None:
    shared = shared_modules(python_files(SOURCE), SOURCE)
    assert sorted(shared.keys() - words.shared_modules.keys()) == []
    assert sorted(words.shared_modules.keys() - shared.keys()) == []


def test_no_test_imports_a_benchmark() -> None:
    """What both use is in `tests/support`."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in python_files(ROOT / "tests")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(
            name.split(".")[0] == "benchmarks"
            for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        )
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_told", {"told"}),
        ("ToldLine", {"told", "line"}),
        ("toldLines2", {"told", "lines"}),
        ("HTMLPage", {"html", "page"}),
        ("household", {"household"}),
    ],
)
def test_a_name_is_split_into_its_words(name: str, expected: set[str]) -> None:
    assert words_of(name) == expected


def test_every_kind_of_definition_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "kept.py"
    file.write_text(
        "import os as told\n"
        "class Held[Said]:\n"
        "    shown: int\n"
        "    def tell(self, given, *gone, **door):\n"
        "        self.mine = [ours for ours in given]\n"
        "        with open(given) as theirs, other.thing:\n"
        "            other.lately = lambda beside: beside\n"
        "        for deed, *asks in gone: pass\n"
        "        try: pass\n"
        "        except OSError as aside: pass\n"
        "        if (alone := given): pass\n"
        "        match given:\n"
        "            case [let, *rest]: pass\n",
        encoding="utf-8",
    )
    found = {
        name.path: name.kind for name in defined_names([file], tmp_path) if name.path != "kept.Held.tell.rest"
    }
    assert found == {
        "kept": "module",
        "kept.told": "alias",
        "kept.Held": "class",
        "kept.Held.Said": "variable",
        "kept.Held.shown": "variable",
        "kept.Held.tell": "function",
        "kept.Held.tell.self": "parameter",
        "kept.Held.tell.given": "parameter",
        "kept.Held.tell.gone": "parameter",
        "kept.Held.tell.door": "parameter",
        "kept.Held.mine": "attribute",
        "kept.Held.tell.ours": "variable",
        "kept.Held.tell.theirs": "variable",
        "kept.Held.tell.lately": "attribute of another",
        "kept.Held.tell.beside": "parameter",
        "kept.Held.tell.deed": "variable",
        "kept.Held.tell.asks": "variable",
        "kept.Held.tell.aside": "variable",
        "kept.Held.tell.alone": "variable",
        "kept.Held.tell.let": "variable",
    }

"""Read the guides of folders: each TOML file is one guide; one that cannot be read says where, and the others are loaded.

In: folders. Out: a library of guides by identifier, and the problems, each with its file, line, key and what to do, in French.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .model import Guide

LARGEST: Final = 4 << 20  # bytes of one file


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file: `line` from 1, 0 where it is the whole file; `key`: the path of the value."""

    file: Path
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file.name}, ligne {self.line}" if self.line else self.file.name
        return f"{place}{f' ({self.key})' if self.key else ''} : {self.message}"


@dataclass(frozen=True)
class Library:
    """Guides by identifier, and what could not be loaded."""

    guides: Mapping[str, Guide] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def load(folders: Iterable[Path], kinds: Mapping[str, type[Guide]]) -> Library:
    """The guides of all the TOML files under these folders, in the order of their names. `kinds`: the model of each kind."""
    guides: dict[str, Guide] = {}
    problems: list[Problem] = []
    for file in sorted(path for folder in folders for path in folder.rglob("*.toml")):
        guide, found = load_file(file, kinds)
        problems += found
        if guide is None:
            continue
        if guide.id in guides:
            problems.append(Problem(file, 0, "id", f"« {guide.id} » est déjà pris par un autre guide."))
        else:
            guides[guide.id] = guide
    return Library(guides, tuple(problems))


def load_file(file: Path, kinds: Mapping[str, type[Guide]]) -> tuple[Guide | None, list[Problem]]:
    """One guide, or the problems of its file."""
    try:
        if file.stat().st_size > LARGEST:
            return None, [Problem(file, 0, "", "ce fichier est trop grand pour un guide (4 Mo au plus).")]
        text = file.read_text("utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        return None, [Problem(file, 0, "", f"ce fichier ne se lit pas : {error}.")]
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        return None, [Problem(file, int(found[1]) if found else 0, "", "ce n'est pas du TOML : guillemet ou crochet ?")]  # fmt: skip
    kind = data.pop("kind", None)
    if kind not in kinds:
        known = ", ".join(sorted(kinds))
        return None, [Problem(file, _line(text, ("kind",)), "kind", f"écrivez une des sortes : {known}.")]
    try:
        # Through JSON: there, strictness means types, not that a list is no tuple.
        return kinds[kind].model_validate_json(json.dumps(data, default=date.isoformat)), []
    except ValidationError as error:
        return None, [_problem(file, text, each) for each in _innermost(error.errors())]


def _innermost(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """The errors but those that only say that something inside them is wrong."""
    places = [error["loc"] for error in errors]
    return [
        error
        for error in errors
        if not any(
            len(place) > len(error["loc"]) and place[: len(error["loc"])] == error["loc"] for place in places
        )
    ]


def _problem(file: Path, text: str, error: ErrorDetails) -> Problem:
    place = error["loc"]
    key = ".".join(str(part + 1 if isinstance(part, int) else part) for part in place)
    return Problem(file, _line(text, place), key, _french(error))


_MESSAGES: Final = {
    "missing": "il manque cette clé.",
    "extra_forbidden": "cette clé n'existe pas : corrigez son nom, ou retirez-la.",
    "string_too_short": "ce texte est trop court.",
    "too_short": "il en faut davantage.",
    "too_long": "il y en a trop.",
    "string_type": "écrivez un texte, entre guillemets.",
    "int_type": "écrivez un nombre entier.",
    "float_type": "écrivez un nombre.",
    "bool_type": "écrivez true ou false.",
    "tuple_type": "écrivez une liste, entre crochets.",
    "date_from_datetime_parsing": "écrivez un jour, par exemple 2026-09-01.",
    "date_from_datetime_inexact": "écrivez un jour, par exemple 2026-09-01.",
    "date_parsing": "écrivez un jour, par exemple 2026-09-01.",
    "date_type": "écrivez un jour, par exemple 2026-09-01.",
}


def _french(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    context: dict[str, Any] = error.get("ctx", {})
    match kind:
        case "value_error":
            return f"{context['error']}."
        case "literal_error":
            return f"écrivez une de ces valeurs : {context['expected'].replace(' or ', ', ')}."
        case "string_pattern_mismatch":
            return f"« {error['input']} » n'a pas la forme attendue ({context['pattern']})."
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            bound = next(iter(context.values()))
            return f"ce nombre est hors de ce qui est possible (limite : {bound})."
        case _:
            return "cette valeur n'est pas de la sorte attendue."


_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w.\s-]+?)\s*\]\]?\s*(#.*)?")


def _line(text: str, place: tuple[int | str, ...]) -> int:
    """Line, from 1, of a value in a TOML text: of its key, else of the table that should have it; 0 for the whole file.

    `place`: names and ranks, as Pydantic gives them: ("sections", 1, "questions", 0, "label").
    """
    ranks: dict[tuple[int | str, ...], int] = {}
    current: tuple[int | str, ...] = ()
    best, depth = 0, 0
    for number, row in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(row):
            current = _opened(header[2].split("."), header[1] == "[[", ranks)
            key: tuple[int | str, ...] = current
        elif named := re.match(r"\s*([\w-]+)\s*=", row):
            key = (*current, named[1])
        else:
            continue
        common = min(len(key), len(place))
        if common > depth and place[:common] == key[:common]:
            best, depth = number, common
    return best


def _opened(
    names: list[str], is_array: bool, ranks: dict[tuple[int | str, ...], int]
) -> tuple[int | str, ...]:
    """The path of the table that a header opens, ranks included."""
    path: tuple[int | str, ...] = ()
    for at, name in enumerate(map(str.strip, names)):
        path = (*path, name)
        if is_array and at == len(names) - 1:
            ranks[path] = ranks.get(path, -1) + 1
        if path in ranks:
            path = (*path, ranks[path])
    return path

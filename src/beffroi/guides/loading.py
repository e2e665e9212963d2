"""Read the guides of folders: each TOML file is one guide; one that cannot be read says where, and the others are loaded.

In: folders. Out: a library of guides by identifier, and the problems, each with its file, line, key and what to do, in French.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from .model import CHOICE_KEY, ID, KEY, Guide

LARGEST: Final = 4 << 20  # bytes of one file
type Place = tuple[int | str, ...]
"""Where a value is, as Pydantic says it: names and ranks, ("sections", 1, "questions", 0, "label")."""


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
    """Guides by identifier, the file of each, and what could not be loaded."""

    guides: Mapping[str, Guide] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)


def load(folders: Iterable[Path], kinds: Mapping[str, type[Guide]], house: Library | None = None) -> Library:
    """The guides of all the TOML files under these folders, in the order of their names. `kinds`: the model of each kind.

    `house`: guides that others are added to, of which they may take neither the identifier nor a subject that it has not.
    """
    guides, files = (dict(house.guides), dict(house.files)) if house else ({}, {})
    subjects = {each.domain for each in guides.values() if each.listed}
    problems: list[Problem] = list(house.problems) if house else []
    for file in sorted(path for folder in folders for path in folder.rglob("*.toml")):
        guide, found = load_file(file, kinds)
        if guide and house and guide.domain not in subjects:
            known = ", ".join(sorted(subjects))
            found = [_problem_of(file, "domain", f"ce sujet n'existe pas. Écrivez un de ceux-ci : {known}.")]
        elif guide and house and (late := guide.read_after(_today(house))):
            found = [_problem_of(file, "sources", f"source lue un jour à venir : {', '.join(late)}.")]
        elif guide and guide.id in guides:
            message = f"« {guide.id} » est déjà pris par {files[guide.id].name}. Choisissez-en un autre."
            found = [_problem_of(file, "id", message)]
        problems += found
        if guide and not found:
            guides[guide.id], files[guide.id] = guide, file
    return Library(guides, tuple(problems), files)


def _today(house: Library) -> date:
    """Not before the last day on which the house read a source: the clock of a machine may be years behind."""
    return max(
        [date.today(), *(source.read_on for guide in house.guides.values() for source in guide.sources)]
    )


def _problem_of(file: Path, key: str, message: str) -> Problem:
    """What is wrong with a key of the file itself."""
    return Problem(file, _line(file.read_text("utf-8"), (key,)), key, message)


_UNREADABLE: Final[Mapping[type[Exception], str]] = {
    UnicodeDecodeError: "ce fichier n'est pas en UTF-8 : enregistrez-le ainsi.",
    OSError: "ce fichier ne se lit pas : vérifiez ses droits.",
    RecursionError: "ce fichier ne se lit pas : trop de crochets les uns dans les autres.",
}


def load_file(file: Path, kinds: Mapping[str, type[Guide]]) -> tuple[Guide | None, list[Problem]]:
    """One guide, or the problems of its file."""
    try:
        if file.stat().st_size > LARGEST:
            return None, [Problem(file, 0, "", "ce fichier est trop grand pour un guide (4 Mo au plus).")]
        text = file.read_text("utf-8")
        data = tomllib.loads(text)
        kind = data.pop("kind", None)
        # Through JSON: there, strictness means types, not that a list is no tuple.
        content = json.dumps(data, default=lambda moment: moment.isoformat())
    except tomllib.TOMLDecodeError as error:
        return None, [_not_toml(file, text, str(error))]
    except tuple(_UNREADABLE) as error:
        message = next(message for kind, message in _UNREADABLE.items() if isinstance(error, kind))
        return None, [Problem(file, 0, "", message)]
    if not isinstance(kind, str) or kind not in kinds:
        known = ", ".join(sorted(kinds))
        return None, [Problem(file, _line(text, ("kind",)), "kind", f"écrivez une des sortes : {known}.")]
    try:
        return kinds[kind].model_validate_json(content), []
    except ValidationError as error:
        return None, [each for one in _innermost(error.errors()) for each in _problems(file, text, one)]


def _not_toml(file: Path, text: str, error: str) -> Problem:
    """Where it stops being TOML; a key or a table that is there twice is told as such."""
    found = re.search(r"at line (\d+)", error)
    why = "ce n'est pas du TOML : guillemet ou crochet ?"
    if "overwrite" in error or "twice" in error:
        why = "cette clé ou cette table est déjà plus haut."
    return Problem(file, int(found[1]) if found else len(text.splitlines()), "", why)


_BRANCH: Final = re.compile(r"str|int|float|bool|function-.*")
"""Names that Pydantic gives to the kinds of value among which it tried."""


def _innermost(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """The errors but those that only say that something inside them is wrong; one where several kinds of value were tried."""
    found: dict[Place, ErrorDetails] = {}
    for error in errors:
        loc = tuple(takewhile(lambda part: not _BRANCH.fullmatch(str(part)), error["loc"]))
        found.setdefault(loc, error if loc == error["loc"] else {**error, "loc": loc, "type": "value_type"})
    return [
        error
        for loc, error in found.items()
        if not any(len(place) > len(loc) and place[: len(loc)] == loc for place in found)
    ]


def _problems(file: Path, text: str, error: ErrorDetails) -> Iterator[Problem]:
    place = error["loc"]
    key = ".".join(str(part + 1 if isinstance(part, int) else part) for part in place)
    for message in _french(error).splitlines():
        yield Problem(file, _line(text, place) or line_naming(text, message), key, message)


def line_naming(text: str, message: str) -> int:
    """Line of what a message names first between « »: where that key is given, else where it is written; 0 for nowhere."""
    for name in re.findall("« (.+?) »", message):
        for written in (rf'\bkey\s*=\s*"{re.escape(name)}"', rf'"{re.escape(name)}"'):
            if found := re.search(written, text):
                return text.count("\n", 0, found.start()) + 1
    return 0


_DATES: Final = ("date_from_datetime_parsing", "date_from_datetime_inexact", "date_parsing", "date_type")
_MESSAGES: Final = {
    "missing": "il manque cette clé : ajoutez-la.",
    "extra_forbidden": "cette clé n'existe pas : corrigez son nom, ou retirez-la.",
    "string_too_short": "ce texte est trop court ({min_length} signes au moins).",
    "string_too_long": "ce texte est trop long ({max_length} signes au plus).",
    "too_short": "il en faut au moins {min_length}.",
    "too_long": "il y en a trop ({max_length} au plus).",
    "string_type": "écrivez un texte, entre guillemets.",
    "int_type": "écrivez un nombre entier, sans guillemets.",
    "float_type": "écrivez un nombre, sans guillemets.",
    "bool_type": "écrivez true ou false, sans guillemets.",
    "tuple_type": "écrivez une liste, entre crochets.",
    "model_type": "écrivez une table : {{ clé = valeur }}.",
    **dict.fromkeys(_DATES, "écrivez un jour, par exemple 2026-09-01."),
}
_SHAPES: Final = {
    ID: "des minuscules sans accent, des chiffres, « - » ou « _ », une lettre d'abord (120 signes au plus)",
    KEY: "des minuscules sans accent, des chiffres ou « _ », une lettre d'abord (60 signes au plus)",
    CHOICE_KEY: "des minuscules sans accent, des chiffres, « - » ou « _ » (120 signes au plus)",
    **dict.fromkeys((r"^https://", r"^(https://.*)?$"), "une adresse qui commence par https://"),
}


def _french(error: ErrorDetails) -> str:
    """What is wrong and what to do; a line for each fault of the references."""
    kind = error["type"]
    context: dict[str, Any] = error.get("ctx", {})
    if kind in _MESSAGES:
        return _MESSAGES[kind].format(**context)
    match kind:
        case "value_error":
            return "\n".join(f"{line}." for line in str(context["error"]).splitlines())
        case "literal_error":
            return f"écrivez une de ces valeurs : {context['expected'].replace(' or ', ', ')}."
        case "string_pattern_mismatch":
            return f"« {error['input']} » ne convient pas : écrivez {_SHAPES.get(context['pattern'], 'autrement')}."
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            bound = next(iter(context.values()))
            return f"ce nombre est hors de ce qui est possible (limite : {bound})."
        case _:
            return "cette valeur n'est pas de la sorte attendue."


_HEADER: Final = re.compile(r"\s*(\[\[?)\s*([\w.\s-]+?)\s*\]\]?\s*(#.*)?")


def _line(text: str, place: Place) -> int:
    """Line, from 1, of a value in a TOML text: of its key, else of the table that should have it; 0 for the whole file."""
    ranks: dict[Place, int] = {}
    current: Place = ()
    best, depth = 0, 0
    for number, row in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(row):
            current = _opened(header[2].split("."), header[1] == "[[", ranks)
            key: Place = current
        elif named := re.match(r"\s*([\w-]+)\s*=", row):
            key = (*current, named[1])
        else:
            continue
        common = min(len(key), len(place))
        if common > depth and place[:common] == key[:common]:
            best, depth = number, common
    return best


def _opened(names: list[str], is_array: bool, ranks: dict[Place, int]) -> Place:
    """The path of the table that a header opens, ranks included."""
    path: Place = ()
    for at, name in enumerate(map(str.strip, names)):
        path = (*path, name)
        if is_array and at == len(names) - 1:
            ranks[path] = ranks.get(path, -1) + 1
        if path in ranks:
            path = (*path, ranks[path])
    return path

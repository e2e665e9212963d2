"""Strict YAML subset. In: a text. Out: texts, numbers, booleans, null, lists and mappings, with their lines and columns; and back.

Aliases, anchors, tags, duplicate keys, other documents and deep nesting are refused. A code with a leading zero, a date,
« oui » or « no » stay texts.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from beffroi.recipes.errors import RecipeError

MAX_DEPTH = 20

type Place = tuple[str | int, ...]

_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"[-+]?(?:0|[1-9][0-9]{0,299})"), int),
    (re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]{1,3})?"), float),
)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Loaded:
    """Parsed data, and the line and the column (from 1) of each node; for a named value, of its name."""

    data: Any
    positions: dict[Place, tuple[int, int]]

    def position(self, place: Place) -> tuple[int, int] | None:
        """Where a place is written, or what holds it."""
        return self.positions.get(place) or self.positions.get(place[:-1])


class _Dumper(yaml.SafeDumper):
    """YAML dumper that quotes texts with line ends of other alphabets, so that they are preserved."""

    def represent_str(self, text: str) -> Any:
        style = '"' if set(text) & set("\x85\u2028\u2029\ufeff") else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def ignore_aliases(self, data: Any) -> bool:
        return True  # `load` refuses them


_Dumper.add_representer(str, _Dumper.represent_str)


def dump(data: Any) -> str:
    """Text that `load` reads back as these data."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def load(text: str) -> Loaded:
    """Raises RecipeError, in French, with the line."""
    positions: dict[Place, tuple[int, int]] = {}
    try:
        events = iter(yaml.parse(text, Loader=yaml.SafeLoader))
        documents = [_build(events, event, (), positions) for event in _contents(events)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" : ligne {mark.line + 1}, caractère {mark.column + 1}" if mark else ""
        raise RecipeError(
            f"Ce texte n'est pas du YAML{where}. Vérifiez-y les deux-points, les tirets, les guillemets et les espaces du "
            "début de ligne."
        ) from error
    except yaml.YAMLError as error:
        raise RecipeError("Ce texte contient un caractère qui ne s'écrit pas en YAML. Retirez-le.") from error
    return Loaded(documents[0] if documents else None, positions)


def _contents(events: Iterator[Any]) -> Iterator[Any]:
    """First event of the only document."""
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _refused(
                    event, "un seul texte est attendu, et « --- » en commence un autre. Retirez l'un des deux"
                )
        elif not isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
            yield event


def _build(events: Iterator[Any], event: Any, place: Place, positions: dict[Place, tuple[int, int]]) -> Any:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _refused(
            event, "« & » et « * » ne s'emploient pas ici. Recopiez, ou mettez le texte entre guillemets"
        )
    if event.tag is not None:
        raise _refused(event, f"« {event.tag} » ne s'emploie pas ici. Mettez le texte entre guillemets")
    if len(place) > MAX_DEPTH:
        raise _refused(
            event, "les listes sont trop imbriquées. Vérifiez les crochets et les espaces du début de ligne"
        )
    positions.setdefault(place, _position(event))
    if isinstance(event, yaml.ScalarEvent):
        return event.value if event.style else _read(event.value)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(following := next(events), yaml.SequenceEndEvent):
            items.append(_build(events, following, (*place, len(items)), positions))
        return items
    table: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent) or key.anchor is not None or key.tag is not None:
            raise _refused(key, "un nom simple est attendu avant les deux-points")
        if key.value in table:
            raise _refused(key, f"« {key.value} » est écrit deux fois au même endroit. Gardez-en un")
        positions[*place, key.value] = _position(key)
        table[key.value] = _build(events, next(events), (*place, key.value), positions)
    return table


def _position(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _read(word: str) -> Any:
    """Value of an unquoted scalar."""
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    for pattern, number in _NUMBERS:
        if pattern.fullmatch(word):
            return number(word)
    return word


def _refused(event: Any, why: str) -> RecipeError:
    return RecipeError(f"Ligne {event.start_mark.line + 1} : {why}.")

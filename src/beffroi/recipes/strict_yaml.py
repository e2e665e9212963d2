"""Strict YAML subset. In: a text. Out: texts, numbers, booleans, null, lists and mappings, with their line numbers.

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
    """Parsed data, and the line (from 1) of each node."""

    data: Any
    lines: dict[Place, int]


def load(text: str) -> Loaded:
    """Raises RecipeError, in French, with the line."""
    lines: dict[Place, int] = {}
    try:
        events = iter(yaml.parse(text, Loader=yaml.SafeLoader))
        documents = [_build(events, event, (), lines) for event in _contents(events)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" : ligne {mark.line + 1}, caractère {mark.column + 1}" if mark else ""
        raise RecipeError(
            f"Ce texte n'est pas du YAML{where}. Vérifiez-y les deux-points, les tirets, les guillemets et les espaces du "
            "début de ligne."
        ) from error
    except yaml.YAMLError as error:
        raise RecipeError("Ce texte contient un caractère qui ne s'écrit pas en YAML. Retirez-le.") from error
    return Loaded(documents[0] if documents else None, lines)


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


def _build(events: Iterator[Any], event: Any, place: Place, lines: dict[Place, int]) -> Any:
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
    lines.setdefault(place, event.start_mark.line + 1)
    if isinstance(event, yaml.ScalarEvent):
        return event.value if event.style else _read(event.value)
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(following := next(events), yaml.SequenceEndEvent):
            items.append(_build(events, following, (*place, len(items)), lines))
        return items
    table: dict[str, Any] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        if not isinstance(key, yaml.ScalarEvent) or key.anchor is not None or key.tag is not None:
            raise _refused(key, "un nom simple est attendu avant les deux-points")
        if key.value in table:
            raise _refused(key, f"« {key.value} » est écrit deux fois au même endroit. Gardez-en un")
        lines[*place, key.value] = key.start_mark.line + 1
        table[key.value] = _build(events, next(events), (*place, key.value), lines)
    return table


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

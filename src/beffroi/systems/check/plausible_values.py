"""Plausible other values of an input column: what another town, or another week, could have sent.

In comes a declared column; out go changes of its values, each to a list of the same type and length, the most telling first.
None makes the column constant: a system may refuse that, or answer the same, whether it reads the column or not.
"""

import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from beffroi.systems.input_schema import ColumnNeed

type Values = list[Any]
type Change = Callable[[Values, random.Random], Values]

_WEEK = timedelta(days=7)
_MOVE = 0.01  # degrees: about a kilometre
_MAX_INTEGER = 1 << 61  # doubled, it still fits in 64 bits


def plausible_changes(need: ColumnNeed) -> tuple[Change, ...]:
    """Changes of the values of a column of this type. Missing values stay so; what cannot change comes back as it is."""
    match need.type:
        case "integer" | "number":
            return _exchange, _double, _halve
        case "date" | "datetime":
            return _shift_by_a_week, _exchange
        case "boolean":
            return _flip, _exchange
        case "geometry":
            return _move, _exchange
        case _:
            return _exchange, _narrow


def _map(values: Values, change: Callable[[Any], Any]) -> Values:
    return [None if value is None else change(value) for value in values]


def _exchange(values: Values, chance: random.Random) -> Values:
    """The same values in other rows."""
    shuffled = chance.sample(values, len(values))
    # Of two rows, one draw in two leaves each where it was.
    return values[1:] + values[:1] if shuffled == values else shuffled


def _double(values: Values, chance: random.Random) -> Values:
    """Each number doubled; one instead of zero."""
    return _map(values, lambda value: _scale(value, 2) or type(value)(1))


def _halve(values: Values, chance: random.Random) -> Values:
    return _map(values, lambda value: _scale(value, 0.5))


def _scale(value: float, factor: float) -> float:
    if isinstance(value, int):
        return round(value * factor) if abs(value) < _MAX_INTEGER else value
    return value * factor


def _shift_by_a_week(values: Values, chance: random.Random) -> Values:
    def shifted(day: date) -> date:
        try:
            return day + _WEEK
        except OverflowError:
            return day - _WEEK

    return _map(values, shifted)


def _flip(values: Values, chance: random.Random) -> Values:
    return _map(values, lambda value: not value)


def _narrow(values: Values, chance: random.Random) -> Values:
    """The first half of the names, drawn again for every row; of a single name, another one beside it."""
    names = sorted({value for value in values if value is not None})
    if len(names) == 1:
        names.append(_rename(names[0]))
    else:
        names = names[: (len(names) + 1) // 2]
    return _map(values, lambda _: chance.choice(names))


def _rename(text: str) -> str:
    """Another name, or the next code: « 69123 » becomes « 69124 »."""
    if text[-1:] in set("0123456789"):
        return text[:-1] + str((int(text[-1]) + 1) % 10)
    return f"{text} bis"


def _move(values: Values, chance: random.Random) -> Values:
    """Each GeoJSON geometry moved as a whole, a little; a text that is not one stays."""

    def moved(text: str) -> str:
        move = chance.uniform(-_MOVE, _MOVE), chance.uniform(-_MOVE, _MOVE)
        try:
            return json.dumps(_translate(json.loads(text), move))
        except (ValueError, RecursionError):
            return text

    return _map(values, moved)


def _translate(content: Any, move: tuple[float, float]) -> Any:
    """The positions of a decoded GeoJSON geometry, at any depth, moved by degrees of longitude and latitude."""
    if isinstance(content, dict):
        return {
            key: _translate(part, move) if key in ("coordinates", "geometries") else part
            for key, part in content.items()
        }
    if not isinstance(content, list):
        return content
    if len(content) >= 2 and all(isinstance(part, int | float) for part in content):
        return [content[0] + move[0], content[1] + move[1], *content[2:]]
    return [_translate(part, move) for part in content]

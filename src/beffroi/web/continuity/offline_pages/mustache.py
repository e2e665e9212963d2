"""Logic-less templates, the same in Python and in the browser (`frontend/src/offline/mustache.js`).

`{{name}}` an escaped value, `{{#name}}…{{/name}}` a section (each of a list; inside a mapping; once if true), `{{^name}}…{{/name}}` its
contrary, `{{> file}}` another template. Nothing else: no raw value, no expression. White space is kept as it is.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

_TAG = re.compile(r"\{\{([#^/>]?) ?([a-z0-9_]+)\}\}")

type _Token = tuple[str, str]  # (kind, text or name); kind "" is text, "&" a value


def render(templates: Mapping[str, str], name: str, context: Mapping[str, Any]) -> str:
    """Raises KeyError for a name that no context has: a template and its context agree, or nothing comes out."""
    parts: list[str] = []
    _fill(templates, _tokens(templates[name]), (context,), parts)
    return "".join(parts)


@cache
def _tokens(template: str) -> tuple[_Token, ...]:
    found: list[_Token] = []
    place = 0
    for tag in _TAG.finditer(template):
        found += [("", template[place : tag.start()]), (tag[1] or "&", tag[2])]
        place = tag.end()
    return (*found, ("", template[place:]))


def _fill(
    templates: Mapping[str, str],
    tokens: Sequence[_Token],
    contexts: tuple[Mapping[str, Any], ...],
    parts: list[str],
) -> None:
    place = 0
    while place < len(tokens):
        kind, text = tokens[place]
        if kind == "":
            parts.append(text)
        elif kind == "&":
            parts.append(escape(str(_value(contexts, text))))
        elif kind == ">":
            _fill(templates, _tokens(templates[text]), contexts, parts)
        else:
            end = _end(tokens, place)
            value = _value(contexts, text)
            if kind == "^":
                inner = [] if value else [contexts]
            elif isinstance(value, list):
                inner = [(each, *contexts) for each in value]
            elif isinstance(value, Mapping):
                inner = [(value, *contexts)]
            else:
                inner = [contexts] if value else []
            for each in inner:
                _fill(templates, tokens[place + 1 : end], each, parts)
            place = end
        place += 1


def _end(tokens: Sequence[_Token], start: int) -> int:
    """Where the section opened at `start` ends; the same name may be nested."""
    depth, name = 0, tokens[start][1]
    for place in range(start, len(tokens)):
        kind, text = tokens[place]
        if text == name and kind in ("#", "^"):
            depth += 1
        elif text == name and kind == "/":
            depth -= 1
            if depth == 0:
                return place
    raise ValueError(f"section {name} is never closed")


def _value(contexts: tuple[Mapping[str, Any], ...], name: str) -> Any:
    for context in contexts:
        if name in context:
            return context[name]
    raise KeyError(name)

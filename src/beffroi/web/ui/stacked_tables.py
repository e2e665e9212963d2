"""Tables that a telephone reads row by row: each cell says under which heading it stands.

In: the HTML of a table, as templates write it (no table within a table). Out: the same, marked for `css/tables.css`.
"""

import re
from html import escape, unescape

from django.utils.html import strip_tags
from django.utils.safestring import SafeString

_HEAD = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
_HEADING = re.compile(r"<th\b([^>]*)>(.*?)</th>", re.DOTALL)
_PART = re.compile(r"<tr\b|<(th|td)\b([^>]*)>(?:\s*(–?)\s*</td>)?")
_COLUMNS = re.compile(r'\bcolspan="(\d+)"')
_NOTE = re.compile(r"<br\b.*", re.DOTALL)
_TABLE = re.compile(r"<table\b(?: class=\"([^\"]*)\")?")


def stacked(content: str) -> SafeString:
    """The table with its class and, in each cell of its rows, the words of its column; a cell that says nothing is marked so.

    A heading without words in sight gives none; a cell over several columns, and the row's own heading (`th`), stay as they are.
    """
    head = _HEAD.search(content)
    start = head.end() if head else 0
    labels = _labels(head.group()) if head else []
    position = 0

    def mark(part: re.Match[str]) -> str:
        nonlocal position
        cell, attributes, nothing = part.groups()
        if cell is None:
            position = 0
            return part.group()
        here, position = position, position + _span(attributes)
        label = labels[here] if here < len(labels) and position == here + 1 else ""
        if cell == "th" or not label:
            return part.group()
        marks = f' data-label="{escape(label)}"' + (" data-empty" if nothing is not None else "")
        return part.group().replace("<td", f"<td{marks}", 1)

    return SafeString(_TABLE.sub(_add_class, content[:start] + _PART.sub(mark, content[start:]), count=1))


def _add_class(opening: re.Match[str]) -> str:
    return f'<table class="{" ".join(filter(None, (opening.group(1), "stacked")))}"'


def _labels(head: str) -> list[str]:
    """One for each column of the first row of headings, without its note nor the arrow of its order."""
    first = head.partition("</tr>")[0]
    return [
        label
        for attributes, words in _HEADING.findall(first)
        for label in [_label(words)] * _span(attributes)
    ]


def _label(words: str) -> str:
    if "visually-hidden" in words:
        return ""
    return unescape(strip_tags(_NOTE.sub("", words))).strip(" ↑↓\n")


def _span(attributes: str) -> int:
    columns = _COLUMNS.search(attributes)
    return int(columns.group(1)) if columns else 1

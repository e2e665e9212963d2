"""Whole days as an iCalendar file (RFC 5545), that any calendar opens.

In: events of one day each. Out: the text, its lines folded at 75 bytes, what a person wrote escaped.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

LONGEST: Final = 75
"""Bytes of a line."""
_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class Event(NamedTuple):
    """One day. `uid`: the same at each export, so that a calendar replaces the event instead of adding it again."""

    uid: str
    day: date
    title: str
    url: str


def write_calendar(name: str, events: Iterable[Event], now: datetime) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Beffroi//FR", f"X-WR-CALNAME:{_escape(name)}"]
    for event in events:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escape(event.uid)}",
            f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escape(event.title)}",
            f"URL:{event.url}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    return "".join(f"{_fold(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _escape(text: str) -> str:
    text = _CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return re.sub(r"([\\;,])", r"\\\1", text).replace("\n", "\\n")


def _fold(line: str) -> str:
    """A long line on several, each after the first begun by a space; never inside a character."""
    folded, length = "", 0
    for character in line:
        size = len(character.encode())
        if length + size > LONGEST:
            folded, length = folded + "\r\n ", 1
        folded, length = folded + character, length + size
    return folded

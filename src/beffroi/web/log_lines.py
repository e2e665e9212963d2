"""Lines of the log: each begins with its moment and its zone, and no text that it holds begins another one.

In: a record of `logging`. Out: one line; the lines of a traceback follow it, indented, without the words of the exception. An
address that is itself a secret (a link of entry, of a shared board) is cut where the secret begins.
"""

import logging
import re
from datetime import UTC, datetime

from beffroi.traces import traced

_SECRET_ADDRESS = re.compile(r"(/(?:entree|rejoindre|p/[\w-]+/liens)/)[^/\s]+")


class LineFormatter(logging.Formatter):
    """Moments in ISO 8601 with their offset, control characters escaped."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _SECRET_ADDRESS.sub(r"\1…", "".join(map(_escaped, super().formatMessage(record))))

    def formatException(self, ei: tuple[object, BaseException | None, object]) -> str:  # type: ignore[override]
        lines = traced(ei[1]).splitlines() if ei[1] is not None else []
        return "\n".join("    " + "".join(map(_escaped, line)) for line in lines)


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")

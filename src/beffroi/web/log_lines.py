"""Lines of the log: each begins with its moment and its zone, and no text that it holds begins another one.

In: a record of `logging`. Out: one line; the lines of a traceback follow it, indented, without the words of the exception; or one
JSON document a record. An address that is itself a secret (a link of entry, of a shared board) is cut where the secret begins.
"""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

from beffroi.traces import traced

_SECRET_ADDRESS = re.compile(r"(/(?:entree|rejoindre|p/[\w-]+/(?:liens|remplir|qui-appeler))/)[^/\s]+")


request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Identifier of the request under way in this context; empty outside of one."""


def moment_of(record: logging.LogRecord) -> str:
    """ISO 8601 with its offset."""
    return datetime.fromtimestamp(record.created, UTC).astimezone().isoformat(timespec="milliseconds")


class JsonFormatter(logging.Formatter):
    """One JSON document a record, for a collector of logs. `facts`: what a record carries besides its message."""

    def format(self, record: logging.LogRecord) -> str:
        content = {
            "at": moment_of(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _SECRET_ADDRESS.sub(r"\1…", record.getMessage()),
        }
        # Django's own record of a refusal is made once our middleware is left, and bears the request.
        if identifier := request_id.get() or getattr(getattr(record, "request", None), "identifier", ""):
            content["request"] = identifier
        for name, value in getattr(record, "facts", {}).items():
            content[name] = _SECRET_ADDRESS.sub(r"\1…", value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[1] is not None:
            content["trace"] = traced(record.exc_info[1])
        return json.dumps(content, ensure_ascii=False, default=str)


class HealthFilter(logging.Filter):
    """Drops Django's line about each 503 of the address that monitors ask each minute: the report says what is wrong."""

    def filter(self, record: logging.LogRecord) -> bool:
        path = getattr(getattr(record, "request", None), "path", "")
        return not (path == "/sante/" and getattr(record, "status_code", None) == 503)


class LineFormatter(logging.Formatter):
    """Moments in ISO 8601 with their offset, control characters escaped."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return moment_of(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _SECRET_ADDRESS.sub(r"\1…", "".join(map(_escaped, super().formatMessage(record))))

    def formatException(self, ei: tuple[object, BaseException | None, object]) -> str:  # type: ignore[override]
        lines = traced(ei[1]).splitlines() if ei[1] is not None else []
        return "\n".join("    " + "".join(map(_escaped, line)) for line in lines)


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")

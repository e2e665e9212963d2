"""Rules of the database on crisis."""

from typing import Any

RULES: list[Any] = []

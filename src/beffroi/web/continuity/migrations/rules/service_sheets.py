"""Rules of the database on service sheets."""

from typing import Any

RULES: list[Any] = []

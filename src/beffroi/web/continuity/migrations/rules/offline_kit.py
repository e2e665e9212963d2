"""Rules of the database on offline kit."""

from typing import Any

RULES: list[Any] = []

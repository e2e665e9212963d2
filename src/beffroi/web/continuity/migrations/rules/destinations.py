"""Rules of the database on destinations."""

from typing import Any

RULES: list[Any] = []

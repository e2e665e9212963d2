"""Rules of the database on essential services."""

from typing import Any

RULES: list[Any] = []

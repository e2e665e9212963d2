"""Rules of the database on paper forms."""

from typing import Any

RULES: list[Any] = []

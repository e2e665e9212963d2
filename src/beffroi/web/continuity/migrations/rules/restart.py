"""Rules of the database on restart."""

from typing import Any

RULES: list[Any] = []

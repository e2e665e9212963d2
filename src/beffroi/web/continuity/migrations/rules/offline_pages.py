"""Rules of the database on offline pages."""

from typing import Any

RULES: list[Any] = []

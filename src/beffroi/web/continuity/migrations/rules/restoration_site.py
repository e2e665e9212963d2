"""Rules of the database on restoration site."""

from typing import Any

RULES: list[Any] = []

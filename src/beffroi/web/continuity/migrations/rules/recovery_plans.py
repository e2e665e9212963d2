"""Rules of the database on recovery plans."""

from typing import Any

RULES: list[Any] = []

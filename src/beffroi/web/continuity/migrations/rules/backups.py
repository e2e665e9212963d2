"""Rules of the database on backups."""

from typing import Any

RULES: list[Any] = []

"""Folders of this machine that the operator opens to territories: « slug=/chemin », or « *=/chemin », which means the slug inside."""

from collections.abc import Iterable
from pathlib import Path

from .models import Territory


def folders_of(territory: Territory, entries: Iterable[str]) -> list[Path]:
    """Those of `entries` that this territory may use. One whose path is missing or not whole opens nothing."""
    found = []
    for entry in entries:
        whose, _, path = map(str.strip, entry.partition("="))
        if whose in (territory.slug, "*") and path.startswith("/"):
            found.append((Path(path) / (territory.slug if whose == "*" else "")).resolve())
    return found

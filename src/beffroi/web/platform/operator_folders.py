"""Folders of this machine that the operator opens to territories: « slug=/chemin », or « *=/chemin », which means the slug inside."""

from collections.abc import Iterable
from pathlib import Path

from .models import Territory


def folders_of(territory: Territory, entries: Iterable[str]) -> list[Path]:
    """Those of `entries` that this territory may use."""
    found = []
    for entry in entries:
        whose, _, path = entry.partition("=")
        if whose.strip() == territory.slug:
            found.append(Path(path.strip()).resolve())
        elif whose.strip() == "*":
            found.append((Path(path.strip()) / territory.slug).resolve())
    return found

"""What the restart order is computed from: services with the outage that they bear, applications with what they need. No Django."""

import re
from dataclasses import dataclass
from typing import Final

from beffroi.text import fold_name

NONE_WRITTEN: Final = frozenset(["aucun", "aucune", "non", "rien", "neant", "0", "-"])


@dataclass(frozen=True)
class Service:
    """A service; `bearable`: the longest outage that it bears, in hours, None where nobody said."""

    key: str
    name: str
    bearable: float | None = None
    validated: bool = True


@dataclass(frozen=True)
class Application:
    """Something to start again. `kind`: in words, `sort`: its key; `serves`, `needs`: names as written; `hours`: to start it; `loss`: data loss that is bearable, in hours."""

    key: str
    name: str
    kind: str = ""
    sort: str = ""
    serves: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    hours: float | None = None
    loss: float | None = None
    people: tuple[str, ...] = ()
    has_data: bool = False
    backup: str = ""
    place: str = ""
    provider: str = ""
    how: str = ""
    access: str = ""

    @property
    def has_backup(self) -> bool:
        return bool(self.backup.strip()) and fold_name(self.backup) not in NONE_WRITTEN


def names_in(text: object) -> tuple[str, ...]:
    """The names of a field: separated by « ; » or by a line, each once."""
    found: dict[str, str] = {}
    for part in re.split(r"[;\n]", str(text or "")):
        if name := part.strip():
            found.setdefault(fold_name(name), name)
    return tuple(found.values())


def format_known(hours: float, missing: int) -> str:
    """A sum of times of which some may be missing: « 2 h », « au moins 2 h (3 temps manquent) », « inconnu (3 temps manquent) »."""
    if not missing:
        return format_hours(hours)
    lacking = "1 temps manque" if missing == 1 else f"{missing} temps manquent"
    return f"au moins {format_hours(hours)} ({lacking})" if hours else f"inconnu ({lacking})"


def format_hours(hours: float | None) -> str:
    """« 30 min », « 4 h », « 1 h 30 », « 3 jours »."""
    if hours is None:
        return "–"
    minutes = round(hours * 60)
    days, rest = divmod(minutes, 24 * 60)
    if days < 2:
        days, rest = 0, minutes
    whole, left = divmod(rest, 60)
    parts = [f"{days} jours"] if days else []
    if whole:
        parts.append(f"{whole} h {left:02d}" if left else f"{whole} h")
    elif left or not days:
        parts.append(f"{left} min")
    return " ".join(parts)

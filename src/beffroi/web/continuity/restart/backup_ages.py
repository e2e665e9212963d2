"""How old the last backup of each application is: other nouns register what they know, the restart order asks them all."""

from collections.abc import Callable, Mapping

from beffroi.text import fold_name
from beffroi.web.platform.models import Territory

type BackupAges = Callable[[Territory], Mapping[str, float]]
"""Hours since the last backup, by the name of the application as its register has it."""

_sources: list[BackupAges] = []


def register_backup_ages(source: BackupAges) -> None:
    if source not in _sources:
        _sources.append(source)


def backup_ages(territory: Territory) -> dict[str, float]:
    """The ages that are known, by name folded; of two that differ, the older: what is not sure is not taken for saved."""
    found: dict[str, float] = {}
    for source in _sources:
        for name, hours in source(territory).items():
            key = fold_name(name)
            found[key] = max(hours, found.get(key, hours))
    return found

"""Beffroi's own backups, told by the room above that makes them: this room does not know where they are.

`register` is called once by that room; without it, a copy of kind « own » says that nothing can be read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from beffroi.web.platform.models import Territory


@dataclass(frozen=True)
class OwnTrial:
    """The last restore trial of the instance. `fault`: "" when every byte was as it should; `tables`: compared."""

    source: str
    at: datetime
    fault: str
    share: float
    tables: int
    seconds: float


@dataclass(frozen=True)
class OwnBackups:
    """`last_at`: the last backup that had everything of this territory; `trouble`: why there was none since."""

    last_at: datetime | None
    trouble: str = ""
    trial: OwnTrial | None = None


@dataclass(frozen=True)
class Provider:
    """`read`: what is known of a territory's backups; `try_now`: restore the last one beside, and write down what came of it."""

    read: Callable[[Territory], OwnBackups]
    try_now: Callable[[], None]


_provider: Provider | None = None


def register(provider: Provider) -> None:
    global _provider
    _provider = provider


def provider() -> Provider | None:
    return _provider

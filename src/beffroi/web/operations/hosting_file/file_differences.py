"""Changes that a hosting file asks for: their sign, their words, and the service call that makes each."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from django.utils import timezone

from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory

type Sign = Literal["+", "~", "−"]


@dataclass
class Application:
    """One territory being changed: the links made for people who arrive, and what waits for somebody's consent."""

    territory: Territory
    arrivals: dict[str, str] = field(default_factory=dict)
    deferred: list[str] = field(default_factory=list)

    def inside(self) -> AbstractContextManager[None]:
        return scope.inside(self.territory)


@dataclass(frozen=True)
class Change:
    """One difference between the file and the instance. `make` calls the service, in the host's scope."""

    sign: Sign
    text: str
    make: Callable[[Application], object]
    brings_people: bool = False


@dataclass
class Differences:
    """What differs in one territory, what the file does not name, and what waits for somebody."""

    changes: list[Change] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)

    def add(
        self, sign: Sign, text: str, make: Callable[[Application], object], *, brings_people: bool = False
    ) -> None:
        self.changes.append(Change(sign, text, make, brings_people))


def start_of(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def end_of(day: date | None) -> datetime | None:
    """The moment after the last day that is covered."""
    return start_of(day + timedelta(days=1)) if day else None


def local_day(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment else None


def french(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""

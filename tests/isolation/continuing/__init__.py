"""The continuity room in the world of isolation: one module a noun, joined here."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from . import (
    backups,
    billing,
    crisis,
    destinations,
    essential_services,
    exercises,
    offline_kit,
    offline_pages,
    paper_forms,
    recovery_plans,
    rekeying,
    restart,
    restoration_site,
    service_sheets,
)

NOUNS: tuple[ModuleType, ...] = (
    essential_services,
    restart,
    recovery_plans,
    backups,
    service_sheets,
    offline_kit,
    destinations,
    restoration_site,
    offline_pages,
    crisis,
    paper_forms,
    exercises,
    billing,
    rekeying,
)


def furnish_continuity(side: Any) -> None:
    for noun in NOUNS:
        noun.furnish(side)


def joined(name: str) -> dict[Any, Any]:
    return {key: value for noun in NOUNS for key, value in getattr(noun, name).items()}


PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = joined("PARAMETERS")
SHARED: dict[tuple[str, str], Any] = joined("SHARED")
NARROWER: dict[str, str] = joined("NARROWER")
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = joined("JOBS")
EXPORTS: set[str] = {route for noun in NOUNS for route in noun.EXPORTS}

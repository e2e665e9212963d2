"""Disk space: read-only mode before the disk is full, quotas by territory, messages when it is full.

In: the home's file system, the territory's quota, and the settings `BEFFROI_RESERVE` and `BEFFROI_QUOTAS`. Out: whether something
more may be written.
"""

import os
from typing import Final

from django.conf import settings

from beffroi.lake.files import disk_full
from beffroi.web.ui.formats import size

from .. import scope
from ..models import Territory, TerritoryFigures
from .usage import size_of

LOW: Final = (
    "Le disque du serveur est presque plein : Beffroi se lit, mais n'enregistre plus rien. Rien n'a été modifié. Prévenez la "
    "personne qui tient l'instance : elle doit libérer de la place."
)
FULL: Final = (
    "Le disque du serveur est plein. Rien n'a été enregistré à moitié. Prévenez la personne qui tient l'instance : elle doit "
    "libérer de la place."
)


class OutOfRoom(Exception):
    """There is no room for what was asked; nothing was written. The message is for the person."""


def free() -> int:
    """Bytes that may still be written where the home is."""
    stats = _stats()
    return stats.f_bavail * stats.f_frsize


def total() -> int:
    """Bytes of the disk where the home is."""
    stats = _stats()
    return stats.f_blocks * stats.f_frsize


def _stats() -> os.statvfs_result:
    return os.statvfs(settings.HOME.path if settings.HOME.path.is_dir() else "/")


def is_low(more: int = 0) -> bool:
    """Whether writing so many bytes more would touch what is held in reserve."""
    return free() - more < settings.RESERVE


def was_full(error: BaseException) -> bool:
    """Whether the error is that of a disk without room: SQLite does not always say it in so many words."""
    return disk_full(error) or ("disk I/O error" in str(error) and is_low())


def require(territory: Territory, more: int = 0) -> None:
    """Raise OutOfRoom when the disk, or the territory's quota, has no room for so many bytes more."""
    if is_low(more):
        raise OutOfRoom(LOW)
    require_quota(territory, more)


def require_quota(territory: Territory, more: int) -> None:
    """Raise OutOfRoom when so many bytes are more than what is left of the territory's own."""
    quota = quota_of(territory)
    if quota is not None and used(territory) + more > quota:
        raise OutOfRoom(
            f"{territory.name} a atteint la place qui lui est réservée ({size(quota)}). Rien n'a été enregistré. Faites effacer "
            "ce qui ne sert plus, ou demandez plus de place à votre hébergeur."
        )


def quota_of(territory: Territory) -> int | None:
    """Bytes that the territory may take; None without a limit. What the host recorded for it comes before `BEFFROI_QUOTAS`."""
    if territory.quota is not None:
        return territory.quota
    return settings.QUOTAS.get(territory.slug, settings.QUOTAS.get("*"))


def quotas_of_nobody() -> list[str]:
    """The short names of `BEFFROI_QUOTAS` that no territory bears: a quota mistyped limits nothing."""
    named = set(settings.QUOTAS) - {"*"}
    return sorted(named - set(Territory.objects.filter(slug__in=named).values_list("slug", flat=True)))


def used(territory: Territory) -> int:
    """Bytes that the territory's folder takes: as the clock measured it, or now."""
    with scope.inside(territory):
        figures = TerritoryFigures.objects.filter(territory=territory).exclude(measured_at=None).first()
    return int(figures.size) if figures else size_of(settings.HOME.territory(territory.slug))

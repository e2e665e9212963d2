"""What belongs to a territory: one base class and one manager, the only way to such rows.

Outside the scope that was opened (`platform.scope`) nothing is read nor written: the manager raises, on both databases.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models

from .. import scope
from .places import Territory


class TerritoryQuerySet[M: models.Model](models.QuerySet[M]):
    """Rows of one territory; those made in bulk are checked as those made one by one."""

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        objs = list(objs)
        for each in objs:
            scope.check_write(type(each), each.territory_id)  # type: ignore[attr-defined]
        return super().bulk_create(objs, *args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        scope.check_write(self.model)
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        scope.check_write(self.model)
        return super().delete()


class TerritoryManager[M: models.Model](models.Manager.from_queryset(TerritoryQuerySet)):  # type: ignore[misc]
    """The way to a territory's rows: the scope's, whatever the query says."""

    def get_queryset(self) -> models.QuerySet[M]:
        rows: models.QuerySet[M] = super().get_queryset()
        key = scope.key_for(self.model)
        return rows if key is None else rows.filter(territory_id=key)

    def of(self, territory: Territory) -> models.QuerySet[M]:
        """The rows of this territory, which is the one that was opened (none of another's).

        Each row holds this very territory: to ask a row for its territory costs no query, as for a related manager's rows.
        """
        rows = self.get_queryset()
        if scope.key_for(self.model) != territory.pk:  # else the scope says it already
            rows = rows.filter(territory=territory)
        rows._known_related_objects = {self.model._meta.get_field("territory"): {territory.pk: territory}}  # type: ignore[attr-defined]
        return rows


class TerritoryOwned(models.Model):
    """Anything that belongs to one territory. `host_reads`: the host's own duties may look at it, for all at once."""

    host_reads: ClassVar[bool] = False
    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="+")
    objects: ClassVar[TerritoryManager[Any]] = TerritoryManager()

    class Meta:
        abstract = True
        # A key followed from one row to another is held to the scope too.
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        scope.check_write(type(self), self.territory_id)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        scope.check_write(type(self), self.territory_id)
        return super().delete(*args, **kwargs)

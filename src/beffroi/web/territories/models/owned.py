"""What belongs to a territory: one base class and one manager, the only way to such rows."""

from typing import Any, ClassVar

from django.db import models

from .places import Territory


class TerritoryManager[M: models.Model](models.Manager[M]):
    """The way to a territory's rows: always by the territory."""

    def of(self, territory: Territory) -> models.QuerySet[M]:
        return self.get_queryset().filter(territory=territory)


class TerritoryOwned(models.Model):
    """Anything that belongs to one territory."""

    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="+")
    objects: ClassVar[TerritoryManager[Any]] = TerritoryManager()

    class Meta:
        abstract = True

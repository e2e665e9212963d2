"""A billing statement as it was prepared, and its check by a second person."""

import json
import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class BillingStatement(TerritoryOwned):
    """One statement: what it is made of never changes; a corrected table makes another one (`replaces`).

    `inputs`: the three tables as they were read, JSON compressed by zlib, null once erased; `sources`: name, SHA-256, rows and lines
    set aside of each; `result`: number of bills, total in cents, number of remarks.
    """

    class Service(models.TextChoices):
        WATER = "water", "eau"
        CANTEEN = "canteen", "cantine"
        AFTER_SCHOOL = "after_school", "accueil périscolaire"

    service = models.CharField("service", max_length=12, choices=Service)
    label = models.CharField("nom", max_length=120)
    first_day = models.DateField("du")
    last_day = models.DateField("au")
    inputs = models.BinaryField(null=True)
    sources = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    checked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)
    check_note = models.CharField("ce qui a été contrôlé", max_length=500, blank=True)
    erased_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(checked_by=None) | ~models.Q(checked_by=models.F("by")),
                name="checked_by_a_second_person",
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def euros(self) -> Decimal:
        """The total, taxes included."""
        return Decimal(self.result["cents"]) / 100

    @staticmethod
    def pack(tables: Mapping[str, Any]) -> bytes:
        return zlib.compress(json.dumps(tables, ensure_ascii=False, separators=(",", ":")).encode(), 9)

    def read(self) -> dict[str, Any]:
        """The three tables; empty ones once they were erased."""
        if self.inputs is None:
            return {}
        found: dict[str, Any] = json.loads(zlib.decompress(bytes(self.inputs)))
        return found

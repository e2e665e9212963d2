"""Signed editions of the recovery and continuity plans."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class PlanEdition(TerritoryOwned):
    """A plan as a person signed it. `document`: the whole HTML file; `sections`: its lines of text, to say what changed since.

    `sha256`: of the file; `authority`: the mandate, as it was that day.
    """

    class Kind(models.TextChoices):
        RECOVERY = "pra", "plan de reprise d'activité"
        CONTINUITY = "pca", "plan de continuité d'activité"

    kind = models.CharField("plan", max_length=3, choices=Kind)
    number = models.PositiveIntegerField("édition")
    document = models.TextField()
    sections = models.JSONField()
    sha256 = models.CharField("empreinte", max_length=64)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["kind", "-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "kind", "number"], name="one_plan_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, édition {self.number}"

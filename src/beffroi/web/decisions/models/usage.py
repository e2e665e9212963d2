"""That staff were informed and consulted before anyone looks at how proposals are used: written once, by a person."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class StaffConsultation(TerritoryOwned):
    """One consultation: when staff were told, when and by which body they were heard, and where its minutes are."""

    informed_on = models.DateField("personnel informé le")
    consulted_on = models.DateField("instance consultée le")
    body = models.CharField("instance", max_length=200)
    reference = models.CharField("référence du procès-verbal", max_length=200)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(body="") & ~models.Q(reference=""), name="a_consultation_has_its_minutes"
            )
        ]

    def __str__(self) -> str:
        return f"{self.body}, {self.consulted_on:%d/%m/%Y}"

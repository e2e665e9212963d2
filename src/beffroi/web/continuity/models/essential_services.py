"""What people validated of the consequences of an outage, service by service."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.guides.models import RegisterEntry, Response
from beffroi.web.platform.models import Person, TerritoryOwned


class OutageValidation(TerritoryOwned):
    """The analysis of one service as a person validated it; the last one of a service counts.

    `hours`: the longest bearable outage; `sha256`: of the answers; `authority`: the mandate, as it was that day.
    """

    response = models.OneToOneField(Response, on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey(RegisterEntry, on_delete=models.PROTECT, related_name="+")
    hours = models.FloatField("plus longue durée d'arrêt supportable, en heures")
    sha256 = models.CharField("empreinte", max_length=64)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.entry} : {self.hours:g} h"

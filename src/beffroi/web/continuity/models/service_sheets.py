"""Approvals and trials of the sheets of the degraded mode. The sheets themselves are entries of the register `service_sheets`."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.models import Person, TerritoryOwned


class SheetApproval(TerritoryOwned):
    """A head of service approved a sheet as it was. `sha256`: of its content; another content is not approved."""

    entry = models.ForeignKey(RegisterEntry, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField("empreinte", max_length=64)
    role = models.CharField("en qualité de", max_length=120)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.entry} : {self.role}"


class SheetTrial(TerritoryOwned):
    """A sheet was tried: on which day, by which functions, what went wrong. `sha256`: of the content that was tried."""

    entry = models.ForeignKey(RegisterEntry, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField("empreinte", max_length=64)
    on = models.DateField("essayée le")
    who = models.CharField("qui a essayé", max_length=300)
    went_wrong = models.CharField("ce qui n'a pas marché", max_length=1000, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.entry} : {self.on:%d/%m/%Y}"

"""Addresses given to third parties for one guide, and what they wrote there. A third party never validates its own words."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class ContributionLink(TerritoryOwned):
    """An address for one response, one action of a plan, or one register, until a day; only the hash of its secret is stored."""

    guide = models.CharField("guide", max_length=60)
    response = models.ForeignKey("guides.Response", null=True, on_delete=models.PROTECT, related_name="+")
    action = models.ForeignKey("guides.FollowedAction", null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("pour qui", max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    until = models.DateField("jusqu'au")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and timezone.localdate() <= self.until


class Contribution(TerritoryOwned):
    """What a third party brought: answers by question, entries of a register, files. It counts once a person has taken it."""

    class State(models.TextChoices):
        WAITING = "waiting", "à vérifier"
        TAKEN = "taken", "retenu"
        REFUSED = "refused", "écarté"

    link = models.ForeignKey(ContributionLink, on_delete=models.PROTECT, related_name="contributions")
    values = models.JSONField()
    note = models.CharField("remarque", max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField("état", max_length=7, choices=State, default=State.WAITING)
    reason = models.CharField("raison", max_length=500, blank=True)
    reviewed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.link}, {timezone.localtime(self.at):%d/%m/%Y}"

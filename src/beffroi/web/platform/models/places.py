"""Where: territories, the tenants of the host."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from .policies import HOST, TERRITORY


class Territory(models.Model):
    """A local authority: a tenant, with its own folder and two lakes."""

    belongs_to_host = True
    write_policy = (HOST, f"{HOST} OR id = {TERRITORY}")
    code = models.CharField(max_length=16, unique=True)
    name = models.CharField("nom", max_length=200)
    kind = models.CharField("nature", max_length=40)
    slug = models.SlugField(unique=True)
    siren = models.CharField(max_length=9, blank=True)
    population = models.PositiveIntegerField(null=True)
    members = models.JSONField("codes des communes membres", default=list)
    is_fictional = models.BooleanField("ville fictive", default=False)
    contact = models.CharField("à qui s'adresser", max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    seat = models.CharField("siège", max_length=200, blank=True)
    # "room:studio" or "system:canteen" → who closed it: "host" (only the host opens it again) or "territory".
    closed = models.JSONField("salles et systèmes fermés", default=dict)
    safeguards = models.JSONField("réglages protégés", default=list)
    suspended_at = models.DateTimeField("suspendu depuis", null=True, blank=True)
    suspended_why = models.CharField("motif de la suspension", max_length=300, blank=True)
    quota = models.PositiveBigIntegerField("place réservée, en octets", null=True, blank=True)

    class Meta:
        verbose_name = "territoire"
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_commune(self) -> bool:
        """Whether a mayor heads it: a commune, a new one included, and no grouping."""
        return self.kind.casefold().startswith("commune")

    @property
    def is_public(self) -> bool:
        """Whether the public site answers for this territory."""
        return self.suspended_at is None and "room:portal" not in self.closed

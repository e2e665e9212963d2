"""Operators of the host, and the figures about each territory that its page shows."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from .people import Person
from .places import Territory
from .policies import HOST, HOST_TOO


class HostOperator(models.Model):
    """Who runs the host, with dates: the role opens the host's page, never a territory's data."""

    belongs_to_host = True
    write_policy = (HOST, HOST)

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(until__isnull=True), name="one_open_operator_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} : exploitant de l'hébergement"


class TerritoryFigures(models.Model):
    """Sums about a territory for the host's page, measured by the scheduler: never content of its data."""

    belongs_to_host = True
    read_policy = HOST_TOO
    write_policy = (HOST_TOO, HOST_TOO)

    territory = models.OneToOneField(
        Territory, primary_key=True, on_delete=models.PROTECT, related_name="figures"
    )
    people = models.PositiveIntegerField("personnes", default=0)
    size = models.PositiveBigIntegerField("octets sur le disque", default=0)
    self_answered = models.PositiveIntegerField("contestations répondues par qui avait décidé", default=0)
    untied_answered = models.PositiveIntegerField(
        "contestations répondues sans décision rapprochée", default=0
    )
    last_act_on = models.DateField("jour du dernier acte", null=True)
    measured_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"mesures de {self.territory}"

"""Offers of the host to a territory, and what the territory shares of its progress. The host reads both, and nothing else."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class Offer(TerritoryOwned):
    """Something proposed to this territory, among others: accepted, adapted or refused by one of its people.

    `batch`: what was proposed to many in one act. `text`: of a letter or a reminder; `adapted`: the text as the territory took it.
    """

    class Kind(models.TextChoices):
        GUIDE = "guide", "questionnaire, registre, plan ou document"
        REMINDER = "reminder", "rappel"
        LETTER = "letter", "courrier"

    class State(models.TextChoices):
        PROPOSED = "proposed", "à regarder"
        ACCEPTED = "accepted", "retenu"
        ADAPTED = "adapted", "retenu, adapté"
        REFUSED = "refused", "écarté"

    host_reads = True
    batch = models.UUIDField(default=uuid.uuid4)
    kind = models.CharField("sorte", max_length=8, choices=Kind)
    guide = models.CharField("guide", max_length=60, blank=True)
    title = models.CharField("titre", max_length=200)
    text = models.TextField("texte", blank=True)
    due_on = models.DateField("pour le", null=True)
    helper = models.CharField("proposé par", max_length=200)
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    state = models.CharField("état", max_length=8, choices=State, default=State.PROPOSED)
    adapted = models.TextField("texte adapté", blank=True)
    reason = models.CharField("raison", max_length=500, blank=True)
    answered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField("fait le", null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-proposed_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "batch"], name="one_offer_a_batch")
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["batch"], name="offers_by_batch")]

    def __str__(self) -> str:
        return self.title

    @property
    def content(self) -> str:
        """The text as the territory took it."""
        return self.adapted or self.text


class ProgressShare(TerritoryOwned):
    """The territory lets the host see how far it is in a domain, from a day until it stops. `figures`: computed here, hourly."""

    class Level(models.TextChoices):
        PROGRESS = "progress", "l'avancement : étapes, nombre d'actions, retards"
        ANSWERS = "answers", "l'avancement et les réponses"

    host_reads = True
    domain = models.CharField("sujet", max_length=30)
    level = models.CharField("ce qui est montré", max_length=8, choices=Level, default=Level.PROGRESS)
    figures = models.JSONField("chiffres", default=dict)
    figures_at = models.DateTimeField(null=True)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta(TerritoryOwned.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "domain"], condition=models.Q(until=None), name="one_open_share_a_domain"
            )
        ]

    def __str__(self) -> str:
        return f"{self.domain} : {self.get_level_display()}"

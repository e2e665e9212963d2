"""What a system writes for an adviser, and what the adviser makes of it: every version kept, by database triggers.

A draft is frozen as the system wrote it; a version is a person's; what is retained is a version, never the draft itself.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class Draft(TerritoryOwned):
    """A text prepared by a system, with the passages that it leans on; it waits for a person, who answers for it."""

    class State(models.TextChoices):
        WAITING = "waiting", "à choisir ou à récrire"
        RETAINED = "retained", "retenu"
        DISMISSED = "dismissed", "écarté"

    system = models.CharField(max_length=60)
    system_version = models.CharField(max_length=30)
    run = models.CharField("identifiant de l'exécution", max_length=60)
    rank = models.PositiveIntegerField("rang dans l'exécution")
    question = models.TextField("question")
    subject = models.CharField("objet", max_length=300, blank=True)
    text = models.TextField("brouillon du système")
    passages = models.JSONField("passages à l'appui", default=list)
    responsible = models.TextField("responsable")
    contest = models.TextField("à qui s'adresser")
    created_at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField("remplacé le", null=True)
    state = models.CharField("état", max_length=9, choices=State, default=State.WAITING)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField("retenu ou écarté le", null=True)
    reason = models.TextField("motif", blank=True)
    rewritten = models.FloatField("part récrite", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "rank", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "run", "rank"], name="one_draft_a_rank"),
            models.CheckConstraint(
                condition=models.Q(state="waiting", closed_by__isnull=True)
                | models.Q(state="retained", closed_by__isnull=False, rewritten__isnull=False)
                | models.Q(state="dismissed", closed_by__isnull=False) & ~models.Q(reason=""),
                name="a_draft_is_closed_by_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"Brouillon n° {self.pk}"

    @property
    def waiting(self) -> bool:
        return self.state == self.State.WAITING and self.superseded_at is None


class DraftVersion(TerritoryOwned):
    """What a person wrote in the place of a draft, each time that they saved it."""

    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("numéro")
    text = models.TextField("texte")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["draft", "number"], name="one_draft_version_a_number"),
            models.CheckConstraint(condition=~models.Q(text=""), name="a_draft_version_has_a_text"),
        ]

    def __str__(self) -> str:
        return f"{self.draft}, version {self.number}"

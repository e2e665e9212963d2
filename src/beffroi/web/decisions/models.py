"""What systems propose and what people decide. A decision belongs to a person; no model writes one.

A proposal keeps its run's identifier and its frozen evidence, no key into a room above.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.territories.models import Membership, Person, TerritoryOwned


class Proposal(TerritoryOwned):
    """Something that a system proposes, with its reasons; it waits for a person."""

    system = models.CharField(max_length=60)
    system_version = models.CharField(max_length=30)
    run = models.CharField("identifiant de l'exécution", max_length=60)
    subject = models.CharField(max_length=300)
    due = models.DateField("pour le", null=True)
    place = models.CharField("site", max_length=200, blank=True)
    value = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    unit = models.CharField(max_length=40)
    reasons = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)
    superseded_at = models.DateTimeField("remplacée le", null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["due", "subject"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "run", "subject"], name="one_proposal_a_subject")
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def state(self) -> str:
        """Where it stands, in a word for people."""
        if hasattr(self, "decision"):
            return str(self.decision.get_verdict_display())
        return "remplacée" if self.superseded_at else "à valider"

    @property
    def waiting(self) -> bool:
        return self.superseded_at is None and not hasattr(self, "decision")


class Decision(TerritoryOwned):
    """What a person decided on a proposal, and why. Database triggers refuse any change or deletion."""

    class Verdict(models.TextChoices):
        ACCEPT = "accept", "acceptée"
        CHANGE = "change", "modifiée"
        REFUSE = "refuse", "refusée"

    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="decision")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=8, choices=Verdict)
    value = models.FloatField("valeur décidée", null=True)
    reason = models.TextField("motif")
    simulated = models.BooleanField("décision simulée", default=False)
    at = models.DateTimeField(default=timezone.now)
    # Empty only on what was decided before decisions said so; the words are frozen, whatever becomes of the mandate.
    mandate = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_decision_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(verdict="refuse", value__isnull=True)
                | models.Q(verdict__in=["accept", "change"], value__isnull=False),
                name="a_refusal_has_no_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} : {self.get_verdict_display()}"

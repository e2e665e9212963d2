"""What somebody contests, with or without an account, and how the case was put right. Personal data: erased in time.

A contestation is read by people of the territory only. Database triggers freeze what was written, on both sides.
"""

from datetime import date, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Membership, Person, TerritoryOwned

from .proposals import Decision, Proposal


class Contestation(TerritoryOwned):
    """One request to look again at a decision, its clock, and the answer that a person gave."""

    class Channel(models.TextChoices):
        WEB = "web", "par le site"
        LETTER = "letter", "par courrier"
        DESK = "desk", "au guichet"
        PHONE = "phone", "par téléphone"

    class State(models.TextChoices):
        RECEIVED = "received", "reçue"
        IN_HAND = "in_hand", "en cours d'examen"
        ANSWERED = "answered", "répondue"

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", "erreur confirmée"
        PARTLY = "partly", "erreur confirmée en partie"
        NOT = "not", "erreur non confirmée"

    class AnswerBy(models.TextChoices):
        TRACKING = "tracking", "sur la page de suivi, avec mon code"
        POST = "post", "par courrier"
        EMAIL = "email", "par courriel"
        PHONE = "phone", "par téléphone"
        DESK = "desk", "au guichet"

    digest = models.CharField("empreinte du code de suivi", max_length=64)
    channel = models.CharField("reçue", max_length=8, choices=Channel)
    system = models.CharField("service d'IA", max_length=60, blank=True)
    reference = models.CharField("référence donnée", max_length=60, blank=True)
    about = models.CharField("objet", max_length=300)
    contested = models.TextField("ce qui est contesté")
    requested_remedy = models.TextField("ce qui est demandé", blank=True)
    name = models.CharField("nom", max_length=120, blank=True)
    answer_by = models.CharField("réponse voulue", max_length=10, choices=AnswerBy, default=AnswerBy.TRACKING)
    contact = models.CharField("coordonnées", max_length=300, blank=True)
    received_at = models.DateTimeField("reçue le", default=timezone.now)
    due_on = models.DateField("réponse attendue le")
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.RECEIVED)
    handler = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)
    proposal = models.ForeignKey(Proposal, null=True, on_delete=models.PROTECT, related_name="contestations")
    outcome = models.CharField("issue", max_length=9, choices=Outcome, blank=True)
    answer = models.TextField("réponse", blank=True)
    untied_reason = models.TextField("pourquoi aucune décision n'est rapprochée", null=True)  # noqa: DJ001
    answered_by_decider = models.BooleanField("répondue par qui avait pris part à la décision", null=True)
    learned = models.TextField("ce que nous en apprenons", blank=True)
    answered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField("répondue le", null=True)
    erased_at = models.DateTimeField("textes effacés le", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["due_on", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "digest"], name="one_contestation_a_code"),
            models.CheckConstraint(
                condition=~models.Q(state="answered")
                | models.Q(answered_by__isnull=False, answered_at__isnull=False) & ~models.Q(outcome=""),
                name="an_answer_is_a_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"Contestation n° {self.pk}"

    @property
    def open(self) -> bool:
        return self.state != self.State.ANSWERED

    @property
    def days_left(self) -> int:
        """Before the answer is due; negative when late."""
        return (self.due_on - self.ended_on).days

    @property
    def ended_on(self) -> date:
        """The day of the answer, or today."""
        return timezone.localdate(self.answered_at) if self.answered_at else timezone.localdate()

    @property
    def late(self) -> bool:
        return self.days_left < 0

    @property
    def to_remind(self) -> bool:
        """Open for a month or more: half of the time has passed."""
        return self.open and timezone.now() - self.received_at >= timedelta(days=30)

    @property
    def error_found(self) -> bool:
        return self.outcome in (self.Outcome.CONFIRMED, self.Outcome.PARTLY)

    @property
    def decision(self) -> Decision | None:
        return getattr(self.proposal, "decision", None)

    @property
    def answered_by_who_decided(self) -> bool:
        """Whether who answered had taken part in the decision: as judged at the answer, or by its tie where it is older than this judgement."""
        if self.answered_by_decider is not None:
            return self.answered_by_decider
        decision = self.decision
        return (
            self.answered_by_id is not None
            and decision is not None
            and self.answered_by_id in (decision.person_id, decision.second_reader_id)
        )

    @property
    def case_to_correct(self) -> bool:
        """An error was found and the decision that it is about still stands as it was."""
        return self.error_found and self.decision is not None and not self.corrections.all()


class FormerTie(TerritoryOwned):
    """A proposal that a contestation was tied to before somebody tied it elsewhere, or to none: never forgotten."""

    contestation = models.ForeignKey(Contestation, on_delete=models.PROTECT, related_name="former_ties")
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.contestation}, auparavant {self.proposal}"


class CaseCorrection(TerritoryOwned):
    """What a person put right in a decision that was wrong. The decision stays as it was written; this is read beside it."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="corrections")
    contestation = models.ForeignKey(
        Contestation, null=True, on_delete=models.PROTECT, related_name="corrections"
    )
    verdict = models.CharField(max_length=8, choices=Decision.Verdict)
    value = models.FloatField("valeur corrigée", null=True)
    reason = models.TextField("motif")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    mandate = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_correction_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(verdict="refuse", value__isnull=True)
                | models.Q(verdict__in=["accept", "change"], value__isnull=False),
                name="a_corrected_refusal_has_no_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision.proposal} corrigée : {self.get_verdict_display()}"

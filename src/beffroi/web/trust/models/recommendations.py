"""What citizens recommend, and what was done with it, step by step, with an answer in plain French. Append-only."""

from typing import Any, ClassVar, Final

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned

SHORTEST_ANSWER: Final = 30  # characters


class Recommendation(TerritoryOwned):
    """One recommendation, as citizens gave it. `answer_due`: the day on which they are owed an answer."""

    class Origin(models.TextChoices):
        CONVENTION = "convention", "convention citoyenne"
        CONSULTATION = "consultation", "consultation publique"
        COUNCIL = "council", "conseil de quartier"
        COMMITTEE = "committee", "comité d'éthique"
        PETITION = "petition", "pétition"
        LETTER = "letter", "courrier ou message"
        MEETING = "meeting", "réunion publique"

    number = models.PositiveIntegerField("numéro")
    text = models.TextField("recommandation")
    origin = models.CharField("origine", max_length=12, choices=Origin)
    received_on = models.DateField("reçue le")
    answer_due = models.DateField("réponse attendue le")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "number"], name="one_recommendation_a_number"),
            models.CheckConstraint(condition=~models.Q(text=""), name="a_recommendation_says_something"),
        ]

    def __str__(self) -> str:
        return f"Recommandation n° {self.number}"


class RecommendationStep(TerritoryOwned):
    """Where a recommendation stands from that day, and what is answered to those who made it."""

    class State(models.TextChoices):
        RECEIVED = "received", "reçue"
        STUDIED = "studied", "à l'étude"
        ACCEPTED = "accepted", "acceptée"
        PARTLY = "partly", "acceptée en partie"
        REFUSED = "refused", "refusée"
        DONE = "done", "mise en œuvre"

    ANSWERS: ClassVar[tuple[str, ...]] = (State.ACCEPTED, State.PARTLY, State.REFUSED, State.DONE)

    recommendation = models.ForeignKey(Recommendation, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField("état", max_length=8, choices=State)
    answer = models.TextField("réponse", blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(state__in=("accepted", "partly", "refused", "done"))
                | ~models.Q(answer=""),
                name="an_answer_says_something",
            )
        ]

    def __str__(self) -> str:
        return f"{self.recommendation} : {self.get_state_display()}"

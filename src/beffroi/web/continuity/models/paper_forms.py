"""Paper forms: the numbers allotted to counters ahead, and how each number ended."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class NumberRange(TerritoryOwned):
    """Numbers of one form allotted to one counter, both ends included. `allotted_by`: null for the reserve of the offline kit."""

    form = models.CharField("formulaire", max_length=60)
    mark = models.CharField("marque", max_length=5)
    counter = models.CharField("lettre du guichet", max_length=3)
    counter_name = models.CharField("guichet", max_length=80)
    first = models.PositiveIntegerField("premier numéro")
    last = models.PositiveIntegerField("dernier numéro")
    is_exercise = models.BooleanField("exercice", default=False)
    allotted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["mark", "counter", "first"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(first__gte=1, last__gte=models.F("first"), last__lte=9999),
                name="number_range_in_order",
            ),
        ]

    def __str__(self) -> str:
        until = f" à {self.last:04}" if self.last > self.first else ""
        return f"{self.mark}-{self.counter}-{self.first:04}{until}"

    @property
    def size(self) -> int:
        return self.last - self.first + 1


class NumberEnd(TerritoryOwned):
    """How one number ended. A lost sheet that is found again may still be entered; nothing else changes."""

    class Outcome(models.TextChoices):
        ENTERED = "entered", "saisie"
        VOID = "void", "annulée"
        LOST = "lost", "perdue"

    range = models.ForeignKey(NumberRange, on_delete=models.PROTECT, related_name="ends")
    rank = models.PositiveIntegerField("rang")
    outcome = models.CharField("fin", max_length=7, choices=Outcome)
    reason = models.CharField("raison ou déclaration", max_length=500, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["range", "rank", "outcome"], name="a_number_ends_once"),
            models.CheckConstraint(
                condition=models.Q(outcome="entered") | ~models.Q(reason=""),
                name="a_number_not_entered_has_its_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.range.mark}-{self.range.counter}-{self.rank:04} : {self.get_outcome_display()}"

"""What people teach a system after an error: labels, rules, regression cases, and the past cases that they would change.

All append-only, by database triggers: a correction is withdrawn by a further row, never erased.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned

from .contestations import Contestation


class Correction(TerritoryOwned):
    """One correction of a system in this territory, numbered as people name it: « règle n° 3 »."""

    class Kind(models.TextChoices):
        LABEL = "label", "vraie valeur d'une ligne"
        RULE = "rule", "règle"
        WITHDRAWAL = "withdrawal", "retrait"

    system = models.CharField(max_length=60)
    number = models.PositiveIntegerField("numéro")
    kind = models.CharField(max_length=10, choices=Kind)
    content = models.JSONField(default=dict)
    reason = models.TextField("motif")
    contestation = models.ForeignKey(
        Contestation, null=True, on_delete=models.PROTECT, related_name="system_corrections"
    )
    withdraws = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="withdrawals")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "system", "number"], name="one_correction_a_number"),
            models.UniqueConstraint(
                fields=["withdraws"],
                condition=models.Q(withdraws__isnull=False),
                name="a_correction_is_withdrawn_once",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_system_correction_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display().capitalize()} n° {self.number} ({self.system})"


class RegressionCase(TerritoryOwned):
    """A case that must come out right from now on, or, with `withdraws`, one that must no more.

    `run_context` names what it was computed from, for who replays it.
    """

    system = models.CharField(max_length=60)
    contestation = models.ForeignKey(
        Contestation, null=True, on_delete=models.PROTECT, related_name="regression_cases"
    )
    subject = models.CharField(max_length=300)
    run_context = models.JSONField("exécution, graine, livraisons", default=dict)
    expected = models.JSONField("résultat attendu", default=dict)
    # Nullable, so that SQLite adds them in place.
    withdraws = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="withdrawals")
    reason = models.TextField("motif du retrait", null=True)  # noqa: DJ001
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["withdraws"],
                condition=models.Q(withdraws__isnull=False),
                name="a_regression_case_is_withdrawn_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.system})"


class Replay(TerritoryOwned):
    """Past runs computed again with the corrections of a day, and the cases that would come out otherwise."""

    system = models.CharField(max_length=60)
    contestation = models.ForeignKey(
        Contestation, null=True, on_delete=models.PROTECT, related_name="replays"
    )
    affected = models.JSONField("cas touchés", default=list)
    key = models.CharField(max_length=80)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "key"], name="one_replay_a_key")
        ]

    def __str__(self) -> str:
        return f"Recalcul de {self.system} du {timezone.localtime(self.at):%d/%m/%Y}"

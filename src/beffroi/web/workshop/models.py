"""The AI systems that a territory uses: how each is bound to its data, its runs and its measured results."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.catalogue.models import Processing
from beffroi.web.territories.models import Person, TerritoryOwned


class SystemUse(TerritoryOwned):
    """One system in one territory: its supervisor, its binding and its settings."""

    system = models.SlugField(max_length=60)
    supervisor = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    processing = models.ForeignKey(Processing, on_delete=models.PROTECT, related_name="+")
    binding = models.JSONField("entrée → jeu de données et colonnes", default=dict)
    settings = models.JSONField(default=dict)
    public = models.BooleanField("fiche montrée sur le site public", default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "system"], name="one_use_a_system")
        ]

    def __str__(self) -> str:
        return f"{self.system} ({self.territory})"

    @property
    def rights_key(self) -> str:
        """How a role names it when it is held to this system."""
        return f"system:{self.system}"

    @property
    def bound(self) -> bool:
        return any(entry.get("dataset") for entry in self.binding.values())


class Run(TerritoryOwned):
    """One execution, forecast or backtest: what it read, what it gave, what it cost."""

    class Verb(models.TextChoices):
        RUN = "run", "prévision"
        BACKTEST = "backtest", "épreuve sur le passé"

    class State(models.TextChoices):
        RUNNING = "running", "en cours"
        DONE = "done", "terminée"
        FAILED = "failed", "en échec"

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="runs")
    key = models.CharField(max_length=60)
    verb = models.CharField(max_length=8, choices=Verb)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    version = models.CharField(max_length=30)
    seed = models.PositiveIntegerField()
    settings = models.JSONField(default=dict)
    binding = models.JSONField("liaison au moment de l'exécution", default=dict)
    snapshots = models.JSONField("livraisons lues", default=dict)
    against_advice = models.TextField("motif d'utilisation malgré l'avis défavorable", blank=True)
    outcome = models.JSONField("prévisions et notes", default=dict)
    score = models.JSONField("résultat mesuré", default=dict)
    footprint = models.JSONField("empreinte", default=dict)
    isolation = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]
        # A key comes from a form: whether another territory has the same must not be felt.
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "key"], name="one_run_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.use.system} {self.get_verb_display()} {self.at:%d/%m/%Y}"

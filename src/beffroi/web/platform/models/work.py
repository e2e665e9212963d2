"""Long work and how far it is; whose turn comes next; what the clock does from time to time."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from .owned import TerritoryOwned
from .people import Person
from .places import Territory
from .policies import HOST_TOO


class Job(TerritoryOwned):
    """Long work: runs at least once, takes effect once (its key), shows how far it is."""

    class State(models.TextChoices):
        WAITING = "waiting", "en attente"
        RUNNING = "running", "en cours"
        DONE = "done", "terminé"
        FAILED = "failed", "en échec"
        CANCELLED = "cancelled", "abandonné"

    host_reads = True  # the queue and the clock look at all of them
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    label = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    location = models.CharField("où voir le résultat", max_length=300, blank=True)
    started_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField("dernier signe de vie", default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField("processus qui s'en charge", max_length=120, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "key"], name="one_job_a_key")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "territory"], name="jobs_by_state")
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.get_state_display()})"

    @property
    def finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED, self.State.CANCELLED}


class Turn(models.Model):
    """When the workers last served a territory: the one served least recently comes next."""

    belongs_to_host = True
    read_policy = HOST_TOO
    write_policy = (HOST_TOO, HOST_TOO)
    territory = models.OneToOneField(Territory, on_delete=models.CASCADE, primary_key=True, related_name="+")
    served_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.territory_id}: {self.served_at:%H:%M:%S}"


class Duty(models.Model):
    """What the clock does every so often, and when it last did: a period is never served twice, whatever restarts."""

    belongs_to_host = True
    name = models.CharField(max_length=80, primary_key=True)
    every = models.PositiveIntegerField("période, en secondes", default=0)
    started_at = models.DateTimeField("dernier début", null=True)
    done_at = models.DateTimeField("dernière réussite", null=True)
    due_at = models.DateTimeField("prochaine échéance", default=timezone.now)
    failures = models.PositiveSmallIntegerField("échecs de suite", default=0)

    def __str__(self) -> str:
        return self.name

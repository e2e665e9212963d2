"""What is stored of exercises: each act of the facilitator, each reaction of players, each observation."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.guides.models import Response
from beffroi.web.platform.models import Person, TerritoryOwned


class ExerciseEvent(TerritoryOwned):
    """One act of an exercise, in its order. `run`: the run of its scenario, always an exercise; `data`: see `timeline.Event`."""

    class Act(models.TextChoices):
        START = "start", "début"
        PAUSE = "pause", "pause"
        RESUME = "resume", "reprise"
        SPEED = "speed", "vitesse"
        SEND = "send", "message envoyé en avance"
        POSTPONE = "postpone", "message retardé"
        SKIP = "skip", "message écarté"
        IMPROVISE = "improvise", "message improvisé"
        REACTION = "reaction", "réaction des joueurs"
        OBSERVATION = "observation", "observation"
        END = "end", "fin"

    run = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="exercise_events")
    act = models.CharField("acte", max_length=11, choices=Act)
    data = models.JSONField(default=dict)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_act_display()}, {timezone.localtime(self.at):%H:%M:%S}"

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


class ExerciseImport(TerritoryOwned):
    """An exercise played on the page of a laptop, without the platform, and taken back. `exercise`: made by the page.

    `clock_was_wrong`: its moments are counted back from when it was taken back.
    """

    run = models.OneToOneField(Response, on_delete=models.PROTECT, related_name="exercise_import")
    exercise = models.UUIDField("identifiant")
    sha256 = models.CharField("empreinte", max_length=64)
    began_at = models.DateTimeField("commencé")
    ended_at = models.DateTimeField("terminé")
    clock_was_wrong = models.BooleanField("horloge fausse")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["territory", "exercise"], name="exercise_taken_back_once")
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.began_at):%d/%m/%Y %H:%M}"

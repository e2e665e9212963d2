"""What each person chose to be written to about, topic by topic, and what they were last told."""

from typing import Any, ClassVar

from django.db import models

from beffroi.web.platform.models import Person, TerritoryOwned


class NotificationChoice(TerritoryOwned):
    """How often one person is written to about one topic of the home page; without a row: once a day."""

    class Frequency(models.TextChoices):
        AT_ONCE = "at_once", "dès qu'il y a du nouveau"
        DAILY = "daily", "une fois par jour"
        NEVER = "never", "jamais"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    topic = models.CharField("sujet", max_length=40)
    frequency = models.CharField("fréquence", max_length=8, choices=Frequency, default=Frequency.DAILY)
    announced = models.PositiveIntegerField("nombre annoncé la dernière fois", default=0)
    announced_at = models.DateTimeField("annoncé le", null=True, blank=True)

    class Meta(TerritoryOwned.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "person", "topic"], name="one_choice_a_person_and_topic"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.topic} : {self.get_frequency_display()}"

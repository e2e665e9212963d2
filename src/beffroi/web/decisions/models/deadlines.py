"""The hour by which the proposals of a system must be decided: the kitchen's, the fleet's, the printer's."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class Deadline(TerritoryOwned):
    """Cut-off of one system in one territory: `at` this local time, `days_before` the day that is proposed."""

    system = models.CharField(max_length=60)
    at = models.TimeField("heure limite")
    days_before = models.PositiveSmallIntegerField("combien de jours avant", default=0)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "system"], name="one_deadline_a_system")
        ]

    def __str__(self) -> str:
        return f"{self.system} : {time.isoformat(self.at, 'minutes')}, {self.days_before} jours avant"

    def moment(self, day: date) -> datetime:
        """When what is proposed for this day must be decided, in UTC: an hour that the clocks skip is read an hour later."""
        return timezone.make_aware(
            datetime.combine(day - timedelta(days=self.days_before), self.at)
        ).astimezone(UTC)

    def last_closed_day(self, now: datetime) -> date:
        """The last day whose deadline has passed at this moment."""
        day = timezone.localdate(now) + timedelta(days=self.days_before)
        return day if self.moment(day) <= now else day - timedelta(days=1)

"""Machines that report by themselves, the keys by which they do, and what the instance missed while it was stopped.

No history: a contact overwrites the one before. Pages show its day; its hour serves only to find what is silent.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from django.db import models
from django.utils import timezone

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.models import Person, TerritoryOwned

from ..inventory.device_facts import Facts

WEEK: Final = timedelta(days=7)
NOT_WATCHED: Final = 0


class ReportedDevice(TerritoryOwned):
    """A machine of the territory, as it last reported. `key`: a hash of what recognises it, or of the name that a person gave;
    `agent`: of the name by which its agent calls itself. `entry`: its own in the register `devices`; a backup has none.

    `period_hours`: None for that of its kind, `NOT_WATCHED` for none. `silent_since` and what follows are emptied when it is back.
    """

    class Kind(models.TextChoices):
        WORKSTATION = "workstation", "poste"
        SERVER = "server", "serveur"
        BACKUP = "backup", "sauvegarde"

    class Channel(models.TextChoices):
        INVENTORY = "inventory", "inventaire"
        HTTPS = "https", "signe de vie"
        SYSLOG = "syslog", "journal (syslog)"

    key = models.CharField(max_length=64)
    agent = models.CharField(max_length=64, db_index=True, blank=True)
    entry = models.ForeignKey(RegisterEntry, on_delete=models.PROTECT, related_name="machines", null=True)
    name = models.CharField("nom", max_length=120)
    kind = models.CharField("genre", max_length=12, choices=Kind)
    channel = models.CharField("signale par", max_length=9, choices=Channel)
    facts = models.JSONField(default=dict)
    software = models.JSONField(default=list)
    first_seen = models.DateField("vue la première fois le", null=True)
    last_seen = models.DateField("dernier contact", null=True)
    last_contact = models.DateTimeField(null=True)
    period_hours = models.PositiveIntegerField("signe attendu toutes les (heures)", null=True)
    watched_since = models.DateTimeField(default=timezone.now)
    silent_since = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    acknowledged_on = models.DateField(null=True)
    reason = models.CharField("raison", max_length=300, blank=True)

    SILENCE: ClassVar[dict[str, Any]] = {
        "silent_since": None,
        "escalated_at": None,
        "acknowledged_by": None,
        "acknowledged_on": None,
        "reason": "",
    }

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "key"], name="one_row_a_reported_device"),
            models.UniqueConstraint(
                fields=["entry"], condition=~models.Q(entry=None), name="one_machine_an_entry"
            ),
            models.CheckConstraint(
                condition=models.Q(acknowledged_by=None) | ~models.Q(reason=""), name="a_silence_is_explained"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def known(self) -> Facts:
        return Facts.from_dict(self.facts)

    def end_silence(self) -> None:
        """Forget the silence and what was said of it: there is no history."""
        for field, value in self.SILENCE.items():
            setattr(self, field, value)

    @property
    def weekdays_only(self) -> bool:
        """A workstation rests at weekends and on public holidays."""
        return self.kind == self.Kind.WORKSTATION

    @property
    def period(self) -> timedelta | None:
        """How often a sign is expected; None when nobody waits for one."""
        if self.period_hours is not None:
            return timedelta(hours=self.period_hours) if self.period_hours != NOT_WATCHED else None
        if self.kind == self.Kind.WORKSTATION:
            return WEEK
        every_hour = self.kind == self.Kind.SERVER and self.channel != self.Channel.INVENTORY
        return timedelta(hours=1 if every_hour else 24)


class MachineKey(TerritoryOwned):
    """What lets machines report, of which only a hash is kept: it opens no page and reads nothing.

    `device`: the only one that a key of `HEARTBEAT` speaks for; others speak for any machine of the territory.
    """

    host_reads = True

    class Use(models.TextChoices):
        INVENTORY = "inventory", "inventaires des agents"
        HEARTBEAT = "heartbeat", "signe de vie d'une machine"
        COLLECTOR = "collector", "collecteur de journaux"

    use = models.CharField("usage", max_length=9, choices=Use)
    device = models.ForeignKey(ReportedDevice, on_delete=models.CASCADE, related_name="keys", null=True)
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_used = models.DateField("dernier usage", null=True)
    revoked_at = models.DateTimeField("révoquée le", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(use="heartbeat", device__isnull=False)
                | (~models.Q(use="heartbeat") & models.Q(device__isnull=True)),
                name="a_heartbeat_key_has_its_device",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_use_display()} : {self.device}" if self.device_id else self.get_use_display()


class UnreadReport(TerritoryOwned):
    """Messages that could not be read, counted by day and reason. Their content holds people's names: it is not written."""

    day = models.DateField()
    reason = models.CharField(max_length=200)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar[list[str]] = ["-day", "reason"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "day", "reason"], name="one_count_a_reason_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} : {self.reason}"


class SilenceWatch(TerritoryOwned):
    """The last search for silent machines, and the gaps between two searches: times at which the instance heard nobody.

    `gaps`: pairs of ISO moments, the last two months.
    """

    host_reads = True

    checked_at = models.DateTimeField()
    gaps = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory"], name="one_silence_watch_a_territory")
        ]

    def __str__(self) -> str:
        return f"{self.checked_at}"

    def intervals(self) -> list[tuple[datetime, datetime]]:
        return [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in self.gaps]

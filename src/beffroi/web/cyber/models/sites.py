"""Watched sites: what a person declared, what visits saw, what is normal on each page, what was told and what a person said of it."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class WatchedSite(TerritoryOwned):
    """A site that a person declared, and its state at the last visit. `host_reads`: the clock looks for those that are due."""

    host_reads = True

    class Ownership(models.TextChoices):
        OWN = "own", "c'est un site de la collectivité"
        AGREED = "agreed", "son propriétaire nous a donné son accord"

    class State(models.TextChoices):
        ACTIVE = "active", "surveillé"
        PAUSED = "paused", "en pause"
        REMOVED = "removed", "retiré"

    class Availability(models.TextChoices):
        UNKNOWN = "unknown", "pas encore vu"
        UP = "up", "joignable"
        SLOW = "slow", "lent"
        DOWN = "down", "en panne"
        BLOCKED = "blocked", "visite impossible"

    class Interval(models.IntegerChoices):
        QUARTER = 15, "tous les quarts d'heure"
        HOUR = 60, "toutes les heures"
        SIX_HOURS = 360, "toutes les six heures"
        DAY = 1440, "tous les jours"

    name = models.CharField("nom", max_length=120)
    address = models.CharField("adresse", max_length=260)
    paths = models.JSONField("pages regardées", default=list)
    ownership = models.CharField("à quel titre", max_length=6, choices=Ownership)
    provider = models.CharField("prestataire", max_length=200, blank=True)
    interval = models.PositiveIntegerField("rythme, en minutes", choices=Interval, default=Interval.HOUR)
    state = models.CharField("état", max_length=7, choices=State, default=State.ACTIVE)
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField("prochaine visite", default=timezone.now)
    checked_at = models.DateTimeField("dernière visite", null=True)
    availability = models.CharField(
        "disponibilité", max_length=7, choices=Availability, default=Availability.UNKNOWN
    )
    trouble = models.CharField("raison", max_length=500, blank=True)
    failures = models.PositiveIntegerField("échecs de suite", default=0)
    down_since = models.DateTimeField("en panne depuis", null=True)
    certificate_expires_at = models.DateTimeField("fin du certificat", null=True)
    findings = models.JSONField("réglages vus", default=list)
    findings_at = models.DateTimeField("réglages vus le", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "address"],
                condition=~models.Q(state="removed"),
                name="one_watched_site_an_address",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "next_at"], name="cyber_site_due")
        ]

    def __str__(self) -> str:
        return self.name


class SiteBaseline(TerritoryOwned):
    """What is normal on one page (`sites.change_detection.Baseline`), and how many visits in a row departed from it."""

    site = models.ForeignKey(WatchedSite, on_delete=models.PROTECT, related_name="baselines")
    path = models.CharField("page", max_length=300)
    learned = models.JSONField()
    unusual_visits = models.PositiveIntegerField("visites inhabituelles de suite", default=0)
    since = models.DateTimeField("référence prise le", default=timezone.now)
    changed_at = models.DateTimeField("dernier changement ordinaire", null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["site", "path"], name="one_baseline_a_page")
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.path}"


class SiteCheck(TerritoryOwned):
    """One visit of a site, compact, stored for 90 days."""

    site = models.ForeignKey(WatchedSite, on_delete=models.PROTECT, related_name="checks")
    at = models.DateTimeField(default=timezone.now)
    availability = models.CharField("disponibilité", max_length=7, choices=WatchedSite.Availability)
    status = models.PositiveSmallIntegerField("réponse", default=0)
    milliseconds = models.PositiveIntegerField("durée", default=0)
    score = models.FloatField("écart à la normale", default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["site", "at"], name="cyber_site_checks")
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.at:%d/%m/%Y %H:%M}"


class SiteAlert(TerritoryOwned):
    """Something told about a site, until it is over. What a person says of it is written once."""

    class Kind(models.TextChoices):
        CHANGE = "change", "changement inhabituel"
        DOWN = "down", "site en panne"
        CERTIFICATE = "certificate", "certificat bientôt expiré"

    class Answer(models.TextChoices):
        NORMAL = "normal", "c'est normal"
        INTRUSION = "intrusion", "ce n'est pas nous"
        SEEN = "seen", "vu, on s'en occupe"

    site = models.ForeignKey(WatchedSite, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField("nature", max_length=11, choices=Kind)
    path = models.CharField("page", max_length=300, blank=True)
    opened_at = models.DateTimeField("ouverte le", default=timezone.now)
    last_seen_at = models.DateTimeField("encore vue le", default=timezone.now)
    ended_at = models.DateTimeField("finie le", null=True)
    reasons = models.JSONField("raisons", default=list)
    features = models.JSONField("ce qui a été vu", default=dict)
    answer = models.CharField("réponse", max_length=12, choices=Answer, blank=True)
    answered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField("répondu le", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-opened_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["site", "kind", "path"],
                condition=models.Q(ended_at=None),
                name="one_open_alert_a_page",
            ),
            models.CheckConstraint(
                condition=models.Q(answer="")
                | models.Q(answered_by__isnull=False, answered_at__isnull=False),
                name="an_answer_has_its_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} : {self.get_kind_display()}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

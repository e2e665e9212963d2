"""A crisis: its cell, its journal, its points of situation, its messages, and how its people are relieved.

Roles, journal, points, messages and duties are append-only: the last row counts, the others say who wrote what and when. What
is of an exercise stays in it: the database refuses a line of one kind in a crisis of the other.
"""

import secrets
import uuid
from typing import Any, ClassVar, Final

from django.db import models
from django.utils import timezone

from beffroi.web.guides.models import Response
from beffroi.web.platform.models import Person, TerritoryOwned
from beffroi.web.ui.formats import french_date

DAY_LIMIT: Final = 10
WEEK_LIMIT: Final = 48
"""Hours: décret n° 2000-815 du 25 août 2000, article 3; code du travail, article L. 3121-18 (a day), L. 3121-20 (a week)."""


def new_device() -> str:
    """The mark under which this platform writes in the journal of one crisis, as each stick has its own."""
    return secrets.token_hex(4)


class Crisis(TerritoryOwned):
    """A crisis or an exercise. `run`: the incident whose clocks run; `facts`: what messages are filled from; `debrief`: asked at the end.

    `known`: what was known when the cell was activated; `device`: of the lines written here; `next_point_at`: the next point of
    situation; `day_limit`, `week_limit`: hours on duty beyond which the director is warned.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    device = models.CharField(max_length=8, default=new_device)
    label = models.CharField("nom", max_length=120)
    known = models.TextField("ce que l'on sait", blank=True)
    is_exercise = models.BooleanField("exercice", default=False)
    run = models.ForeignKey(Response, null=True, on_delete=models.PROTECT, related_name="+")
    facts = models.ForeignKey(Response, null=True, on_delete=models.PROTECT, related_name="+")
    debrief = models.ForeignKey(Response, null=True, on_delete=models.PROTECT, related_name="+")
    activated_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    activated_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    next_point_at = models.DateTimeField(null=True)
    day_limit = models.PositiveSmallIntegerField("heures par jour", default=DAY_LIMIT)
    week_limit = models.PositiveSmallIntegerField("heures par semaine", default=WEEK_LIMIT)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-activated_at", "-pk"]

    def __str__(self) -> str:
        return f"EXERCICE – {self.label}" if self.is_exercise else self.label

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class RoleAssignment(TerritoryOwned):
    """Who takes a role of the cell from an hour on, as its holder or as a deputy; a name alone for who has no account.

    A row without name ends: nobody has the role from then on.
    """

    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField("rôle", max_length=60)
    is_deputy = models.BooleanField("suppléant", default=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("nom", max_length=120, blank=True)
    since = models.DateTimeField("depuis")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.role} : {self.name or 'personne'}"


class JournalMerge(TerritoryOwned):
    """A journal of a stick that was merged. `refused`: lines whose identifier was taken by another text; `faults`: what was noticed."""

    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="merges")
    device = models.CharField(max_length=8)
    sha256 = models.CharField("empreinte", max_length=64)
    added = models.PositiveIntegerField()
    known = models.PositiveIntegerField()
    refused = models.JSONField(default=list)
    faults = models.JSONField(default=list)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.device}, {self.added} lignes"


class JournalLine(TerritoryOwned):
    """One line of the journal, as it was written here or on a stick. `n`: its rank on its device; `content`: what its hash is of.

    `merge`: what brought it from off line; `person`: who entered it here.
    """

    class Kind(models.TextChoices):
        FACT = "fact", "fait"
        DECISION = "decision", "décision"
        MESSAGE = "message", "message"
        CORRECTION = "correction", "correction"

    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="lines")
    is_exercise = models.BooleanField()
    uuid = models.UUIDField()
    device = models.CharField(max_length=8)
    n = models.PositiveIntegerField()
    fact_at = models.DateTimeField("heure du fait")
    entered_at = models.DateTimeField("heure de saisie")
    author = models.CharField("auteur", max_length=200)
    role = models.CharField("rôle", max_length=200, blank=True)
    kind = models.CharField("sorte", max_length=10, choices=Kind)
    text = models.TextField("texte")
    corrects = models.UUIDField(null=True)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    content = models.JSONField()
    merge = models.ForeignKey(JournalMerge, null=True, on_delete=models.PROTECT, related_name="lines")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("inscrite le", default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["fact_at", "entered_at", "device", "n", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["crisis", "uuid"], name="one_line_an_identifier"),
            models.CheckConstraint(
                condition=models.Q(merge=None, person__isnull=False)
                | models.Q(merge__isnull=False, person=None),
                name="a_line_is_entered_or_merged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} : {self.text[:60]}"

    @property
    def badge(self) -> str:
        """How a page colours its kind."""
        return {"decision": "accent", "message": "info"}.get(self.kind, "plain")

    @property
    def is_late(self) -> bool:
        """Whether it was entered a quarter of an hour or more after its fact: both hours then deserve a look."""
        return abs((self.entered_at - self.fact_at).total_seconds()) >= 15 * 60


class SituationPoint(TerritoryOwned):
    """A point of situation: one page, numbered, as it was when it was made. `content`: plain values of the page."""

    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="points")
    number = models.PositiveIntegerField("numéro")
    content = models.JSONField()
    sha256 = models.CharField("empreinte", max_length=64)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["crisis", "number"], name="one_point_a_number")
        ]

    def __str__(self) -> str:
        return f"Point de situation n° {self.number}"


class CrisisMessage(TerritoryOwned):
    """A text for one audience, in one wording; the last wording counts. `model`: the paper that it was made from."""

    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="messages")
    model = models.CharField("modèle", max_length=60)
    subject = models.CharField("objet", max_length=200)
    text = models.TextField("texte")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.subject


class MessageValidation(TerritoryOwned):
    """A person answers for a wording. `authority`: the mandate, where it is the authority's to sign; `sha256`: of what is validated."""

    message = models.OneToOneField(CrisisMessage, on_delete=models.PROTECT, related_name="validation")
    authority = models.JSONField("au titre de", null=True)
    sha256 = models.CharField("empreinte", max_length=64)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.message}, validé par {self.by}"


class DutyShift(TerritoryOwned):
    """Hours of one person on duty. `uuid`: of the shift, whose last row counts: planned, done, cancelled."""

    class State(models.TextChoices):
        PLANNED = "planned", "prévu"
        DONE = "done", "fait"
        CANCELLED = "cancelled", "annulé"

    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="shifts")
    uuid = models.UUIDField(default=uuid.uuid4)
    name = models.CharField("qui", max_length=120)
    begins_at = models.DateTimeField("de")
    ends_at = models.DateTimeField("à")
    state = models.CharField("état", max_length=9, choices=State)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("begins_at")), name="a_shift_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {french_date(self.begins_at)}"


class SupportCheck(TerritoryOwned):
    """An item of the support checklist, ticked or not: the last row of each counts. Nothing is written beside it."""

    crisis = models.ForeignKey(Crisis, on_delete=models.PROTECT, related_name="support")
    item = models.CharField(max_length=60)
    done = models.BooleanField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.item

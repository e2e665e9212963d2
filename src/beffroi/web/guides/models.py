"""What a territory filled in: responses with their frozen edition, answers, evidence, entries of registers, followed actions.

Answers, revisions and moves are append-only: the last one counts, the others say who wrote what and when.
"""

import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.guides import KINDS, Guide
from beffroi.guides.plan import STATES
from beffroi.web.platform.models import Person, TerritoryOwned

from .contributions.models import Contribution, ContributionLink
from .offers.models import Offer, ProgressShare

__all__ = [
    "ActionMove",
    "Answer",
    "Arbitration",
    "Contribution",
    "ContributionLink",
    "EntryRevision",
    "Evidence",
    "FollowedAction",
    "GuideEdition",
    "Offer",
    "ProgressShare",
    "RegisterEntry",
    "Response",
    "StageAcceptance",
    "StepNote",
    "answers_of",
    "done_steps",
]


class GuideEdition(TerritoryOwned):
    """The content of a guide as it was when this territory began to answer it; `content`: its JSON, compressed by zlib."""

    guide = models.CharField("guide", max_length=60)
    kind = models.CharField("sorte", max_length=13)
    edition = models.CharField("édition", max_length=40)
    version = models.CharField("empreinte", max_length=16)
    content = models.BinaryField()

    class Meta(TerritoryOwned.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "guide", "version"], name="one_content_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.guide} ({self.edition})"

    def read(self) -> Guide:
        """The guide in this edition."""
        return _read(self.kind, bytes(self.content))

    @staticmethod
    def pack(guide: Guide) -> bytes:
        return zlib.compress(guide.model_dump_json(by_alias=True).encode(), 9)


@lru_cache(maxsize=64)
def _read(kind: str, content: bytes) -> Guide:
    return KINDS[kind].model_validate_json(zlib.decompress(content))


class Response(TerritoryOwned):
    """One filling of a questionnaire, of the facts of a rule, or one run of a runbook. `closed_at`: finished; answers stay.

    `entry`: of a register, where it is about one.
    """

    edition = models.ForeignKey(GuideEdition, on_delete=models.PROTECT, related_name="+")
    guide = models.CharField("guide", max_length=60)
    label = models.CharField("nom", max_length=120, blank=True)
    entry = models.ForeignKey("RegisterEntry", null=True, on_delete=models.PROTECT, related_name="+")
    is_exercise = models.BooleanField("exercice", default=False)
    previous = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-opened_at", "-pk"]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["territory", "guide", "-opened_at"])]

    def __str__(self) -> str:
        return self.label or f"{timezone.localtime(self.opened_at):%d/%m/%Y}"


class Answer(TerritoryOwned):
    """One answer, as plain JSON; the last of each question counts. A null value withdraws the answer."""

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="answers")
    question = models.CharField(max_length=120)
    value = models.JSONField(null=True)
    note = models.CharField("remarque", max_length=500, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.question} : {self.value}"


class StepNote(TerritoryOwned):
    """A step of a runbook that was done, or undone: by whom, when, what was noted; the last of each step counts."""

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=120)
    done = models.BooleanField(default=True)
    notes = models.JSONField(default=dict)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.step


class RegisterEntry(TerritoryOwned):
    """One entry of a register as it stands. `identity`: what names it, folded; `origin`: who or what wrote it first."""

    class Origin(models.TextChoices):
        TYPED = "typed", "saisie"
        FILE = "file", "fichier"
        GUIDE = "guide", "liste de départ"
        MACHINE = "machine", "remontée automatique"
        OFFER = "offer", "proposée par votre accompagnant"

    register = models.CharField("registre", max_length=60)
    identity = models.CharField("clé", max_length=300)
    values = models.JSONField()
    origin = models.CharField("origine", max_length=8, choices=Origin, default=Origin.TYPED)
    revision = models.PositiveIntegerField("révision", default=1)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["identity", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "register", "identity"],
                condition=models.Q(removed_at=None),
                name="one_live_entry_an_identity",
            )
        ]

    def __str__(self) -> str:
        return self.identity

    @property
    def is_unconfirmed(self) -> bool:
        """Whether it came from a list, and nobody here has said yet that it is right."""
        return is_unconfirmed(self.revision, self.origin)


class EntryRevision(TerritoryOwned):
    """The values of an entry after each change; null when it was removed."""

    entry = models.ForeignKey(RegisterEntry, on_delete=models.PROTECT, related_name="revisions")
    revision = models.PositiveIntegerField("révision")
    values = models.JSONField(null=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-revision"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["entry", "revision"], name="one_row_a_revision")
        ]

    def __str__(self) -> str:
        return f"{self.entry} ({self.revision})"


class FollowedAction(TerritoryOwned):
    """An action of a plan as it stands. `content`: the planned action when it entered the plan; costs in €."""

    plan = models.CharField("plan", max_length=60)
    key = models.CharField("clé", max_length=120)
    content = models.JSONField()
    state = models.CharField("état", max_length=8, choices=list(STATES.items()), default="proposed")
    owner = models.CharField("qui s'en occupe", max_length=120, blank=True)
    due_on = models.DateField("pour le", null=True)
    spent = models.DecimalField("dépensé", max_digits=12, decimal_places=2, default=0)
    source = models.ForeignKey(Response, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "plan", "key"], name="one_action_a_key")
        ]

    def __str__(self) -> str:
        return str(self.content["title"])


class ActionMove(TerritoryOwned):
    """A change of an action: its state from then on, why, what proves it."""

    action = models.ForeignKey(FollowedAction, on_delete=models.PROTECT, related_name="moves")
    state = models.CharField("état", max_length=8, choices=list(STATES.items()))
    note = models.CharField("remarque", max_length=500, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.action} : {self.get_state_display()}"


class StageAcceptance(TerritoryOwned):
    """A stage of a plan that the territory accepted, by a person who may."""

    plan = models.CharField("plan", max_length=60)
    stage = models.CharField("étape", max_length=120)
    note = models.CharField("remarque", max_length=500, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)
    summary = models.JSONField("ce qui est accepté", default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "plan", "stage"], name="a_stage_is_accepted_once")
        ]

    def __str__(self) -> str:
        return self.stage


class Arbitration(TerritoryOwned):
    """A decision on a file or on an entry, by a person who may; the last one counts. `sha256`: of what was decided on.

    `until`: the day from which it is to be decided again.
    """

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", "accepté"
        CONDITIONS = "conditions", "accepté, à des conditions"
        DEFERRED = "deferred", "reporté"
        REFUSED = "refused", "refusé"

    response = models.ForeignKey(Response, null=True, on_delete=models.PROTECT, related_name="arbitrations")
    entry = models.ForeignKey(RegisterEntry, null=True, on_delete=models.PROTECT, related_name="arbitrations")
    decision = models.CharField("décision", max_length=10, choices=Decision)
    reason = models.CharField("raison", max_length=1000)
    until = models.DateField("à revoir le", null=True)
    sha256 = models.CharField("empreinte", max_length=64)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(response__isnull=False, entry=None)
                | models.Q(response=None, entry__isnull=False),
                name="arbitration_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return str(self.get_decision_display())


class Evidence(TerritoryOwned):
    """A file that shows what an answer, a step, an entry or an action says, or that a third party brought.

    The file is in the territory's folder. Only what a third party brought has no author here.
    """

    response = models.ForeignKey(Response, null=True, on_delete=models.PROTECT, related_name="evidence")
    entry = models.ForeignKey(RegisterEntry, null=True, on_delete=models.PROTECT, related_name="evidence")
    action = models.ForeignKey(FollowedAction, null=True, on_delete=models.PROTECT, related_name="evidence")
    contribution = models.ForeignKey(
        Contribution, null=True, on_delete=models.PROTECT, related_name="evidence"
    )
    place = models.CharField("question, champ ou étape", max_length=120, blank=True)
    name = models.CharField("nom", max_length=200)
    sha256 = models.CharField("empreinte", max_length=64)
    size = models.PositiveBigIntegerField("taille")
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=(
                    models.Q(response__isnull=False, entry=None, action=None, contribution=None)
                    | models.Q(response=None, entry__isnull=False, action=None, contribution=None)
                    | models.Q(response=None, entry=None, action__isnull=False, contribution=None)
                    | models.Q(response=None, entry=None, action=None, contribution__isnull=False)
                ),
                name="evidence_of_one_thing",
            ),
            models.CheckConstraint(
                condition=models.Q(by__isnull=False) | models.Q(contribution__isnull=False),
                name="evidence_has_its_author",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def is_unconfirmed(revision: int, origin: str) -> bool:
    return revision == 1 and origin in (RegisterEntry.Origin.GUIDE, RegisterEntry.Origin.OFFER)


def answers_of(response: Response) -> dict[str, Any]:
    """The answers that count, by question."""
    return _last(response.answers.values_list("question", "value"))


def done_steps(response: Response) -> dict[str, StepNote]:
    """The steps that are done, by key."""
    last = {note.step: note for note in response.steps.select_related("by")}
    return {key: note for key, note in last.items() if note.done}


def _last(rows: Any) -> dict[str, Any]:
    found: Mapping[str, Any] = dict(rows)
    return {key: value for key, value in found.items() if value is not None}

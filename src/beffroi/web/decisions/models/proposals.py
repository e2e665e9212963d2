"""What systems propose and what people decide. A decision belongs to a person; no model writes one.

A proposal keeps its run's identifier and its frozen evidence, no key into a room above.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Membership, Person, TerritoryOwned


class Proposal(TerritoryOwned):
    """Something that a system proposes, with its reasons; it waits for a person.

    Columns that came after the first version are nullable, so that SQLite adds them in place: empty on what is older.
    """

    class Effect(models.TextChoices):
        NONE = "none", "sans effet sur une personne en particulier"
        FAVOURABLE = "favourable", "favorable à la personne"
        UNFAVOURABLE = "unfavourable", "défavorable à la personne"

    class Closure(models.TextChoices):
        DECIDED = "decided", "décidée"
        REPLACED = "replaced", "retirée"
        WITHDRAWN = "withdrawn", "retirée, service arrêté"
        OVERDUE = "overdue", "délai passé, sans décision"

    system = models.CharField(max_length=60)
    system_version = models.CharField(max_length=30)
    run = models.CharField("identifiant de l'exécution", max_length=60)
    subject = models.CharField(max_length=300)
    due = models.DateField("pour le", null=True)
    place = models.CharField("lieu", max_length=200, blank=True)
    value = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    unit = models.CharField(max_length=40)
    reasons = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)
    superseded_at = models.DateTimeField("remplacée le", null=True)
    created_at = models.DateTimeField(default=timezone.now)
    confidence = models.FloatField("confiance du système", null=True)
    case = models.CharField("dossier", max_length=120, null=True, db_column="case_file")  # noqa: DJ001
    effect = models.CharField("effet", max_length=12, null=True, choices=Effect)  # noqa: DJ001
    offence = models.BooleanField("infraction supposée", null=True)
    explanation = models.JSONField("explication (R311-3-1-2 CRPA)", null=True)
    responsible = models.TextField("responsable", null=True)  # noqa: DJ001
    contest = models.TextField("comment contester", null=True)  # noqa: DJ001
    plain_reasons = models.TextField("raisons, en lettres seules", null=True)  # noqa: DJ001
    expires_at = models.DateTimeField("expire le", null=True)
    erased_at = models.DateTimeField("preuves effacées le", null=True)
    # Identity from run to run; empty on what is older, whose subject is then its identity.
    key = models.CharField("clé", max_length=300, null=True)  # noqa: DJ001
    about = models.CharField("à propos", max_length=300, null=True)  # noqa: DJ001
    items = models.JSONField("étapes", null=True)  # the ordered parts of a plan: list of `contract.Item`
    spare = models.JSONField("étapes de réserve", null=True)
    digest = models.CharField("empreinte de ce qui est proposé", max_length=64, null=True)  # noqa: DJ001
    evidence_keys = models.JSONField(
        "lecture des preuves", null=True
    )  # `manifest.EvidenceKey` by key, as of then
    # Why it no longer waits. Empty while it waits, and on what is older than this column, whose decision and date tell.
    closed_as = models.CharField("close", max_length=10, null=True, choices=Closure)  # noqa: DJ001

    class Meta:
        ordering: ClassVar[list[str]] = ["due", "subject"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["territory", "system", "due"], name="proposals_by_day"),
            models.Index(fields=["territory", "system", "key"], name="proposals_by_identity"),
            models.Index(
                fields=["territory", "system", "due"],
                condition=models.Q(closed_as__isnull=True),
                name="proposals_open",
            ),
        ]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "run", "subject"], name="one_proposal_a_subject"),
            models.UniqueConstraint(
                fields=["territory", "run", "key"],
                condition=models.Q(key__isnull=False),
                name="one_proposal_a_key",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def identity(self) -> str:
        """What it is from run to run."""
        return self.key or self.subject

    @property
    def first_reason(self) -> str:
        """The first sentence of its first reason: the others are on its own page."""
        sentence, *more = str(next(iter(self.reasons), "")).split(". ", 1)
        return f"{sentence}." if more else sentence

    @classmethod
    def has_identity(cls, identity: str, subject: str) -> models.Q:
        """Condition on rows: they have this identity or, where they are older than identities, this subject."""
        return models.Q(key=identity) | models.Q(key=None, subject=subject)

    @property
    def state(self) -> str:
        """Where it stands, in a word for people."""
        if hasattr(self, "decision"):
            return str(self.decision.get_verdict_display())
        if self.erased_at:
            return "expirée, preuves effacées"
        if self._passed:
            return "jour passé, sans décision"
        if self.closed_as:
            return str(self.get_closed_as_display())
        return "retirée" if self.superseded_at else "à valider"

    @property
    def _passed(self) -> bool:
        """Whether its day came while it waited; one proposed for a day already past (a trial on old data) never waited for it."""
        if not (self.superseded_at and self.due):
            return False
        return timezone.localdate(self.created_at) <= self.due < timezone.localdate(self.superseded_at)

    @property
    def waiting(self) -> bool:
        return self.superseded_at is None and not hasattr(self, "decision")

    @property
    def individual(self) -> bool:
        """Whether it concerns somebody in particular: what is decided on it is a decision on a person."""
        return bool(self.case)

    @property
    def concerns_nobody(self) -> bool:
        """Whether it may be decided among several: what concerns somebody is read file by file."""
        return not (self.individual or self.offence or self.effect == self.Effect.UNFAVOURABLE)

    @property
    def attribution(self) -> str:
        """What may be said of a file: nothing is granted before a person has decided on it; empty where nobody is concerned."""
        if not self.individual:
            return ""
        decision = getattr(self, "decision", None)
        if decision is None:
            return "bloquée"
        return f"décidée : {(decision.correction or decision).get_verdict_display()}"


class Decision(TerritoryOwned):
    """What a person decided on a proposal, and why. Database triggers refuse any change or deletion."""

    class Verdict(models.TextChoices):
        ACCEPT = "accept", "acceptée"
        CHANGE = "change", "modifiée"
        REFUSE = "refuse", "refusée"

    proposal = models.OneToOneField(Proposal, on_delete=models.PROTECT, related_name="decision")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=8, choices=Verdict)
    value = models.FloatField("valeur décidée", null=True)
    reason = models.TextField("motif")
    simulated = models.BooleanField("décision simulée", default=False)
    at = models.DateTimeField(default=timezone.now)
    # Empty only on what was decided before decisions said so; the words are frozen, whatever becomes of the mandate.
    mandate = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)
    # Of a decision on a person: whether it is unfavourable, and then the text of whoever decides and the second reading.
    unfavourable = models.BooleanField("défavorable à la personne", null=True)
    text = models.TextField("texte écrit par la personne qui décide", null=True)  # noqa: DJ001
    second_reader = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    second_reading = models.TextField("seconde lecture", null=True)  # noqa: DJ001
    second_read_at = models.DateTimeField("relue le", null=True)
    batch = models.CharField("acceptée avec d'autres", max_length=40, null=True)  # noqa: DJ001
    items = models.JSONField("étapes retenues", null=True)  # of a plan, in their order

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["territory", "-at"], name="decisions_by_date"),
            models.Index(
                fields=["batch"], condition=models.Q(batch__isnull=False), name="decisions_by_batch"
            ),
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_decision_has_a_reason"),
            models.CheckConstraint(
                condition=models.Q(verdict="refuse", value__isnull=True)
                | models.Q(verdict__in=["accept", "change"], value__isnull=False),
                name="a_refusal_has_no_value",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal} : {self.get_verdict_display()}"

    @property
    def correction(self) -> Any:
        """The last correction of this case, if any: what stands today."""
        return max(self.corrections.all(), key=lambda row: (row.at, row.pk), default=None)

    @property
    def in_force(self) -> tuple[str, float | None]:
        """The verdict and the value that stand today."""
        last = self.correction or self
        return last.verdict, last.value


class PreparedDecision(TerritoryOwned):
    """An unfavourable decision that waits for its second reader: nothing is decided until they confirm it."""

    class State(models.TextChoices):
        WAITING = "waiting", "à relire"
        RETURNED = "returned", "rendue à la personne qui l'a préparée"
        CONFIRMED = "confirmed", "confirmée"
        WITHDRAWN = "withdrawn", "retirée"

    OPEN = (State.WAITING, State.RETURNED)

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="prepared")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=8, choices=Decision.Verdict)
    value = models.FloatField("valeur retenue", null=True)
    confirmed = models.BooleanField("valeur éloignée confirmée", default=False)
    reason = models.TextField("motif")
    text = models.TextField("texte")
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reader = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    words = models.TextField("ce que dit la seconde lecture", blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["proposal"],
                condition=models.Q(state__in=["waiting", "returned"]),
                name="one_open_preparation_a_proposal",
            )
        ]

    def __str__(self) -> str:
        return f"{self.proposal} : {self.get_verdict_display()} ({self.get_state_display()})"

"""What a territory receives by itself or is owed: a source with its rhythm and its promise, and each attempt to read it."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned

from .fetch_schedules import Schedule
from .promises import Promise, days_late

EXPECTED = "expected"
"""The kind of a source that nothing connects to: somebody owes a file and hands it over."""


class Source(TerritoryOwned):
    """Where a dataset comes from, how often it is read, by when something new is promised and who owes it."""

    host_reads = True  # the clock looks for what is due in every territory

    class State(models.TextChoices):
        ACTIVE = "active", "en service"
        PAUSED = "paused", "en pause"

    class Mode(models.TextChoices):
        REPLACE = "replace", "remplace les lignes du jeu"
        APPEND = "append", "s'ajoute aux lignes du jeu"
        UPSERT = "upsert", "met à jour les lignes de même clé et ajoute les autres"

    class Debtor(models.TextChoices):
        DELEGATEE = "delegatee", "un délégataire"
        GRANTEE = "grantee", "un concessionnaire ou un bénéficiaire de subvention"
        PARTNER = "partner", "un partenaire, par convention"

    title = models.CharField("titre", max_length=200)
    kind = models.CharField(max_length=30)
    spec = models.JSONField("connexion, sans secret", default=dict)
    sealed_secret = models.TextField(blank=True)
    dataset = models.ForeignKey(
        "catalogue.Dataset", null=True, blank=True, on_delete=models.SET_NULL, related_name="sources"
    )
    dataset_title = models.CharField(
        "titre du jeu à ouvrir à la première arrivée", max_length=200, blank=True
    )
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.REPLACE)
    key = models.JSONField("colonnes de la clé", default=list)
    rhythm = models.JSONField("rythme de relève", default=dict)
    owner = models.ForeignKey(
        Person, verbose_name="responsable", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    note = models.CharField("pourquoi elle est en pause", max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # The promise.
    promised = models.CharField(max_length=8, blank=True)
    promised_every = models.PositiveSmallIntegerField(default=1)
    grace = models.PositiveSmallIntegerField("jours de délai admis", default=0)
    first_due = models.DateField("première échéance", null=True, blank=True)
    due_on = models.DateField("plus ancienne échéance non tenue", null=True, blank=True)
    notified_due_on = models.DateField("échéance dont le retard est signalé", null=True, blank=True)
    # The data clause: who owes it.
    debtor_kind = models.CharField(max_length=10, choices=Debtor, blank=True)
    debtor = models.CharField("qui doit ces données", max_length=200, blank=True)
    contact = models.CharField("contact", max_length=200, blank=True)
    contract = models.CharField("contrat", max_length=200, blank=True)
    article = models.CharField("article", max_length=100, blank=True)
    clause_since = models.DateField("début", null=True, blank=True)
    clause_until = models.DateField("fin", null=True, blank=True)
    # Where it stands.
    cursor = models.TextField("où reprendre la lecture", blank=True)
    next_at = models.DateTimeField("prochaine relève", null=True, blank=True)
    last_at = models.DateTimeField("dernière relève", null=True, blank=True)
    arrived_at = models.DateTimeField("dernière arrivée", null=True, blank=True)
    failures = models.PositiveSmallIntegerField("échecs de suite", default=0)
    trouble = models.TextField("dernier échec", blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["title"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "next_at"], name="sources_due"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def expected(self) -> bool:
        return self.kind == EXPECTED

    @property
    def schedule(self) -> Schedule:
        return Schedule.from_dict(self.rhythm)

    @property
    def promise(self) -> Promise:
        return Promise(
            self.promised,  # type: ignore[arg-type]
            self.promised_every,
            self.grace,
            self.first_due,
            self.clause_until,
        )

    @property
    def owed_by_contract(self) -> bool:
        return bool(self.debtor)

    def days_late(self, today: date | None = None) -> int:
        """Days since the oldest deadline not met, once the grace is over. A source that is paused is late all the same."""
        return days_late(self.due_on, self.grace, today or timezone.localdate())


class Fetch(TerritoryOwned):
    """One attempt: what came, or why nothing did. A file deposited by hand for a source is one too."""

    class State(models.TextChoices):
        RUNNING = "running", "en cours"
        UNCHANGED = "unchanged", "rien de nouveau"
        WAITING = "waiting", "arrivé, à confirmer"
        POURED = "poured", "versé"
        REFUSED = "refused", "refusé"
        FAILED = "failed", "en échec"
        CANCELLED = "given_up", "abandonné"
        UNDONE = "undone", "annulé"

    ARRIVED: ClassVar[tuple[str, ...]] = (State.WAITING, State.POURED)

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="fetches")
    job_key = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    delivery = models.ForeignKey(
        "catalogue.Delivery", null=True, on_delete=models.SET_NULL, related_name="fetches"
    )
    by_hand = models.BooleanField("déposé par une personne", default=False)
    requested_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    since = models.TextField("repris depuis", blank=True)
    cursor = models.TextField("où reprendre ensuite", blank=True)
    incremental = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64, blank=True)
    rows = models.PositiveBigIntegerField(null=True)
    size = models.PositiveBigIntegerField(default=0)
    message = models.TextField("ce qui s'est passé", blank=True)
    notes = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "job_key"],
                condition=~models.Q(job_key=""),
                name="one_fetch_a_job",
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} ({self.get_state_display()})"

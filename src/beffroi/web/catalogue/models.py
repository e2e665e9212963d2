"""Models of the catalogue: datasets, their deliveries (snapshots), and the purposes for which personal data may be read."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.lake import protections
from beffroi.web.platform.models import Person, TerritoryOwned
from beffroi.web.platform.request_cache import cached_read


class Processing(TerritoryOwned):
    """A row of the register of processing activities (GDPR, article 30): the purpose a read must name."""

    key = models.SlugField(max_length=60)
    title = models.CharField(max_length=200)
    purpose = models.TextField("finalité")
    legal_basis = models.CharField("base légale", max_length=200)
    covers_personal = models.BooleanField("porte sur des données personnelles", default=False)
    # Those that a person bound; a system's own are those that it is bound to today (`purposes`).
    datasets = models.ManyToManyField("Dataset", verbose_name="jeux que cet usage ouvre", related_name="+")

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "key"], name="one_processing_a_key")
        ]

    def __str__(self) -> str:
        return self.title


class Dataset(TerritoryOwned):
    """A table of the territory and its card: who made it, for what, how long, under which licence."""

    class Sensitivity(models.TextChoices):
        ORDINARY = "ordinary", "ordinaire"
        PERSONAL = "personal", "données personnelles"

    slug = models.SlugField(max_length=80)
    title = models.CharField("titre", max_length=200)
    description = models.TextField("description", blank=True)
    producer = models.CharField("producteur", max_length=200, blank=True)
    owner = models.ForeignKey(
        Person, verbose_name="responsable", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    purpose = models.CharField("à quoi servent ces données", max_length=300, blank=True)
    worth = models.CharField(  # noqa: DJ001  nullable, so that SQLite adds it in place
        "pourquoi cela vaut-il la peine de recueillir ces données", max_length=500, null=True, blank=True
    )
    legal_basis = models.CharField("base légale", max_length=200, blank=True)
    sensitivity = models.CharField(
        "sensibilité", max_length=10, choices=Sensitivity, default=Sensitivity.ORDINARY
    )
    retention = models.CharField("durée de conservation", max_length=100, blank=True)
    licence = models.CharField("licence", max_length=100, blank=True)
    hosting = models.CharField("hébergement", max_length=100, default="interne")
    freshness = models.CharField("fréquence attendue", max_length=60, blank=True)
    simulated = models.BooleanField("données simulées", default=False)
    protects = models.CharField(
        "ce que comptent ses groupes",
        max_length=12,
        blank=True,
        choices=[(key, key) for key in protections.KEYS],
        default="",
    )
    unit = models.CharField(
        "colonne qui désigne un ménage, une personne ou une entreprise",
        max_length=120,
        blank=True,
        default="",
    )
    computed = models.BooleanField("calculé par une analyse : aucun fichier n'y est versé", default=False)
    inherits = models.BooleanField("sa fiche suit celles des jeux dont il vient", default=True)
    table = models.CharField(max_length=80)
    key = models.JSONField("colonnes qui désignent une ligne", default=list)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    restricted_at = models.DateTimeField("publication fermée d'elle-même", null=True, blank=True)
    restricted_reason = models.CharField(  # noqa: DJ001  nullable, so that SQLite adds it in place
        "pourquoi elle s'est fermée", max_length=500, null=True, blank=True
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["title"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "slug"], name="one_dataset_a_slug"),
            models.UniqueConstraint(fields=["territory", "table"], name="one_dataset_a_table"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def rights_key(self) -> str:
        """The key by which a role is limited to this dataset."""
        return f"dataset:{self.pk}"

    @property
    def lake_kind(self) -> str:
        return "personal" if self.sensitivity == self.Sensitivity.PERSONAL else "lasting"

    @property
    def opens_by_decision(self) -> bool:
        """Whether only a decision, after the DPO's opinion, publishes it: it is about people, or a restriction closed it."""
        return self.sensitivity == self.Sensitivity.PERSONAL or self.restricted_at is not None

    @property
    def protection(self) -> str:
        """The class of `protections` that its groups follow: what was said, people for personal data; "" for none."""
        return self.protects or ("persons" if self.sensitivity == self.Sensitivity.PERSONAL else "")

    @property
    def protection_label(self) -> str:
        """The same in French, for the card."""
        if not self.protection:
            return "rien à protéger"
        rule = protections.rule_of(self.protection, timezone.localdate())
        return f"{rule.label} ; aucun groupe de moins de {rule.floor} n'est montré"

    @property
    def current(self) -> "Snapshot | None":
        """The delivery that readers see: the last one done and not undone."""
        return current_snapshot(self)


@cached_read
def current_snapshot(dataset: Dataset) -> "Snapshot | None":
    """The last delivery of a dataset that is done and not undone."""
    return dataset.snapshots.filter(state=Snapshot.State.DONE).order_by("-number").first()


class Delivery(TerritoryOwned):
    """One file handed over: stored as it arrived, then read into tables or refused with a reason."""

    class State(models.TextChoices):
        RECEIVED = "received", "reçu"
        STAGED = "staged", "lu, à confirmer"
        DONE = "done", "versé"
        REFUSED = "refused", "refusé"
        CANCELLED = "cancelled", "annulé"

    file_name = models.CharField(max_length=300)
    stored_as = models.CharField(max_length=400)  # relative to the territory's incoming folder
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    reason = models.TextField("pourquoi le fichier est refusé", blank=True)
    tables = models.JSONField("tables lues, avant de verser", default=list)
    corrections = models.JSONField("ce qu'une personne a dit de la lecture, par table", default=dict)
    file_erased_at = models.DateTimeField("fichier effacé le", null=True, blank=True)
    # Of a row that a person wrote on a page: the act, asked once. No file of the territory looks like this one.
    noted = models.CharField("noté sur une page, par l'acte", max_length=120, null=True, blank=True)  # noqa: DJ001
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]

    def __str__(self) -> str:
        return self.file_name


class Snapshot(TerritoryOwned):
    """One arrival in a dataset. `lake_version` is the DuckLake snapshot that holds the table as of it."""

    host_reads = True  # after a crash, the host looks for what was left half-way

    class State(models.TextChoices):
        INTENDED = "intended", "en cours de versement"
        DONE = "done", "versé"
        UNDOING = "undoing", "en cours d'annulation"
        UNDONE = "undone", "annulé"

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="snapshots")
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.INTENDED)
    mode = models.CharField(
        max_length=8,
        choices=[("replace", "remplace"), ("append", "s'ajoute"), ("upsert", "met à jour par clé")],
    )
    key = models.JSONField("colonnes de la clé, quand elle met à jour", default=list)
    drift = models.JSONField("ce qui a changé dans les colonnes et ce qui a été répondu", default=list)
    lake_version = models.PositiveBigIntegerField(null=True)
    lake_delivery = models.PositiveBigIntegerField("numéro que portent ses lignes dans le lac", null=True)
    cut_at = models.DateTimeField("état plus conservé depuis", null=True, blank=True)
    file = models.CharField(max_length=400)
    file_sha256 = models.CharField(max_length=64)
    rows_read = models.PositiveBigIntegerField(default=0)
    rows_stored = models.PositiveBigIntegerField(default=0)
    rows_quarantined = models.PositiveBigIntegerField(default=0)
    rows_total = models.PositiveBigIntegerField("lignes du jeu après versement", default=0)
    rows_changed = models.PositiveBigIntegerField("lignes modifiées par la clé", null=True)
    rows_added = models.PositiveBigIntegerField("lignes ajoutées par la clé", null=True)
    columns = models.JSONField(default=list)
    guesses = models.JSONField(default=list)
    corrections = models.JSONField("ce qui a été dit de la lecture", default=dict)
    profile = models.JSONField("valeurs absentes et exemples, une entrée par colonne", default=dict)
    # Of a row that a person corrected on a page; None for a file. Nullable, so that SQLite adds them in place.
    correction = models.CharField("pourquoi une ligne est corrigée", max_length=300, null=True, blank=True)  # noqa: DJ001
    corrections_overwritten = models.PositiveIntegerField(
        "lignes corrigées que ce fichier a remplacées", null=True, blank=True
    )
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["dataset", "number"], name="one_snapshot_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.dataset} n° {self.number}"

    @property
    def rights_key(self) -> str:
        return f"dataset:{self.dataset_id}"

    @property
    def number_in_lake(self) -> int | None:
        """What its rows bear as `_delivery`: its delivery's number, unless it came from another host with its own."""
        return self.lake_delivery if self.lake_delivery is not None else self.delivery_id

    @property
    def last_file(self) -> "Snapshot":
        """The delivery of the file that its rows come from: itself, but for a corrected row."""
        return self if self.correction is None else last_file_before(self) or self

    @property
    def rows_unchanged(self) -> int:
        """The rows of the file that were already there as they are, for a delivery that updates by key."""
        return self.rows_stored - (self.rows_changed or 0) - (self.rows_added or 0)

    @property
    def personal_columns(self) -> frozenset[str]:
        return frozenset(column["name"] for column in self.columns if column.get("personal"))


@cached_read
def last_file_before(snapshot: Snapshot) -> Snapshot | None:
    """The last delivery of a file, done and not undone, before this one."""
    files = snapshot.dataset.snapshots.filter(state=Snapshot.State.DONE, correction__isnull=True)
    return files.filter(number__lt=snapshot.number).order_by("-number").first()


class SavedCorrections(TerritoryOwned):
    """Corrections of how a dataset's files are read, applied to the next one that joins it.

    `pattern`: what stays the same in the name of such files and of their sheet (`matching.stem`). `columns`: name and
    label of those that the file had, to tell one layout of a dataset from another.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="saved_corrections")
    pattern = models.CharField(max_length=400)
    columns = models.JSONField(default=list)
    corrections = models.JSONField(default=dict)
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["pattern"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["dataset", "pattern"], name="one_correction_a_pattern")
        ]

    def __str__(self) -> str:
        return f"{self.dataset} : {self.pattern}"

    @property
    def rights_key(self) -> str:
        return f"dataset:{self.dataset_id}"


# The sources and the publication have folders of their own; Django looks for models here.
from .publication.models import PublicationRequest  # noqa: E402
from .sources.models import Fetch, Source  # noqa: E402

__all__ = [
    "Dataset",
    "Delivery",
    "Fetch",
    "Processing",
    "PublicationRequest",
    "SavedCorrections",
    "Snapshot",
    "Source",
]

"""Models of the studio: stored recipes, cached results, boards, materialized results and drafts."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.catalogue.models import Dataset, Processing, Snapshot
from beffroi.web.platform.models import Person, TerritoryOwned


class StoredRecipe(TerritoryOwned):
    """One recipe in its documented JSON form, the figure that it draws and the purpose for which it reads."""

    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    definition = models.JSONField()
    processing = models.ForeignKey(Processing, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)
    origin = models.CharField("d'où elle est reprise, dit par qui l'a apportée", max_length=300, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "slug"], name="one_recipe_a_slug")
        ]

    def __str__(self) -> str:
        return self.title


class RecipeVersion(models.Model):
    """Version of a recipe; the last one is its current definition."""

    scope_through = "recipe"
    recipe = models.ForeignKey(StoredRecipe, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["recipe", "number"], name="one_version_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.recipe} no {self.number}"


class RecipeValidation(models.Model):
    """Validation of a version of a definition by a named person, with what was checked."""

    scope_through = "recipe"
    recipe = models.ForeignKey(StoredRecipe, on_delete=models.CASCADE, related_name="validations")
    version = models.PositiveIntegerField()
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    checked = models.CharField("ce qui a été vérifié", max_length=500)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-version", "-pk"]

    def __str__(self) -> str:
        return f"{self.recipe} no {self.version}, validée"


class Result(TerritoryOwned):
    """Cached result of an analysis, computed once; the last good one is displayed after a failure.

    `key` hashes the recipe, the snapshots, the grants and the engine; `rights` hashes the recipe and the grants,
    whatever the version read: an old answer is only displayed to someone who would be granted the same.
    """

    key = models.CharField(max_length=64, unique=True)
    recipe = models.ForeignKey(StoredRecipe, on_delete=models.CASCADE, related_name="results")
    rights = models.CharField(max_length=64)
    snapshots = models.ManyToManyField(Snapshot, related_name="+")
    table = models.BinaryField()
    rows = models.PositiveIntegerField("lignes du résultat entier")
    base = models.TextField()
    year = models.CharField(max_length=200)
    suppressed = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True)
    personal = models.BooleanField(default=False)
    chosen = models.BooleanField("pour des filtres choisis", default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]

    def __str__(self) -> str:
        return f"{self.recipe}, {self.at:%Y-%m-%d %H:%M}"


class Board(TerritoryOwned):
    """A page of figures: the answer in large, then what explains it."""

    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    question = models.CharField("la question à laquelle répond ce tableau", max_length=300, blank=True)
    public = models.BooleanField("montré sur le site public", default=False)
    rank = models.PositiveSmallIntegerField("place dans la liste", default=100)
    filters = models.JSONField("colonnes par lesquelles on filtre", default=list)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["rank", "title"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "slug"], name="one_board_a_slug")
        ]

    def __str__(self) -> str:
        return self.title


class BoardComment(TerritoryOwned):
    """What a member wrote under a board, for the other members."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField("commentaire", max_length=2000)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.board}, {self.at:%Y-%m-%d %H:%M}"


class BoardLink(TerritoryOwned):
    """Sharing link of one board until a date; only the hash of its secret address is stored.

    The figures are read with its author's rights: it dies with them.
    """

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="links")
    author = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    note = models.CharField("pour qui", max_length=120)
    until = models.DateField("jusqu'au")
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.board}, {self.note}"

    @property
    def open(self) -> bool:
        return self.ended_at is None and timezone.localdate() <= self.until


class BoardFigure(models.Model):
    """A recipe's place on a board, whose grid has six columns."""

    class Width(models.IntegerChoices):
        THIRD = 2, "un tiers de la largeur"
        HALF = 3, "la moitié"
        TWO_THIRDS = 4, "deux tiers"
        WHOLE = 6, "toute la largeur"

    scope_through = "board"
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="figures")
    recipe = models.ForeignKey(StoredRecipe, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField()
    width = models.PositiveSmallIntegerField("largeur, en sixièmes de la page", default=3)

    class Meta:
        ordering: ClassVar[list[str]] = ["rank"]

    def __str__(self) -> str:
        return f"{self.board} / {self.recipe}"


class FirstDisclosure(models.Model):
    """First disclosure of protected data by an analysis on a board: later figures hide what would complete it.

    `rights` hashes how one protected dataset is read, whatever its version; the rows preserve the order of
    disclosure. A row is never changed, and is deleted with its board only.
    """

    scope_through = "board"
    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="first_disclosures")
    rights = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    definition = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["board", "rights", "digest"], name="first_disclosure_once")
        ]

    def __str__(self) -> str:
        return f"{self.board} / {self.digest[:8]}"


class MaterializedResult(TerritoryOwned):
    """Materialized result: the dataset of an analysis, refreshed when its sources change.

    `requested_by`: whose rights compute it, as of `requested_version`. `failure`: why the last attempt changed nothing.
    """

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="+")
    recipe = models.ForeignKey(StoredRecipe, on_delete=models.PROTECT, related_name="materialized_results")
    requested_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_version = models.PositiveIntegerField()
    failure = models.TextField("pourquoi il n'est plus à jour", blank=True)
    failed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField("n'est plus calculé depuis", null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["recipe"], condition=models.Q(ended_at=None), name="one_materialized_result_a_recipe"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipe} → {self.dataset}"


class ResultRead(models.Model):
    """Delivery that one snapshot of a materialized result was read from, and how its groups were protected then."""

    scope_through = "result"
    result = models.ForeignKey(MaterializedResult, on_delete=models.CASCADE, related_name="reads")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="+")
    recipe_version = models.PositiveIntegerField()
    protects = models.CharField(max_length=12, blank=True)
    unit = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["snapshot", "source"], name="one_read_a_source")
        ]

    def __str__(self) -> str:
        return f"{self.snapshot} ← {self.source}"


class Draft(TerritoryOwned):
    """Draft of an analysis, visible to its author only until it is saved. `recipe`: the one that it edits, if any."""

    author = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    recipe = models.ForeignKey(StoredRecipe, null=True, on_delete=models.SET_NULL, related_name="+")
    recipe_version = models.PositiveIntegerField("version reprise", default=0)
    title = models.CharField(max_length=200)
    origin = models.CharField("d'où elle est reprise, dit par qui l'a apportée", max_length=300, blank=True)
    current = models.PositiveIntegerField("numéro de l'état montré", default=1)
    touched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-touched_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class DraftState(models.Model):
    """A draft as it was after one act: undo goes back to the state before, redo forward again."""

    scope_through = "draft"
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="states")
    number = models.PositiveIntegerField()
    act = models.CharField("ce qui a été fait", max_length=200)
    definition = models.JSONField()

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["draft", "number"], name="one_state_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.draft} no {self.number}"

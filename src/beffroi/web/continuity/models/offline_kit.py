"""The offline kit: its lists and their last content, its builds, copies and openings, the passphrase of its sealed part."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.models import Person, TerritoryOwned
from beffroi.web.studio.models import StoredRecipe


class KitList(TerritoryOwned):
    """A list of a sheet, read by the rights of the person who added it. `columns`: names, all of them when empty.

    `processing`: the purpose for which a dataset is read; an analysis has its own. `is_personal`: it goes into the sealed part.
    """

    entry = models.ForeignKey(RegisterEntry, on_delete=models.PROTECT, related_name="+")
    title = models.CharField("titre", max_length=120)
    recipe = models.ForeignKey(StoredRecipe, null=True, on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(Dataset, null=True, on_delete=models.PROTECT, related_name="+")
    processing = models.ForeignKey(Processing, null=True, on_delete=models.PROTECT, related_name="+")
    columns = models.JSONField("colonnes", default=list)
    is_personal = models.BooleanField("personnelle")
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(recipe__isnull=False, dataset=None, processing=None)
                | models.Q(recipe=None, dataset__isnull=False, processing__isnull=False),
                name="kit_list_of_one_source",
            )
        ]

    def __str__(self) -> str:
        return self.title


class KitListContent(TerritoryOwned):
    """The last content of a list: sealed JSON with its columns and rows, its date, and why it is not newer.

    `snapshots`: keys of the deliveries that it was read from.
    """

    kit_list = models.OneToOneField(KitList, on_delete=models.PROTECT, related_name="content")
    sealed = models.TextField(blank=True)
    at = models.DateTimeField(null=True)
    snapshots = models.JSONField(default=list)
    failure = models.CharField("raison", max_length=500, blank=True)
    failed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.kit_list)


class KitPhrase(TerritoryOwned):
    """The passphrase of the sealed part, sealed with the key of the home: it was displayed once. The last one is used."""

    sealed = models.TextField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%d/%m/%Y}"


class KitBuild(TerritoryOwned):
    """A build of the kit. One that failed has a `failure` and no file. `missing`: what is not in it, in French.

    `size` in bytes; `pages`: HTML pages; `code`: the six signs read on the kit.
    """

    code = models.CharField("code", max_length=6, blank=True)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    size = models.PositiveBigIntegerField("taille", default=0)
    pages = models.PositiveIntegerField("pages", default=0)
    is_sealed = models.BooleanField("avec partie scellée", default=False)
    missing = models.JSONField("ce qui manque", default=list)
    failure = models.CharField("raison", max_length=1000, blank=True)
    cpu_seconds = models.FloatField("temps de calcul", default=0)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "code"], condition=~models.Q(code=""), name="one_kit_a_code"
            )
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%d/%m/%Y %H:%M}"

    @property
    def is_whole(self) -> bool:
        return bool(self.sha256)


class KitCopy(TerritoryOwned):
    """A copy of a build taken out of the platform: sent to a destination, or downloaded by a person."""

    build = models.ForeignKey(KitBuild, on_delete=models.PROTECT, related_name="copies")
    place = models.CharField("où", max_length=200)
    ok = models.BooleanField("arrivée entière", default=True)
    message = models.CharField("ce qui s'est passé", max_length=500, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.place


class KitOpening(TerritoryOwned):
    """A person opened a kit and gave its code."""

    build = models.ForeignKey(KitBuild, on_delete=models.PROTECT, related_name="openings")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return str(self.build)

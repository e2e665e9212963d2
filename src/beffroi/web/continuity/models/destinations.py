"""What is stored of destinations: where copies go, each copy, each trial."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class Destination(TerritoryOwned):
    """A place outside where files are copied. `host_reads`: the clock looks for trials that are due."""

    host_reads = True

    class Use(models.TextChoices):
        KIT = "kit", "kit hors ligne"
        SITE = "site", "page des habitants"

    class Kind(models.TextChoices):
        FOLDER = "folder", "dossier ou clé USB"
        SFTP = "sftp", "SFTP"
        FTPS = "ftps", "FTPS"
        WEBDAV = "webdav", "WebDAV"
        ZIP = "zip", "à la main, avec le ZIP"

    use = models.CharField("pour", max_length=4, choices=Use)
    kind = models.CharField("moyen", max_length=6, choices=Kind)
    name = models.CharField("nom", max_length=120)
    address = models.CharField("adresse", max_length=1000)
    port = models.PositiveIntegerField("port", null=True)
    account = models.CharField("compte", max_length=200, blank=True)
    folder = models.CharField("dossier", max_length=500, blank=True)
    sealed_secret = models.TextField("secret scellé", blank=True)
    host_key = models.CharField("clé du serveur", max_length=200, blank=True)
    trial_folder = models.CharField("dossier d'essai", max_length=60)
    removable = models.BooleanField("disque ou clé à brancher", default=False)
    mount_point = models.CharField("point de montage de la clé", max_length=1000, null=True)  # noqa: DJ001
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(default=timezone.now)
    next_trial_at = models.DateTimeField("prochain essai", default=timezone.now)
    withdrawn_at = models.DateTimeField("retirée le", null=True)
    withdrawn_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["name", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["withdrawn_at", "next_trial_at"], name="continuity_trial_due")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_by_hand(self) -> bool:
        return bool(self.kind == self.Kind.ZIP)


class _Attempt(TerritoryOwned):
    """One attempt at a destination, and what became of it."""

    destination: Any
    at = models.DateTimeField(default=timezone.now)
    ok = models.BooleanField("réussi")
    message = models.CharField("ce qui s'est passé", max_length=1000)

    class Meta(TerritoryOwned.Meta):
        abstract = True
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.destination} {self.at:%d/%m/%Y %H:%M}"


class DestinationCopy(_Attempt):
    """Files that were sent, or not. `reference`: what they are (« publication:12 »); `sha256`: of the list of their digests."""

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="copies")
    reference = models.CharField("quoi", max_length=80, blank=True)
    files = models.PositiveIntegerField("fichiers")
    size = models.PositiveBigIntegerField("octets")
    sha256 = models.CharField("empreinte", max_length=64)


class DestinationTrial(_Attempt):
    """A file written to the hidden folder, read back and removed. `by`: nobody when the clock asked."""

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="trials")
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

"""Backups of the systems of a town: their copies, what was read of them, the restores that were proven, and who may report.

A system is an entry of the register `backed_up_systems`. Readings and proofs are written once.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.guides.models import Evidence, RegisterEntry
from beffroi.web.platform.models import Person, TerritoryOwned


class BackupCopy(TerritoryOwned):
    """One copy of a system, as a person declared it, and what was last seen of it. `host_reads`: the clock looks for those due.

    `series`: the machine (restic) or the beginning of the archives' names (borg), where one repository serves several.
    `part`, `parts`: how the repository is cut to be read again, and the part whose turn it is.
    """

    host_reads = True

    class Kind(models.TextChoices):
        RESTIC = "restic", "dépôt restic"
        BORG = "borg", "dépôt borg"
        OWN = "own", "sauvegarde de Beffroi"
        REPORT = "report", "compte rendu d'une machine"
        ATTESTATION = "attestation", "attestation d'une personne"

    class Medium(models.TextChoices):
        DISK = "disk", "disque d'un serveur"
        NAS = "nas", "NAS"
        TAPE = "tape", "bande"
        CLOUD = "cloud", "espace en ligne"
        USB = "usb", "disque ou clé USB"

    class Place(models.TextChoices):
        SAME = "same", "sur le même site"
        OFF_SITE = "off-site", "ailleurs"

    entry = models.ForeignKey(RegisterEntry, on_delete=models.PROTECT, related_name="backup_copies")
    name = models.CharField("nom", max_length=120)
    kind = models.CharField("nature", max_length=11, choices=Kind)
    medium = models.CharField("support", max_length=5, choices=Medium)
    place = models.CharField("lieu", max_length=9, choices=Place)
    offline = models.BooleanField("hors ligne", default=False)
    address = models.CharField("adresse", max_length=500, blank=True)
    series = models.CharField("série", max_length=120, blank=True)
    limit_hours = models.PositiveIntegerField("âge à ne pas dépasser, en heures", null=True)
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField("retirée le", null=True)
    next_at = models.DateTimeField("prochaine lecture", default=timezone.now)
    read_at = models.DateTimeField("lue le", null=True)
    last_backup_at = models.DateTimeField("dernière sauvegarde", null=True)
    size = models.BigIntegerField("taille", null=True)
    snapshots = models.PositiveIntegerField("sauvegardes gardées", default=0)
    trouble = models.CharField("pourquoi elle n'a pas été lue", max_length=600, blank=True)
    trouble_since = models.DateTimeField(null=True)
    failed_since = models.DateTimeField("abîmée depuis", null=True)
    stale_since = models.DateTimeField("trop vieille depuis", null=True)
    part = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=1)
    job_key = models.CharField(max_length=120, blank=True)

    READABLE: ClassVar[tuple[str, ...]] = (Kind.RESTIC, Kind.BORG, Kind.OWN)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["withdrawn_at", "next_at"], name="continuity_copy_due")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_readable(self) -> bool:
        """Whether Beffroi itself can open it."""
        return self.kind in self.READABLE


class CopySecret(TerritoryOwned):
    """What opens a copy, sealed with the key of the instance; never shown again."""

    copy = models.OneToOneField(BackupCopy, on_delete=models.CASCADE, related_name="secret")
    sealed = models.TextField()

    def __str__(self) -> str:
        return f"secret de {self.copy_id}"


class CopyReading(TerritoryOwned):
    """One look at a copy: read by Beffroi, reported by a machine, or said by a person. `ended_at`: of its last backup."""

    class Origin(models.TextChoices):
        READ = "read", "lue par Beffroi"
        REPORT = "report", "rapportée par une machine"
        PERSON = "person", "dite par une personne"

    copy = models.ForeignKey(BackupCopy, on_delete=models.PROTECT, related_name="readings")
    at = models.DateTimeField(default=timezone.now)
    origin = models.CharField("origine", max_length=6, choices=Origin)
    ok = models.BooleanField("réussie")
    ended_at = models.DateTimeField("dernière sauvegarde", null=True)
    snapshots = models.PositiveIntegerField("sauvegardes gardées", default=0)
    size = models.BigIntegerField("taille", null=True)
    message = models.CharField("ce qui a été dit", max_length=600, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["copy", "at"], name="continuity_copy_readings")
        ]

    def __str__(self) -> str:
        return f"{self.copy} {self.at:%d/%m/%Y}"


class RestoreProof(TerritoryOwned):
    """A restore that was tried. `share`: of the repository's bytes read again; `compared`: files compared with checksums known
    from before, those of an earlier reading or of a list of the town."""

    class Origin(models.TextChoices):
        READ = "read", "essayée par Beffroi"
        REPORT = "report", "rapportée par une machine"
        PERSON = "person", "attestée par une personne"

    copy = models.ForeignKey(BackupCopy, on_delete=models.PROTECT, related_name="proofs")
    at = models.DateTimeField(default=timezone.now)
    origin = models.CharField("origine", max_length=6, choices=Origin)
    ok = models.BooleanField("réussie")
    snapshot = models.CharField("sauvegarde restaurée", max_length=120, blank=True)
    files = models.PositiveIntegerField("fichiers restaurés", default=0)
    bytes = models.BigIntegerField("octets restaurés", default=0)
    compared = models.PositiveIntegerField("fichiers comparés à une empreinte d'avant", default=0)
    share = models.FloatField("part du dépôt relue", default=0)
    part = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=1)
    faults = models.JSONField("défauts", default=list)
    seed = models.CharField("graine du tirage", max_length=32, blank=True)
    seconds = models.FloatField("durée", default=0)
    how = models.TextField("comment", blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.ForeignKey(Evidence, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["copy", "at"], name="continuity_copy_proofs")
        ]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(origin="person") | models.Q(by__isnull=False),
                name="an_attestation_has_its_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.copy} {self.at:%d/%m/%Y}"


class RememberedFile(TerritoryOwned):
    """A file as it was once restored: the same date and size later must give the same SHA-256."""

    copy = models.ForeignKey(BackupCopy, on_delete=models.CASCADE, related_name="remembered")
    path = models.TextField()
    size = models.BigIntegerField()
    mtime = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["copy", "path"], name="one_remembered_file_a_path")
        ]

    def __str__(self) -> str:
        return self.path


class ExpectedFiles(TerritoryOwned):
    """Files that a copy must have, with their SHA-256, as the town lists them; the latest list counts."""

    copy = models.ForeignKey(BackupCopy, on_delete=models.PROTECT, related_name="expected")
    files = models.JSONField("empreintes")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.copy} {self.at:%d/%m/%Y}"


class BackupKey(TerritoryOwned):
    """What lets a script report on one copy, of which only a hash is stored: it opens no page and reads nothing."""

    host_reads = True

    copy = models.ForeignKey(BackupCopy, on_delete=models.PROTECT, related_name="keys")
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    last_used = models.DateField("dernier usage", null=True)
    revoked_at = models.DateTimeField("révoquée le", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"clé de {self.copy_id}"

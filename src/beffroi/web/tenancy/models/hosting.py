"""The host, its contract with each territory, and the competences that each territory exercises.

A contract and a competence belong to their territory. The host reads the contracts (it owes a register of them), never a
territory's competences nor its data.
"""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import TerritoryOwned


class Host(models.Model):
    """Who runs this instance: one row, named at the first founding."""

    belongs_to_host = True

    name = models.CharField("nom de l'hébergeur", max_length=200)
    siren = models.CharField("SIREN", max_length=9, blank=True)
    contact = models.CharField("à qui s'adresser", max_length=300, blank=True)

    def __str__(self) -> str:
        return self.name


class Hosting(TerritoryOwned):
    """The relation of the host with one territory: GDPR role and legal act. The latest is in force, the others are history."""

    host_reads = True

    class Role(models.TextChoices):
        PROCESSOR = "processor", "sous-traitant de la collectivité (RGPD, article 28)"
        JOINT = "joint", "responsable conjoint avec la collectivité (RGPD, article 26)"
        OWN = "own", "l'hébergeur pour lui-même"

    role = models.CharField("rôle de l'hébergeur", max_length=9, choices=Role, default=Role.PROCESSOR)
    reference = models.CharField("référence de l'acte", max_length=120, blank=True)
    signed_on = models.DateField("date de l'acte", null=True, blank=True)
    signatory = models.CharField("signataire", max_length=200, blank=True)
    purpose = models.CharField("objet", max_length=300, blank=True)
    file_name = models.CharField("nom du fichier de l'acte", max_length=200, blank=True)
    since = models.DateField("depuis", default=date.today)
    until = models.DateField("jusqu'au", null=True, blank=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-since", "-pk"]

    def __str__(self) -> str:
        return f"{self.territory} : {self.get_role_display()}"

    @property
    def recorded(self) -> bool:
        """Whether a legal act stands behind the relation; the host needs none with itself."""
        return self.role == self.Role.OWN or bool(self.reference and self.signed_on)

    @property
    def expired(self) -> bool:
        return self.until is not None and self.until < timezone.localdate()


class Competence(TerritoryOwned):
    """What a territory exercises, since when and by which legal act; a row that has ended stays as history."""

    key = models.CharField(max_length=60)
    obligatory = models.BooleanField("obligatoire", default=False)
    source = models.CharField("texte", max_length=300, blank=True)
    legal_act = models.CharField("acte", max_length=200, blank=True)
    since = models.DateField("depuis", null=True, blank=True)
    until = models.DateField("jusqu'au", null=True, blank=True)
    end_legal_act = models.CharField("acte de fin", max_length=200, blank=True)

    class Meta(TerritoryOwned.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "key"],
                condition=models.Q(until__isnull=True),
                name="one_open_competence",
            )
        ]

    def __str__(self) -> str:
        return self.key

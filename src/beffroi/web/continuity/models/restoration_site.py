"""What is stored of the restoration page: its settings, its services, its updates, its keys, its publications."""

from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.utils import timezone

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.models import Person, TerritoryOwned


class RestorationSite(TerritoryOwned):
    """The page of a territory, or that of its exercises, which never goes out to a destination."""

    document = models.UUIDField("document", default=uuid4)
    title = models.CharField("titre", max_length=80)
    languages = models.JSONField("langues")
    is_exercise = models.BooleanField("exercice", default=False)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "is_exercise"], name="one_restoration_site"),
        ]

    def __str__(self) -> str:
        return self.title


class SiteService(TerritoryOwned):
    """A service of the page. `entry`: that of the register, when it comes from there."""

    site = models.ForeignKey(RestorationSite, on_delete=models.PROTECT, related_name="services")
    key = models.CharField("clé", max_length=60)
    name = models.JSONField("nom, par langue")
    entry = models.ForeignKey(RegisterEntry, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["key"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["site", "key"], name="one_site_service_a_key")
        ]

    def __str__(self) -> str:
        return str(self.name.get("fr", self.key))


class SiteImport(TerritoryOwned):
    """A history taken back from a stick: one publication made without the platform. `signed`: by one of our keys.

    `document`: as it was signed; `public_key`: in PEM, of the key that signed it, ours or another; `saved_at`: by the clock of the computer
    that saved it. All three are None where the file did not say, or was taken back before they were stored.
    """

    site = models.ForeignKey(RestorationSite, on_delete=models.PROTECT, related_name="imports")
    sha256 = models.CharField("empreinte", max_length=64)
    signed = models.BooleanField("signé")
    added = models.PositiveIntegerField("annonces nouvelles")
    document = models.TextField("document signé", null=True)  # noqa: DJ001
    signature = models.CharField("signature", max_length=200, null=True)  # noqa: DJ001
    public_key = models.TextField("clé qui a signé", null=True)  # noqa: DJ001
    saved_at = models.DateTimeField("enregistrée sur la clé le", null=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%d/%m/%Y %H:%M}"


class SiteUpdate(TerritoryOwned):
    """One announcement of a service, written once. `content`: as in the document; `discarded_at`: it was set aside before any publication."""

    site = models.ForeignKey(RestorationSite, on_delete=models.PROTECT, related_name="updates")
    uid = models.UUIDField("identifiant")
    service = models.ForeignKey(SiteService, on_delete=models.PROTECT, related_name="updates")
    content = models.JSONField("annonce")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    source = models.ForeignKey(SiteImport, null=True, on_delete=models.PROTECT, related_name="updates")
    discarded_at = models.DateTimeField("écartée le", null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["site", "uid"], name="one_site_update_an_identifier")
        ]

    def __str__(self) -> str:
        return str(self.uid)


class SiteKey(TerritoryOwned):
    """Key that signs the page (ECDSA P-256). `sealed_secret`: the private half."""

    public = models.TextField("clé publique")
    sealed_secret = models.TextField("clé privée, scellée")
    fingerprint = models.CharField("empreinte", max_length=80)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    replaced_at = models.DateTimeField("remplacée le", null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory"], condition=models.Q(replaced_at=None), name="one_site_key_in_use"
            )
        ]

    def __str__(self) -> str:
        return self.fingerprint


class SitePublication(TerritoryOwned):
    """What the spokesperson published: the signed document, under the mandate that they had."""

    site = models.ForeignKey(RestorationSite, on_delete=models.PROTECT, related_name="publications")
    number = models.PositiveIntegerField("numéro")
    content = models.TextField("document signé")
    sha256 = models.CharField("empreinte", max_length=64)
    signature = models.CharField("signature", max_length=200)
    key = models.ForeignKey(SiteKey, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    mandate = models.JSONField("à quel titre")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["site", "number"], name="one_site_publication_a_number")
        ]

    def __str__(self) -> str:
        return f"Publication {self.number}"

    @property
    def reference(self) -> str:
        """What names it among the copies of a destination."""
        return f"publication:{self.pk}"

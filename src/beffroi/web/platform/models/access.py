"""Journal of access: sign-ins, refusals and changes of access, append-only for a year."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from .people import Person
from .places import Territory
from .policies import HOST, HOST_TOO, TERRITORY


class AccessEvent(models.Model):
    """Something that happened to the access of an account: it came in, failed, was refused, changed its means or its roles.

    `person` is None for an account that does not exist; `territory` is known for what one territory did (roles, providers) or
    refused. The database refuses that a row be changed, or removed before a year (`0002_rules`).
    """

    belongs_to_host = True
    # A territory reads what it did or refused, and what happened to the accounts of its members.
    read_policy = (
        f"{HOST_TOO} OR (territory_id IS NULL AND EXISTS (SELECT 1 FROM platform_membership held"  # noqa: S608
        f" WHERE held.person_id = platform_accessevent.person_id AND held.territory_id = {TERRITORY}))"
    )
    write_policy = (HOST, HOST)

    class Kind(models.TextChoices):
        ENTERED = "entered", "entrée"
        FAILED = "failed", "mot de passe, code ou clé refusé"
        LOCKED = "locked", "essais trop nombreux, mot de passe non regardé"
        REFUSED = "refused", "entrée refusée par un fournisseur d'identité"
        LEFT = "left", "sortie"
        PASSWORD = "password", "mot de passe choisi ou changé"
        FACTOR_ADDED = "factor_added", "second facteur ajouté"
        FACTOR_REMOVED = "factor_removed", "second facteur retiré"
        ROLES = "roles", "rôles ou accès changés"
        TOKEN = "token", "jeton sans effet présenté"
        DENIED = "denied", "page ou donnée refusée"
        FORGED = "forged", "formulaire refusé, sans son jeton de page"
        LIMITED = "limited", "demandes trop nombreuses, refusées"
        FILE = "file", "fichier refusé"

    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, null=True, related_name="+")
    detail = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"

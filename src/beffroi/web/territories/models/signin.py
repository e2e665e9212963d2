"""Sign-in: the identity provider of a territory, the roles that it gives, failures, and the journal of who came in."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from .owned import TerritoryOwned
from .people import Person
from .places import Territory


class IdentityProvider(TerritoryOwned):
    """An OpenID Connect provider in which one territory trusts. Its issuer never changes: another issuer is another row."""

    host_reads = True  # a sign-in starts before any territory is known

    public_id = models.CharField(max_length=40, unique=True)
    name = models.CharField("nom affiché", max_length=40)
    issuer = models.URLField("émetteur (issuer)", max_length=300)
    client_id = models.CharField("identifiant client", max_length=191)
    sealed_secret = models.TextField("secret client, chiffré")
    scopes = models.CharField("informations demandées (scopes)", max_length=300, default="openid email")
    sirets = models.JSONField("SIRET acceptés", default=list)
    email_domains = models.JSONField("domaines de messagerie", default=list)
    role_claim = models.CharField("attribut qui porte les rôles", max_length=100, blank=True)
    # {"value of the claim": "role"}
    role_map = models.JSONField("valeur de l'attribut → rôle", default=dict)
    sensitive_by_claims = models.BooleanField("donner aussi des rôles sensibles", default=False)
    acr_asked = models.CharField("niveau demandé (acr_values)", max_length=300, blank=True)
    strong_acr = models.JSONField("acr qui valent second facteur", default=list)
    strong_amr = models.JSONField("amr qui valent second facteur", default=list)
    # Null on providers of before; a column with a default would have SQLite make the table anew, without its rules.
    old_logout_tokens = models.BooleanField("accepter les anciens jetons de déconnexion", null=True)
    form_origin = models.CharField("origine de sa page de connexion", max_length=300)
    enabled = models.BooleanField("en service", default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class ClaimedRole(TerritoryOwned):
    """A role that a person holds because their provider says so: it ends when the provider no longer does."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="claimed")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["provider", "person", "role"], name="one_claimed_role")
        ]

    def __str__(self) -> str:
        return f"{self.person} : {self.role} ({self.provider})"


class SignInCounter(models.Model):
    """How many times a password failed, for one key; `key` is a keyed hash: neither address nor account can be read."""

    belongs_to_host = True

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=timezone.now)
    blocked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.failures} échecs"


class AccessEvent(models.Model):
    """Something that happened to the access of an account: it came in, failed, was refused, changed its means or its roles.

    `person` is None for an account that does not exist; `territory` is known for what one territory did (roles, providers) or
    refused. The database refuses that a row be changed, or removed before a year (`0080_refusals`).
    """

    belongs_to_host = True

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

"""Sign-in: single-use links, identity providers of a territory and the roles that they give, failures counted."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, Territory, TerritoryOwned
from beffroi.web.platform.models.policies import HOST, OUTSIDE, OWN, TERRITORY

_OF_A_MEMBER = (
    "EXISTS (SELECT 1 FROM platform_membership m"  # noqa: S608
    f" WHERE m.person_id = tenancy_entrylink.person_id AND m.territory_id = {TERRITORY})"
)


class EntryLink(models.Model):
    """A single-use link to sign in, to accept an invitation, or to join one more territory: only the hash of its secret is kept."""

    belongs_to_host = True
    # A link is made for a member, and used by who presents it; nothing else of it changes (`entry_link_fixed`). It is read before any
    # territory is opened; from within one, those of its members that are not another's.
    read_policy = f"{OUTSIDE} OR {OWN} OR (territory_id IS NULL AND {_OF_A_MEMBER})"
    write_policy = (f"{HOST} OR {_OF_A_MEMBER}", "true")
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    purpose = models.CharField(
        max_length=12, choices=[("signin", "connexion"), ("invite", "invitation"), ("join", "adhésion")]
    )
    territory = models.ForeignKey(Territory, null=True, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} de {self.person}"


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
    requested_acr = models.CharField("niveau demandé (acr_values)", max_length=300, blank=True)
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

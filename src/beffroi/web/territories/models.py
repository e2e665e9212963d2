"""Who: territories, people, memberships, the links that let them in, long jobs and the ledger's lines.

Everything that belongs to a territory in the rooms above derives from `TerritoryOwned`.
"""

import secrets
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone


class PersonManager(BaseUserManager["Person"]):
    """Makes people by their e-mail; a person without a password cannot sign in by password."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password) if password else person.set_unusable_password()
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """A human who signs in. Rights come from memberships only; there is no superuser."""

    email = models.EmailField("adresse électronique", unique=True)
    name = models.CharField("nom", max_length=120)
    is_active = models.BooleanField(default=True)
    simulated = models.BooleanField("membre de démonstration", default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[PersonManager] = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = "personne"

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name


class Territory(models.Model):
    """A local authority: a tenant, with its own folder and two lakes."""

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField("nom", max_length=200)
    kind = models.CharField("nature", max_length=40)
    slug = models.SlugField(unique=True)
    siren = models.CharField(max_length=9, blank=True)
    population = models.PositiveIntegerField(null=True)
    members = models.JSONField("codes des communes membres", default=list)
    is_fictional = models.BooleanField("ville fictive", default=False)
    contact = models.CharField("à qui s'adresser", max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = "territoire"
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class TerritoryManager[M: models.Model](models.Manager[M]):
    """The way to a territory's rows: always by the territory."""

    def of(self, territory: Territory) -> models.QuerySet[M]:
        return self.get_queryset().filter(territory=territory)


class TerritoryOwned(models.Model):
    """Anything that belongs to one territory."""

    territory = models.ForeignKey(Territory, on_delete=models.PROTECT, related_name="+")
    objects: ClassVar[TerritoryManager[Any]] = TerritoryManager()

    class Meta:
        abstract = True


class Membership(TerritoryOwned):
    """One person's role in one territory, with its dates."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField("rôle", max_length=40)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "person", "role"], name="one_membership_a_role")
        ]

    def __str__(self) -> str:
        return f"{self.person} : {self.role} ({self.territory})"


class EntryLink(models.Model):
    """A single-use link to sign in or to accept an invitation: only the hash of its secret is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    purpose = models.CharField(max_length=12, choices=[("signin", "connexion"), ("invite", "invitation")])
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} de {self.person}"


class Job(TerritoryOwned):
    """Long work: runs at least once, takes effect once (its key), shows how far it is."""

    class State(models.TextChoices):
        WAITING = "waiting", "en attente"
        RUNNING = "running", "en cours"
        DONE = "done", "terminé"
        FAILED = "failed", "en échec"

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=60)
    label = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    location = models.CharField("où voir le résultat", max_length=300, blank=True)
    started_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField("dernier signe de vie", default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.label} ({self.get_state_display()})"

    @property
    def finished(self) -> bool:
        return self.state in {self.State.DONE, self.State.FAILED}


def new_salt() -> bytes:
    return secrets.token_bytes(16)


class LedgerLine(models.Model):
    """One line of a chain: a territory's, or the host's when `territory` is empty. Database triggers refuse any change."""

    territory = models.ForeignKey(Territory, null=True, on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveBigIntegerField()
    at = models.CharField(max_length=40)
    act = models.CharField(max_length=60)
    actor = models.CharField(max_length=60)
    thing = models.CharField(max_length=120)
    commitment = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar[list[str]] = ["seq"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "seq"], name="one_line_a_rank"),
            models.UniqueConstraint(
                fields=["seq"], condition=models.Q(territory__isnull=True), name="one_host_line_a_rank"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.act}"


class LedgerDetail(models.Model):
    """What a line commits to, kept apart so that it can be erased while the chain still verifies."""

    line = models.OneToOneField(LedgerLine, primary_key=True, on_delete=models.PROTECT, related_name="detail")
    salt = models.BinaryField(default=new_salt)
    payload = models.JSONField()

    def __str__(self) -> str:
        return f"détail de {self.line}"

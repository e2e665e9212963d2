"""What lets a program in: tokens, of which only a hash is kept, and the service accounts that bear them."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from .owned import TerritoryOwned
from .people import Person


class ServiceAccount(TerritoryOwned):
    """A program that works for one territory: a `Person` who never signs in, and the human who answers for it."""

    host_reads = True

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="service")
    owner = models.ForeignKey(
        Person, verbose_name="responsable", on_delete=models.PROTECT, related_name="services_owned"
    )
    use = models.CharField("à quoi il sert", max_length=300)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.person)


class ApiToken(TerritoryOwned):
    """One token: whose it is, the acts and the resources that it opens, until when. Its secret is shown once.

    `acts` is a subset of `api.authentication.TOKEN_ACTS`; `resources` holds keys such as `dataset:12`, none meaning all.
    """

    host_reads = True

    label = models.CharField("nom", max_length=120)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    acts = models.JSONField("ce qu'il permet", default=list)
    resources = models.JSONField("jeux de données qu'il ouvre", default=list)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires = models.DateTimeField("fin")
    last_used = models.DateField("dernier usage", null=True)
    revoked_at = models.DateTimeField("révoqué le", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(expires__gt=models.F("created_at")), name="a_token_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return self.label

    def live(self, now: datetime | None = None) -> bool:
        """Whether it opens anything today."""
        return self.revoked_at is None and self.expires > (now or timezone.now()) and self.person.is_active

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return "révoqué"
        if self.expires <= timezone.now():
            return "expiré"
        return "en service" if self.person.is_active else "sans titulaire"

"""Mail of a territory: from where it writes, its declared domains, each check of them, what a person attested of its mailboxes.

Answers, attestations and checks are append-only; a domain is withdrawn, never deleted.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned


class MailAnswer(TerritoryOwned):
    """From where a territory writes. `provider`: whose mailbox it is, when it is not its own domain. No address is stored."""

    class Writes(models.TextChoices):
        OWN = "own", "avec votre nom de domaine"
        PROVIDER = "provider", "depuis la messagerie d'un opérateur"
        UNKNOWN = "unknown", "vous ne savez pas encore"

    writes = models.CharField("écrit", max_length=8, choices=Writes)
    provider = models.CharField("opérateur", max_length=100, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.get_writes_display()


class SecondFactor(TerritoryOwned):
    """What a person attests of the second factor of the mailboxes, as of a day."""

    class State(models.TextChoices):
        EVERYONE = "everyone", "oui, sur toutes"
        SOME = "some", "sur certaines"
        NOBODY = "nobody", "non"
        UNKNOWN = "unknown", "je ne sais pas"

    state = models.CharField("second facteur", max_length=8, choices=State)
    day = models.DateField("vérifié le")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.get_state_display()


class MailDomain(TerritoryOwned):
    """A domain that a person declared as the territory's. `known`: the last verdict of each protection that said something.

    `worsened`: protections that got worse and are not mended. `next_at`: when the clock checks it again.
    """

    host_reads = True  # the clock looks at all of them
    name = models.CharField("nom de domaine", max_length=253)
    selectors = models.JSONField("sélecteurs DKIM", default=list)
    known = models.JSONField(default=dict)
    worsened = models.JSONField(default=list)
    checked_at = models.DateTimeField("vérifié le", null=True)
    next_at = models.DateTimeField("prochaine vérification", null=True)
    job_key = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField("retiré le", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "name"],
                condition=models.Q(until=None),
                name="one_declared_domain_a_name",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["next_at"], name="mail_domains_due")]

    def __str__(self) -> str:
        return self.name


class MailCheck(TerritoryOwned):
    """One check of a domain: its findings as they were written (`mail.verdicts.Finding`), and what had changed. `by`: who asked; null: the clock."""

    domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="checks")
    key = models.CharField(max_length=120)
    findings = models.JSONField()
    changes = models.JSONField(default=list)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "key"], name="one_mail_check_a_job")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["domain", "-at"], name="mail_checks_by_domain")
        ]

    def __str__(self) -> str:
        return f"{self.domain_id}, {self.at:%d/%m/%Y}"

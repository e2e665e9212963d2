"""What people hold in a territory: roles with their dates, and the delegations by which an elected person lets another decide.

A role is never rewritten into another: it ends and a new row begins, so that the past can be read.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from .owned import TerritoryOwned
from .people import Person


class Delegation(TerritoryOwned):
    """An elected person lets another decide, by a dated legal act (arrêté), for a time. Revoked, it never comes back."""

    delegator = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    delegate = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    object = models.CharField("objet", max_length=300)
    legal_act_reference = models.CharField("référence de l'acte", max_length=200)
    legal_act_date = models.DateField("date de l'acte")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-since"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(delegator=models.F("delegate")), name="nobody_delegates_to_themselves"
            ),
            models.CheckConstraint(
                condition=~models.Q(legal_act_reference=""), name="a_delegation_has_its_legal_act"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegator} → {self.delegate} : {self.object}"

    @property
    def in_force(self) -> bool:
        """By its own dates; the delegator's mandate is looked at by `rights`."""
        return self.revoked_at is None and _covers(self.since, self.until)

    @property
    def last_day(self) -> datetime | None:
        return _last_day(self.until)


class Membership(TerritoryOwned):
    """One person's role in one territory, with its dates, and the resource that it is limited to when it names one.

    A decider's is a mandate (`legal_act_reference`: the election) or rests on a `delegation`. `suspended_at` closes it for a while;
    `waiting_since` gives nothing until the person accepts (`joining`).
    """

    host_reads = True  # the host knows who belongs where

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField("rôle", max_length=40)
    resource = models.CharField("limité à", max_length=120, blank=True)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    legal_act_reference = models.CharField("référence de l'acte", max_length=200, blank=True)
    legal_act_date = models.DateField("date de l'acte", null=True, blank=True)
    delegation = models.ForeignKey(
        Delegation, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    replaces = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name="remplace"
    )

    class Meta(TerritoryOwned.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "person", "role", "resource"],
                condition=models.Q(until__isnull=True),
                name="one_open_membership_a_role",
            ),
            models.CheckConstraint(
                condition=~models.Q(role="decider")
                | ~models.Q(legal_act_reference="")
                | models.Q(delegation__isnull=False),
                name="a_decider_has_a_legal_act",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["territory", "person"], name="membership_of_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.person} : {self.role} ({self.territory})"

    @property
    def in_force(self) -> bool:
        """By its own dates, unless suspended or not accepted yet; what it rests on is looked at by `rights`."""
        return self.suspended_at is None and self.waiting_since is None and _covers(self.since, self.until)

    @property
    def last_day(self) -> datetime | None:
        return _last_day(self.until)

    @property
    def waiting(self) -> bool:
        """Offered to the person, who has not accepted."""
        return self.waiting_since is not None

    @property
    def to_come(self) -> bool:
        return self.since > timezone.now() and (self.until is None or self.until > self.since)

    @property
    def over(self) -> bool:
        return self.until is not None and (self.until <= timezone.now() or self.until <= self.since)

    @property
    def elected(self) -> bool:
        return self.role == "decider" and self.delegation_id is None


def _last_day(until: datetime | None) -> datetime | None:
    """The last moment that is covered: an end at midnight is the day before, for people."""
    return until - timedelta(microseconds=1) if until else None


def _covers(since: datetime, until: datetime | None) -> bool:
    now = timezone.now()
    return since <= now and (until is None or until > now)

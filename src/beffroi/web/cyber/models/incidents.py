"""An incident entrusted to a CSIRT until a day, the request as the CSIRT has it, its steps; yearly statistics; the page of calls.

A share belongs to the town, a ticket to the CSIRT: each sees its own row, the service writes both.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.guides.models import Response
from beffroi.web.platform.models import Person, TerritoryOwned


class State(models.TextChoices):
    TO_QUALIFY = "new", "à qualifier"
    REFERRED = "referred", "orientée"
    CLOSED = "closed", "close"


class IncidentShare(TerritoryOwned):
    """What a town lets a CSIRT read of one incident. `csirt`: the code of its territory; `facts`: frozen pairs of words."""

    run = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    csirt = models.CharField("CSIRT", max_length=16)
    csirt_name = models.CharField("nom du CSIRT", max_length=200)
    facts = models.JSONField("faits confiés")
    until = models.DateField("jusqu'au")
    state = models.CharField("état", max_length=8, choices=State, default=State.TO_QUALIFY)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.csirt_name}, jusqu'au {self.until:%d/%m/%Y}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None and self.until >= timezone.localdate()


class Ticket(TerritoryOwned):
    """A request for help, in the territory of the CSIRT. `origin`, `share`: the town's code and the key of its share.

    `facts`: empty once the share has ended; the steps stay, and the kind, which the statistics of the year count.
    """

    origin = models.CharField("commune", max_length=16)
    origin_name = models.CharField("nom", max_length=200)
    share = models.PositiveBigIntegerField()
    kind = models.CharField("sorte", max_length=40, blank=True)
    facts = models.JSONField("faits confiés")
    until = models.DateField("jusqu'au")
    state = models.CharField("état", max_length=8, choices=State, default=State.TO_QUALIFY)
    received_at = models.DateTimeField("reçue le", default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["received_at", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "origin", "share"], name="one_ticket_a_share")
        ]

    def __str__(self) -> str:
        return f"{self.origin_name}, {timezone.localtime(self.received_at):%d/%m/%Y}"

    @property
    def is_open(self) -> bool:
        """Whether the town still shows its facts, and reads what is done with them."""
        return self.ended_at is None and self.until >= timezone.localdate()


class TicketStep(TerritoryOwned):
    """What the CSIRT did with a request: in its own territory (`ticket`), and as the town reads it (`shared`)."""

    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="steps")
    shared = models.ForeignKey(IncidentShare, null=True, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField("état", max_length=8, choices=State)
    text = models.TextField("suite donnée")
    referred_to = models.CharField("orientée vers", max_length=200, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(ticket=None, shared__isnull=False)
                | models.Q(ticket__isnull=False, shared=None),
                name="a_step_of_one_side",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} : {self.text[:60]}"


class IncidentStatistics(TerritoryOwned):
    """Incidents of a year by kind, small counts suppressed, as a person reviewed and published them."""

    year = models.PositiveSmallIntegerField("année")
    content = models.JSONField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField("publiées le", default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-year", "-pk"]

    def __str__(self) -> str:
        return f"Incidents de {self.year}"


class CallPage(TerritoryOwned):
    """The address of the page « Qui appeler », which opens without account for whoever has it."""

    secret = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory"], condition=models.Q(ended_at=None), name="one_open_call_page"
            )
        ]

    def __str__(self) -> str:
        return "Qui appeler"

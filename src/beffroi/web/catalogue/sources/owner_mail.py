"""Mail to a source's owner where the instance has a mail server; the home page shows the same in any case."""

from django.urls import reverse

from beffroi.web import public_address
from beffroi.web.platform import mail

from ..models import Source

ALERT_AFTER = 3
"""Failures in a row after which the owner is written to: one alone is often a matter of moments."""


def address(source: Source) -> str:
    return reverse("source", args=[source.territory.slug, source.pk])


def notify_owner(source: Source, subject: str, text: str) -> bool:
    """Write to the owner; whether a message left."""
    body = f"{text}\n\n{public_address.absolute(address(source))}\n\n{source.territory.name}, Beffroi"
    return mail.send(source.owner, f"[{source.territory.name}] {subject}", body)

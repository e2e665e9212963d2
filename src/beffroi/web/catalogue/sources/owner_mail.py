"""Mail to a source's owner where the instance has a mail server; the home page shows the same in any case."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse

from ..models import Source

logger = logging.getLogger(__name__)
ALERT_AFTER = 3
"""Failures in a row after which the owner is written to: one alone is often a matter of moments."""


def address(source: Source) -> str:
    return reverse("source", args=[source.territory.slug, source.pk])


def notify_owner(source: Source, subject: str, text: str) -> bool:
    """Write to the owner; whether a message left. A mail server that fails stops nothing: the page says the same."""
    owner = source.owner
    if not settings.MAIL_HOST or owner is None or not owner.is_active or not owner.email:
        return False
    body = f"{text}\n\n{settings.BASE_URL}{address(source)}\n\n{source.territory.name}, Beffroi"
    try:
        return bool(send_mail(f"[{source.territory.name}] {subject}", body, None, [owner.email]))
    except OSError:
        logger.exception("the mail about source %s did not leave", source.pk)
        return False

"""Mail of the instance: plain text, to one address, where the operator set a server. A server that fails stops nothing."""

import logging

from django.conf import settings
from django.core.mail import send_mail

from .models import Person

logger = logging.getLogger(__name__)


def is_configured() -> bool:
    """Whether this instance may send mail."""
    return bool(settings.MAIL_HOST)


def send(person: Person | None, subject: str, body: str) -> bool:
    """Send one message to an active person; whether it left."""
    if not is_configured() or person is None or not person.is_active or not person.email:
        return False
    try:
        return bool(send_mail(subject, body, None, [person.email]))
    except OSError:
        logger.exception("a mail did not leave")
        return False

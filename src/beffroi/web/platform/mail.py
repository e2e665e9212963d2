"""Mail of the instance: plain text, to one address, where the operator set a server. A server that fails stops nothing."""

import logging
import smtplib
import socket
import ssl

from django.conf import settings
from django.core.mail import send_mail

from .models import Person

logger = logging.getLogger(__name__)


def is_configured() -> bool:
    """Whether this instance may send mail."""
    return bool(settings.MAIL_HOST)


def reason_of(error: Exception) -> str:
    """Why a mail server cannot be used, in a few French words; what it answered, where it did."""
    if isinstance(error, TimeoutError):
        return "pas de réponse"
    if isinstance(error, socket.gaierror):
        return "nom inconnu"
    if isinstance(error, ConnectionRefusedError):
        return "connexion refusée"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificat refusé ({error.verify_message})"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "compte ou mot de passe refusé"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"réponse {error.smtp_code}"
    return str(getattr(error, "strerror", "") or type(error).__name__).rstrip(".")


def send(person: Person | None, subject: str, body: str) -> bool:
    """Send one message to an active person; whether it left."""
    if not is_configured() or person is None or not person.is_active or not person.email:
        return False
    try:
        return bool(send_mail(subject, body, None, [person.email]))
    except OSError:
        logger.exception("a mail did not leave")
        return False

"""What the instance needs of its network: the mail server that its operator named, the certificate of its own address."""

import socket
import ssl
import time
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import mailers

from beffroi.home import Home
from beffroi.web.platform import mail as instance_mail

from .report import State, Verdict

SECONDS: Final = 5.0
SOON: Final = 21
VERY_SOON: Final = 7
"""Days before the certificate ends."""
DAY: Final = 86_400


def mail(home: Home) -> Verdict:
    """Open a session with the mail server, and close it: nothing is sent."""
    found = Verdict()
    if not instance_mail.is_configured():
        message = "Aucun serveur de messagerie : rien n'est envoyé, les invitations s'affichent."
        if settings.ALERT_WEBHOOK:
            found.add(State.GOOD, f"{message} Les alertes partent à votre adresse.")
        else:
            found.add(
                State.WATCH,
                f"{message} Personne n'est prévenu d'une panne.",
                "Donnez un serveur (BEFFROI_MAIL_HOST) ou une adresse d'alerte (BEFFROI_ALERT_WEBHOOK).",
            )
        return found
    server = f"{settings.MAIL_HOST}:{settings.MAIL_PORT}"
    connection = mailers["default"]
    connection.timeout = SECONDS
    try:
        connection.open()
        connection.connection.noop()
    except OSError as error:
        found.add(
            State.BAD,
            f"{server} ne répond pas comme il faut : {instance_mail.reason_of(error)}.",
            "Vérifiez BEFFROI_MAIL_HOST et le pare-feu ; tant qu'il ne répond pas, personne ne reçoit rien.",
        )
        return found
    finally:
        connection.close()
    found.add(State.GOOD, f"{server} répond, en TLS.")
    return found


def certificate(home: Home) -> Verdict:
    """The certificate that visitors of the public address are given."""
    found, url = Verdict(), urlsplit(settings.BASE_URL)
    if url.scheme != "https" or not url.hostname:
        found.add(State.GOOD, "Pas d'adresse en https : pas de certificat.")
        return found
    try:
        left = days_left(url.hostname, url.port or 443)
    except ssl.SSLCertVerificationError as error:
        found.add(
            State.BAD,
            f"Le certificat de {url.hostname} est refusé : {error.verify_message}.",
            "Renouvelez-le (certbot renew, Caddy…), ou donnez vos autorités à SSL_CERT_FILE.",
        )
        return found
    except OSError as error:
        found.add(
            State.WATCH,
            f"Cette machine ne peut pas ouvrir {settings.BASE_URL} : {instance_mail.reason_of(error)}.",
            "Si les visiteurs l'ouvrent, rien n'est à faire ; sinon, regardez le serveur web et le nom.",
        )
        return found
    state = State.BAD if left < VERY_SOON else State.WATCH if left < SOON else State.GOOD
    advice = "Renouvelez-le : son renouvellement automatique n'a pas eu lieu." if left < SOON else ""
    found.add(state, f"Le certificat de {url.hostname} vaut encore {left} jours.", advice)
    return found


def days_left(host: str, port: int) -> int:
    """Days before the certificate of this server ends. Raises OSError, of which ssl.SSLError."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=host) as wrapped,
    ):
        ends = str((wrapped.getpeercert() or {})["notAfter"])
    return int((ssl.cert_time_to_seconds(ends) - time.time()) // DAY)

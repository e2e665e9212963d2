"""STARTTLS of each mail server of a domain (RFC 3207): offered, its certificate checked by the standard library.

In: the names of the servers, the way out. Out: one `Server` each. No message is sent.
"""

import ssl
from dataclasses import dataclass
from enum import StrEnum
from smtplib import SMTPException
from typing import Final

from .outbound import NotAllowed, Outbound, Unreachable, verified_context

MOST: Final = 10
_WHY: Final = {
    10: "certificat expiré",
    9: "certificat pas encore valable",
    18: "certificat signé par lui-même",
    19: "certificat signé par une autorité inconnue",
    20: "certificat signé par une autorité inconnue",
    62: "certificat d'un autre nom",
}
"""By the numbers of OpenSSL (X509_V_ERR_…)."""


class State(StrEnum):
    GOOD = "good"
    NOT_OFFERED = "not_offered"
    BAD_CERTIFICATE = "bad_certificate"
    OLD_PROTOCOL = "old_protocol"
    SILENT = "silent"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True)
class Server:
    """`at`: why, in French; `protocol`: TLSv1.3…"""

    host: str
    state: State
    at: str = ""
    protocol: str = ""


def read(hosts: tuple[str, ...], outbound: Outbound) -> tuple[Server, ...]:
    return tuple(_server(host, outbound) for host in hosts[:MOST])


def _server(host: str, outbound: Outbound) -> Server:
    try:
        with outbound.smtp(host) as smtp:
            smtp.ehlo()
            if not smtp.has_extn("starttls"):
                return Server(host, State.NOT_OFFERED)
            smtp.starttls(context=verified_context())
            version = smtp.sock.version() if isinstance(smtp.sock, ssl.SSLSocket) else ""
            return Server(host, State.GOOD, protocol=version or "")
    except NotAllowed:
        return Server(host, State.NOT_ALLOWED)
    except ssl.SSLCertVerificationError as error:
        return Server(host, State.BAD_CERTIFICATE, _WHY.get(error.verify_code, "certificat refusé"))
    except ssl.SSLError:
        return Server(host, State.OLD_PROTOCOL)
    except (Unreachable, SMTPException, OSError):
        return Server(host, State.SILENT)

"""The way out of the checks: only to hosts that the operator listed, at the addresses that the allowed resolver gives.

In: a host. Out: a text fetched over HTTPS; a session of SMTP. Raises NotAllowed, Unreachable. Internal addresses are refused as for
every source (`lake.sources.network`).
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from smtplib import SMTP
from typing import Final

from urllib3.exceptions import HTTPError, SSLError

from beffroi.lake.sources.errors import AddressRefused, SourceError
from beffroi.lake.sources.http import connection_pool
from beffroi.lake.sources.network import Egress, Network

LARGEST: Final = 64 << 10  # bytes of an MTA-STS policy (RFC 8461, 3.3)
SECONDS: Final = 15.0  # for one host


class NotAllowed(Exception):
    """The operator did not open this host."""


class Unreachable(Exception):
    """The host did not answer as it should; the message is French."""


class Outbound:
    """`https` and `smtp`: the ports of the two protocols; `opened`: whether a host that is not in `allowed` may be called all the same."""

    def __init__(
        self,
        allowed: Sequence[str],
        resolver: Callable[[str, int], list[str]],
        *,
        https: int = 443,
        smtp: int = 25,
        local_name: str = "localhost",
        opened: Callable[[str], bool] = lambda host: False,
    ) -> None:
        self._allowed, self._resolver, self._opened = tuple(allowed), resolver, opened
        self._https, self._smtp, self._local_name = https, smtp, local_name

    def _network(self, host: str) -> Network:
        own = (host,) if self._opened(host) else ()
        return Network((*self._allowed, *own), LARGEST, SECONDS, resolver=self._resolver)

    def get(self, host: str, path: str) -> str:
        """Text at https://host/path; no redirection is followed (RFC 8461, 3.3). Raises NotAllowed, Unreachable."""
        with self._network(host).egress() as egress:
            try:
                egress.target(host, self._https)
                answer = connection_pool(egress).request(
                    "GET",
                    f"https://{host}:{self._https}{path}",
                    redirect=False,
                    preload_content=False,
                    timeout=SECONDS,
                )
                body = answer.read(LARGEST + 1, decode_content=False)
            except AddressRefused as error:
                raise NotAllowed(host) from error
            except SSLError as error:
                raise Unreachable(f"le certificat de {host} n'est pas valable") from error
            except (SourceError, HTTPError, OSError) as error:
                raise Unreachable(f"{host} ne répond pas") from error
        if answer.status != 200:
            raise Unreachable(f"{host} répond {answer.status}")
        if len(body) > LARGEST:
            raise Unreachable(f"le fichier de {host} dépasse 64 Ko")
        return str(body.decode("utf-8", "replace"))

    @contextmanager
    def smtp(self, host: str) -> Iterator[SMTP]:
        """A session with this mail server. Raises NotAllowed, Unreachable."""
        with self._network(host).egress() as egress:
            try:
                egress.target(host, self._smtp, usual=25)
                session = _Smtp(egress, host, self._smtp, self._local_name)
            except AddressRefused as error:
                raise NotAllowed(host) from error
            except (SourceError, OSError) as error:  # SMTPException is an OSError
                raise Unreachable(f"{host} ne répond pas") from error
            try:
                yield session
            finally:
                session.close()


class _Smtp(SMTP):
    """SMTP whose socket comes from the egress."""

    def __init__(self, egress: Egress, host: str, port: int, local_name: str) -> None:
        self._egress = egress
        super().__init__(host, port, local_hostname=local_name, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # Mail servers talk in clear until STARTTLS: the list of hosts is asked, not how the traffic begins.
        return self._egress.connect(host, port, usual=25)


def verified_context() -> ssl.SSLContext:
    """Certificates are checked against the authorities of this machine, names too; TLS 1.2 at least."""
    return ssl.create_default_context()

"""Visits of a declared site: one ordinary GET or HEAD of one of its pages, by the one door out, within its own host.

In: the address that was declared, a path. Out: a `Visit`, which never raises for what a site does wrong; `UndeclaredHost` for an address
that nobody declared. Redirections are followed within the host only; size, time and number of answers are bounded; certificates checked.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import urllib3
from cryptography import x509
from django.conf import settings
from urllib3.exceptions import HTTPError, SSLError

from beffroi import __version__
from beffroi.lake.sources.addresses import LOOPBACK_NAMES, host_of, is_inside, literal_of
from beffroi.lake.sources.errors import AddressRefused, SourceDown, TooMuch
from beffroi.lake.sources.http import USUAL, connection_pool
from beffroi.lake.sources.network import Egress, Network
from beffroi.text import to_ascii

from .. import check_hosts
from .errors import SiteError
from .page_features import MAX_BYTES

PAGE_SECONDS: Final = 20.0
MAX_REDIRECTS: Final = 5
_CHUNK: Final = 1 << 16
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_TOO_LONG: Final = f"Le site n'a pas répondu en entier en {PAGE_SECONDS:.0f} secondes."


class UndeclaredHost(SiteError):
    """An address outside of the declared site: it is not called."""


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of a declared site, in canonical form."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, address: str) -> "Origin":
        """Origin of an address as a person types it. Raises SiteError in French."""
        text = address.strip()
        if "://" not in text:
            text = f"https://{text}"
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise SiteError(
                "Cette adresse n'est pas complète. Écrivez par exemple https://www.ma-commune.fr", "address"
            ) from None
        if parts.scheme not in USUAL or not parts.hostname or parts.username or parts.password:
            raise SiteError(
                "Cette adresse n'est pas celle d'un site. Écrivez par exemple https://www.ma-commune.fr",
                "address",
            )
        try:
            host = host_of(parts.hostname)
        except AddressRefused as error:
            raise SiteError(str(error), "address") from error
        return cls(parts.scheme, host, port or USUAL[parts.scheme])

    @property
    def address(self) -> str:
        named = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{named}" + ("" if self.port == USUAL[self.scheme] else f":{self.port}")

    def contains(self, url: str) -> bool:
        """Whether an address is on this host: the same port, or the usual one of either scheme."""
        try:
            parts = urlsplit(url)
            port = parts.port or USUAL.get(parts.scheme, 0)
            if host_of(parts.hostname or "") != self.host or parts.scheme not in USUAL:
                return False
        except (ValueError, AddressRefused):
            return False
        return port == self.port or (port in USUAL.values() and self.port in USUAL.values())


@dataclass(frozen=True)
class Visit:
    """What came back. `trouble`: why the page could not be seen, in French; `refused`: the operator does not allow the call."""

    url: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    body: bytes = b""
    milliseconds: int = 0
    moved_to: str = ""
    """Another host to which the page redirects: it is not called."""
    redirected: bool = False
    trouble: str = ""
    refused: bool = False

    @property
    def is_seen(self) -> bool:
        return not self.trouble


@dataclass(frozen=True)
class TlsFacts:
    """What the encrypted connection shows. `trouble`: why a browser would warn, in French."""

    version: str = ""
    expires_at: datetime | None = None
    trouble: str = ""


def require_outside(origin: Origin) -> None:
    """Refuse a machine's own address, or one of an internal network, that the operator did not list. Raises SiteError."""
    literal = literal_of(origin.host)
    if origin.host not in LOOPBACK_NAMES and (literal is None or not is_inside(literal)):
        return
    with Network(check_hosts.allowed_for(origin.host), MAX_BYTES, PAGE_SECONDS).egress() as egress:
        try:
            egress.target(origin.host, origin.port)
        except AddressRefused:
            raise SiteError(
                f"{origin.host} est une adresse interne : Beffroi ne visite que des sites publics. "
                "Écrivez par exemple https://www.ma-commune.fr",
                "address",
            ) from None


def user_agent(territory_name: str) -> str:
    """Who visits, for whom and where to ask."""
    return f"Beffroi/{__version__} (surveillance du site demandee par {to_ascii(territory_name)[:80]}; +{settings.BASE_URL})"


class Visitor:
    """Visits of one declared site, each within the same time limit; to be used with `with`."""

    def __init__(self, origin: Origin, territory_name: str, seconds: float = PAGE_SECONDS) -> None:
        self.origin = origin
        self._agent = user_agent(territory_name)
        self._seconds = seconds

    def get(self, path: str = "/", *, method: str = "GET") -> Visit:
        """Visit one page of the site."""
        return self._visit(urljoin(self.origin.address + "/", _quoted(path)), method, follow=True)

    def head_without_encryption(self) -> Visit:
        """First answer at the unencrypted address of the same host, its redirection not followed."""
        return self._visit(
            Origin("http", self.origin.host, USUAL["http"]).address + "/", "HEAD", follow=False
        )

    def _visit(self, url: str, method: str, *, follow: bool) -> Visit:
        started = time.monotonic()
        network = Network(check_hosts.allowed_for(self.origin.host), MAX_BYTES + _CHUNK, self._seconds)
        with network.egress() as egress:
            try:
                return self._answers(egress, url, method, started, follow=follow)
            except AddressRefused as error:
                return Visit(url, trouble=str(error), refused=True)
            except TooMuch:
                return Visit(url, trouble=_TOO_LONG, milliseconds=_since(started))
            except (SourceDown, HTTPError, OSError, ValueError) as error:
                late = egress.late or egress.remaining_seconds() <= 0
                return Visit(
                    url, trouble=_TOO_LONG if late else trouble_of(error), milliseconds=_since(started)
                )

    def _answers(self, egress: Egress, url: str, method: str, started: float, *, follow: bool) -> Visit:
        pool = connection_pool(egress)
        first = url
        for _ in range(MAX_REDIRECTS + 1):
            if not self.origin.contains(url):
                raise UndeclaredHost(
                    f"{urlsplit(url).hostname} n'est pas un site déclaré : il n'a pas été appelé."
                )
            raw = pool.request(
                method,
                url,
                headers={
                    "User-Agent": self._agent,
                    "Accept": "text/html,*/*;q=0.5",
                    "Accept-Encoding": "gzip",
                },
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                where = raw.headers.get("Location") if raw.status in _REDIRECTS else None
                if where is None:
                    return _seen(url, raw, _read(raw, egress), started, redirected=url != first)
                target = urljoin(url, where)
                if not follow or not self.origin.contains(target):
                    moved = "" if self.origin.contains(target) else _foreign_host(target)
                    return _seen(target, raw, b"", started, redirected=True, moved_to=moved)
            finally:
                raw.close()
                raw.release_conn()
            url = urlunsplit(urlsplit(target)._replace(fragment=""))
        return Visit(
            url, trouble="Le site renvoie d'adresse en adresse sans fin.", milliseconds=_since(started)
        )

    def tls(self) -> TlsFacts:
        """Version and certificate of the encrypted connection, checked as a browser does."""
        with Network(check_hosts.allowed_for(self.origin.host), MAX_BYTES, self._seconds).egress() as egress:
            facts = self._handshake(egress, ssl.create_default_context())
            if facts.trouble and not facts.expires_at:
                # A second look, unchecked, for the date: nothing is sent on it.
                unchecked = ssl.create_default_context()
                unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
                seen = self._handshake(egress, unchecked)
                facts = TlsFacts(seen.version, seen.expires_at, facts.trouble)
            return facts

    def _handshake(self, egress: Egress, context: ssl.SSLContext) -> TlsFacts:
        try:
            plain = egress.connect(self.origin.host, self.origin.port)
            with plain, context.wrap_socket(plain, server_hostname=self.origin.host) as made:
                certificate = made.getpeercert(binary_form=True)
                return TlsFacts(
                    made.version() or "",
                    x509.load_der_x509_certificate(certificate).not_valid_after_utc if certificate else None,
                )
        except (SourceDown, TooMuch, AddressRefused, OSError, ValueError) as error:
            return TlsFacts(trouble=trouble_of(error))


def _foreign_host(url: str) -> str:
    """Host and port of an address of another site, for a reader."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()[:200] or "une adresse illisible"


def _quoted(path: str) -> str:
    """Path as it is sent; what would lead to another host does not."""
    return quote("/" + path.lstrip("/\\"), safe="/?&=%~+,;:@!$'()*-._")


def _read(raw: urllib3.BaseHTTPResponse, egress: Egress) -> bytes:
    """First `MAX_BYTES` of the body, decompressed."""
    chunks, size = [], 0
    while size < MAX_BYTES and (chunk := raw.read(_CHUNK, decode_content=True)):
        chunks.append(chunk)
        size += len(chunk)
        egress.check_time()
    return b"".join(chunks)[:MAX_BYTES]


def _seen(
    url: str,
    raw: urllib3.BaseHTTPResponse,
    body: bytes,
    started: float,
    *,
    redirected: bool,
    moved_to: str = "",
) -> Visit:
    headers = {name.lower(): value[:2000] for name, value in raw.headers.items()}
    cookies = tuple(cookie[:500] for cookie in raw.headers.getlist("Set-Cookie")[:20])
    trouble = "" if raw.status < 400 else _trouble_of_status(raw.status)
    return Visit(url, raw.status, headers, cookies, body, _since(started), moved_to, redirected, trouble)


def _since(started: float) -> int:
    return round(1000 * (time.monotonic() - started))


def _trouble_of_status(status: int) -> str:
    reasons = {
        401: "le site demande un mot de passe",
        403: "le site refuse la visite",
        404: "la page n'existe pas",
        410: "la page n'existe plus",
        429: "le site se dit trop sollicité",
        502: "le serveur est en panne",
        503: "le site est en maintenance ou débordé",
    }
    what = reasons.get(status, "le serveur est en panne" if status >= 500 else "le site refuse la demande")
    advice = (
        " Si vous le voyez, demandez au prestataire d'accepter les visites de Beffroi."
        if status in (401, 403, 429)
        else ""
    )
    return f"{what.capitalize()} (réponse {status}).{advice}"


def trouble_of(error: BaseException) -> str:
    """Why a site could not be reached, in French."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _trouble_of_certificate(cause)
        if isinstance(cause, AddressRefused):
            return str(cause)
        if isinstance(cause, socket.gaierror):
            return "Le nom du site n'est plus connu : son nom de domaine est peut-être expiré."
        if isinstance(cause, ConnectionRefusedError):
            return "Le serveur est joignable, mais aucun site n'y répond."
        if isinstance(cause, TimeoutError):
            return "Le serveur ne répond pas."
    if any(isinstance(cause, ssl.SSLError | SSLError) for cause in causes):
        return "La connexion chiffrée échoue : le serveur ne propose que des versions trop anciennes, ou pas de HTTPS."
    return "Le serveur a coupé la connexion avant la fin."


def _trouble_of_certificate(error: ssl.SSLCertVerificationError) -> str:
    reasons = {
        10: "il est expiré",
        18: "le serveur l'a signé lui-même",
        19: "l'autorité qui l'a signé n'est pas reconnue",
        20: "la chaîne qui mène à une autorité reconnue est incomplète",
        62: "il est au nom d'un autre site",
        64: "il est au nom d'une autre adresse",
    }
    return f"Le certificat n'est pas valable : {reasons.get(error.verify_code, 'un navigateur le refuse')}."


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    """The error and those behind it; urllib3 hides some in its arguments."""
    seen = 0
    while error is not None and seen < 12:
        yield error
        inner = next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        error, seen = (
            error.__cause__ or inner or getattr(error, "reason", None) or error.__context__,
            seen + 1,
        )
        if isinstance(error, str):
            return

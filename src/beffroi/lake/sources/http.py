"""HTTP client through an egress: redirects checked one by one, decompressed bodies counted, the environment ignored.

In: a URL, a secret. Out: a `Response` whose body is read in chunks, or a SourceError in French.
"""

import contextlib
import email.utils
import json
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import DecodeError, HTTPError, SSLError

from beffroi.lake.readers.json_lists import parsed_weight
from beffroi.lake.sources.addresses import host_of
from beffroi.lake.sources.errors import (
    AccessRefused,
    AddressRefused,
    NotThere,
    SourceDown,
    SourceError,
    TooMuch,
)
from beffroi.lake.sources.network import SILENCE, Egress, format_size
from beffroi.lake.sources.specs import Secret

MAX_REDIRECTS = 5
PIECE = 1 << 16
# A document that is read in memory; a file is not, and may be larger.
LARGEST_DOCUMENT = 128 << 20
HEAVIEST_DOCUMENT, _A_TAG = 2 << 30, 150  # bytes of its values once parsed, of an element of XML
AGENT = "Beffroi (sources de données)"
USUAL = {"https": 443, "http": 80}

_PARIS = ZoneInfo("Europe/Paris")


def connection_pool(egress: Egress) -> urllib3.PoolManager:
    """Connection pool whose sockets all come from the egress; certificates are checked for the requested name."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return egress.connect(self._dns_host, self.port or 80, usual=80, plain=True)

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return egress.connect(self._dns_host, self.port or 443)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    made = urllib3.PoolManager(num_pools=4, retries=False, timeout=urllib3.Timeout(SILENCE))
    made.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}
    return made


@dataclass
class Response:
    """Response whose body is still to be read, once."""

    url: str
    status: int
    headers: Mapping[str, str]
    _raw: urllib3.BaseHTTPResponse
    _egress: Egress

    def pieces(self) -> Iterator[bytes]:
        """Decompressed body, in counted chunks. Raises SourceDown when the connection is cut, TooMuch."""
        try:
            while piece := self._raw.read(PIECE, decode_content=True):
                self._egress.count_received(len(piece))
                yield piece
        except DecodeError as error:
            raise SourceError(
                "La réponse de ce service est abîmée : elle ne se décompresse pas. Rien n'en a été repris. Recommencez."
            ) from error
        except (HTTPError, OSError) as error:
            self._egress.check_time()
            raise SourceDown(
                f"La réponse de {urlsplit(self.url).hostname} s'est interrompue avant la fin. Rien n'en a été repris. "
                "Recommencez plus tard."
            ) from error

    def save(self, path: Path) -> int:
        """Save the body to a file atomically; its size in bytes."""
        partial = path.with_name(f".{path.name}.partial")
        written = 0
        try:
            with partial.open("wb") as out:
                for piece in self.pieces():
                    out.write(piece)
                    written += len(piece)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return written

    def body(self) -> bytes:
        """Full body in memory, to be parsed. Raises TooMuch above LARGEST_DOCUMENT, or HEAVIEST_DOCUMENT once parsed."""
        read, chunks = 0, []
        for piece in self.pieces():
            read += len(piece)
            if read > LARGEST_DOCUMENT:
                raise TooMuch(
                    f"Une réponse de {urlsplit(self.url).hostname} dépasse {format_size(LARGEST_DOCUMENT)}. Rien n'en a été repris. "
                    "Demandez des pages plus courtes, ou reprenez-la comme un fichier."
                )
            chunks.append(piece)
        body = b"".join(chunks)
        if parsed_weight(body) + _A_TAG * body.count(b"<") > HEAVIEST_DOCUMENT:
            raise TooMuch(
                f"Une réponse de {urlsplit(self.url).hostname} est faite d'innombrables valeurs vides ou minuscules : elle est "
                "refusée par prudence. Rien n'en a été repris. Demandez des pages plus courtes, ou reprenez-la comme un fichier."
            )
        return body

    def json(self) -> Any:
        body = self.body()
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"Le service {urlsplit(self.url).hostname} n'a pas répondu en JSON. Vérifiez l'adresse avec l'éditeur du "
                "service."
            ) from error


class Client:
    """HTTP client of one egress and one secret, which is only sent to the origin that it belongs to (`home`)."""

    def __init__(self, egress: Egress, secret: Secret, home: str, *, header: str = "") -> None:
        self.egress = egress
        self._secret = secret
        self._home = _origin(home)
        self._header = header
        self._pool = connection_pool(egress)

    @contextmanager
    def request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] | None = None,
        expected: tuple[int, ...] = (),
    ) -> Iterator[Response]:
        """Response of status 2xx (or `expected`). Redirects are followed for reading only. Raises SourceError."""
        for _ in range(MAX_REDIRECTS + 1):
            sent = {"User-Agent": AGENT, "Accept-Encoding": "gzip", **(headers or {})}
            if _origin(url) == self._home:
                sent |= self._authorization()
            raw = self._send(method, url, sent, body)
            try:
                where = raw.headers.get("Location") if raw.status in (301, 302, 303, 307, 308) else None
                if where is None or method not in ("GET", "HEAD"):
                    _judge(url, raw.status, expected)
                    yield Response(url, raw.status, raw.headers, raw, self.egress)
                    return
            finally:
                raw.close()
                raw.release_conn()
            url = _without_fragment(urljoin(url, where))
        raise SourceError(
            f"Le service {urlsplit(url).hostname} renvoie d'adresse en adresse sans fin. Vérifiez l'adresse donnée."
        )

    def json(self, url: str, **options: Any) -> Any:
        with self.request(url, headers={"Accept": "application/json"}, **options) as answer:
            return answer.json()

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | Iterable[bytes] | None
    ) -> urllib3.BaseHTTPResponse:
        complete = _complete(url)
        try:
            return self._pool.request(
                method,
                complete,
                headers=dict(headers),
                body=body,
                redirect=False,
                preload_content=False,
                decode_content=False,
                assert_same_host=False,
            )
        except SSLError as error:
            self.egress.check_time()
            raise SourceDown(
                f"Le certificat de {urlsplit(url).hostname} n'est pas valable : la connexion est refusée. "
                "Prévenez l'éditeur du service."
            ) from error
        except (HTTPError, OSError, UnicodeError) as error:
            self.egress.check_time()
            raise SourceDown(
                f"Le service {urlsplit(url).hostname} ne répond pas, ou a coupé la connexion. Ce que vous avez déjà est "
                "gardé. Recommencez plus tard."
            ) from error

    def _authorization(self) -> dict[str, str]:
        if self._secret.token and self._header:
            return {self._header: self._secret.token}
        if self._secret.token:
            return {"Authorization": f"Bearer {self._secret.token}"}
        if self._secret.user:
            made = urllib3.make_headers(basic_auth=f"{self._secret.user}:{self._secret.password}")
            return {"Authorization": str(made["authorization"])}
        return {}


def _complete(url: str) -> str:
    """URL with its host in the canonical form that the egress checks. Raises AddressRefused."""
    parts = urlsplit(url)
    # What follows « ? » may hold a key.
    wrong = f"L'adresse {url.partition('?')[0][:200]} n'est pas une adresse de service complète (https://…)."
    if parts.scheme not in USUAL or not parts.hostname or parts.username or parts.password:
        raise AddressRefused(wrong)
    try:
        port = parts.port
    except ValueError as error:
        raise AddressRefused(wrong) from error
    host = host_of(parts.hostname)
    named = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=named if port is None else f"{named}:{port}"))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    with contextlib.suppress(ValueError):
        return parts.scheme, parts.hostname, parts.port or USUAL.get(parts.scheme)
    return parts.scheme, parts.hostname, None


def _without_fragment(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(fragment=""))


def _judge(url: str, status: int, expected: tuple[int, ...]) -> None:
    host = urlsplit(url).hostname
    if 200 <= status < 300 or status in expected:
        return
    if status in (401, 403, 407):
        raise AccessRefused(
            f"Le service {host} refuse l'accès (réponse {status}). Vérifiez le nom, le mot de passe ou le jeton donnés."
        )
    if status in (404, 410):
        raise NotThere(
            f"Le service {host} ne trouve rien à cette adresse (réponse {status}). Ce que vous avez déjà est gardé. "
            "Vérifiez l'adresse."
        )
    if status == 429 or status >= 500:
        raise SourceDown(
            f"Le service {host} est en panne ou débordé (réponse {status}). Ce que vous avez déjà est gardé. "
            "Recommencez plus tard."
        )
    raise SourceError(
        f"Le service {host} n'a pas accepté la demande (réponse {status}). Vérifiez l'adresse et ses réglages."
    )


def format_last_modified(header: str | None) -> str:
    """`Last-Modified` as a French date in Paris time, empty when absent."""
    try:
        date = email.utils.parsedate_to_datetime(header) if header else None
        return f"{date.astimezone(_PARIS):%d/%m/%Y %H:%M}" if date else ""
    except ValueError:
        return ""

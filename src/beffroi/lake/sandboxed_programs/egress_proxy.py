"""Egress proxy of the programs that we start: SOCKS5 (RFC 1928, 1929) on the loopback, for one program, while it runs.

In: the operator's network policy. Out: a port and the environment that leads a program through it. Each connection is judged when
it is asked for, as those of the sources are (`sources.network.Egress`): the name is resolved here, its addresses are judged, and the
connection is made to a judged address. A redirection, or a name that leads elsewhere a moment later, is one more connection to judge.
SOCKS rather than CONNECT: what a program says in clear goes through the same tunnel as what it encrypts.
"""

import hmac
import ipaddress
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import TracebackType
from typing import Final, Self

from beffroi.lake.sources import addresses
from beffroi.lake.sources.errors import AddressRefused, SourceError
from beffroi.lake.sources.network import Network

AT_ONCE: Final = 32
HANDSHAKE_SECONDS: Final = 10.0
VARIABLE: Final = "EGRESS_PROXY"
"""Where `ssh_connect` finds `port:password`."""
_USER: Final = b"beffroi"
_PIECE: Final = 1 << 16
_SUCCEEDED, _NOT_ALLOWED, _UNREACHABLE, _NOT_SUPPORTED = 0, 2, 4, 7


class EgressProxy:
    """Proxy of one program, to be used with `with`. `own_host`: the only one that may lead to an internal address, listed too.

    `on_refusal` is called once, with the reason in French, so that a program that was refused is not left trying again.
    """

    def __init__(
        self,
        network: Network,
        *,
        own_host: str,
        usual: int,
        seconds: float,
        most_bytes: int,
        on_refusal: Callable[[str], object] = lambda why: None,
    ) -> None:
        self._own = network
        self._others = replace(network, allowed=_outside(network.allowed), private=False)
        self._own_host = addresses.host_of(own_host)
        self._usual = usual
        self._until = time.monotonic() + seconds
        self._left = most_bytes
        self._on_refusal = on_refusal
        self._password = secrets.token_hex(16)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.refusals = 0
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which programs in Go (restic) and `ssh_connect` come here, loopback excepted: see `through_proxy`."""
        url = f"socks5h://{_USER.decode()}:{self._password}@127.0.0.1:{self.port}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy")
        return {**dict.fromkeys(names, url), VARIABLE: f"{self.port}:{self._password}"}

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="egress proxy", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._free.acquire(blocking=False):
                client.close()
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            with client:
                client.settimeout(HANDSHAKE_SECONDS)
                if (requested := self._requested(client)) is not None:
                    self._pass_on(client, *requested)
        except (OSError, EOFError):
            return
        finally:
            self._free.release()

    def _requested(self, client: socket.socket) -> tuple[str, int] | None:
        """Host and port that are asked for, once the program has given the password."""
        version, methods = _read(client, 2)
        if version != 5 or 2 not in _read(client, methods):
            client.sendall(b"\x05\xff")
            return None
        client.sendall(b"\x05\x02")
        user = _read(client, _read(client, 2)[1])
        password = _read(client, _read(client, 1)[0])
        known = hmac.compare_digest(user + b":" + password, _USER + b":" + self._password.encode())
        client.sendall(b"\x01\x00" if known else b"\x01\x01")
        if not known:
            return None
        _, command, _, kind = _read(client, 4)
        if kind == 3:
            host = _read(client, _read(client, 1)[0]).decode("ascii", "replace")
        else:
            host = str(ipaddress.ip_address(_read(client, 16 if kind == 4 else 4)))
        (port,) = struct.unpack("!H", _read(client, 2))
        if command != 1:
            _answer(client, _NOT_SUPPORTED)
            return None
        return host, port

    def _pass_on(self, client: socket.socket, host: str, port: int) -> None:
        network = self._own if _is_same(host, self._own_host) else self._others
        network = replace(network, seconds=max(0.1, self._until - time.monotonic()))
        with network.egress() as egress:
            try:
                server = egress.connect(host, port, usual=self._usual, plain=False)
            except AddressRefused as error:
                self._refuse(str(error))
                _answer(client, _NOT_ALLOWED)
                return
            except (SourceError, OSError):
                _answer(client, _UNREACHABLE)
                return
            with server, self._tracked(client, server):
                for each in (client, server):
                    each.settimeout(None)  # ended with the program
                _answer(client, _SUCCEEDED)
                back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                back.start()
                self._copy(client, server)
                back.join()

    @contextmanager
    def _tracked(self, *sockets: socket.socket) -> Iterator[None]:
        with self._lock:
            if self._closed:
                raise EOFError
            self._open.update(sockets)
        try:
            yield
        finally:
            with self._lock:
                self._open.difference_update(sockets)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        """Everything that comes, until its end; then the end too."""
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                with self._lock:
                    self._left -= len(piece)
                if self._left < 0:
                    self._refuse(
                        "Ce serveur envoie plus d'octets qu'une lecture n'en demande. Faites rapporter cette copie par la machine "
                        "qui la tient."
                    )
                    break
                target.sendall(piece)
        for each, how in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
            with suppress(OSError):
                each.shutdown(how)

    def _refuse(self, why: str) -> None:
        with self._lock:
            self.refusals += 1
            first = self.refusals == 1
        if first:
            self._on_refusal(why)


def through_proxy(host: str) -> str:
    """A host as a program in Go must be given it: a name or an address of the loopback would be called without the proxy, and a
    final dot, which the proxy takes away, hides it."""
    literal = addresses.literal_of(host.lower())
    own = host.lower() in addresses.LOOPBACK_NAMES or (literal is not None and literal.is_loopback)
    return f"{host}." if own and ":" not in host else host


def _outside(allowed: Sequence[str]) -> tuple[str, ...]:
    """Entries of an allow list that do not open an internal address."""

    def is_outside(host: str) -> bool:
        literal = addresses.literal_of(host)
        return host not in addresses.LOOPBACK_NAMES and not (literal and addresses.is_inside(literal))

    return tuple(text for text in allowed if all(is_outside(each.host) for each in addresses.entries([text])))


def _is_same(host: str, own_host: str) -> bool:
    try:
        return addresses.host_of(host) == own_host
    except AddressRefused:
        return False


def _read(stream: socket.socket, count: int) -> bytes:
    """Exactly so many bytes. Raises EOFError."""
    pieces = b""
    while len(pieces) < count:
        piece = stream.recv(count - len(pieces))
        if not piece:
            raise EOFError
        pieces += piece
    return pieces


def _answer(client: socket.socket, code: int) -> None:
    client.sendall(bytes((5, code, 0, 1, 0, 0, 0, 0, 0, 0)))

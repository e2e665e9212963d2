"""Egress control: the only way out to a source, databases and SFTP included.

In: the operator's allow list (`Network`). Out: connected sockets, or addresses for drivers that open their own. A
name is resolved once, checked, and the connection made to that very address: later DNS changes have no effect. Time
and bytes are counted for a whole fetch; at the time limit every socket is shut, whoever is reading it.
"""

import contextlib
import errno
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from beffroi.lake.sources import addresses, proxies
from beffroi.lake.sources.errors import AddressRefused, NotThere, SourceDown, TooMuch
from beffroi.text import format_number

CONNECTING = 10.0  # seconds to connect to one address
SILENCE = 30.0  # seconds without a byte before a server is given up


def resolve(host: str, port: int) -> list[str]:
    """Addresses of a name, by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


@dataclass(frozen=True)
class Network:
    """Network policy of the operator: `host`, `host:port` (the default port otherwise), `http://host` for unencrypted
    traffic.

    Internal addresses (loopback, private, link-local, metadata…) are reached only if listed literally, also through a
    name: then both are listed. `folders`: where watched folders and SQLite files may be. `private`: names may lead to
    the operator's own private networks; for the site's own services, not for sources. `proxy` (`http://proxy:3128`):
    for outside hosts; it then resolves the listed names, and internal hosts are reached without it. `unverified`:
    names of database servers whose certificate is not checked.
    """

    allowed: Sequence[str] = ()
    max_bytes: int = 8 << 30
    seconds: float = 3600.0
    folders: Sequence[Path] = ()
    private: bool = False
    proxy: str = field(default="", repr=False)
    unverified: Sequence[str] = ()
    resolver: Callable[[str, int], list[str]] = field(default=resolve, repr=False)

    def egress(self) -> "Egress":
        """Egress of one fetch, to be used with `with`."""
        return Egress(self)

    def resolve_local_path(self, path: str) -> Path:
        """Real path of a local file or folder, if it is inside an allowed folder. Links that lead outside are refused."""
        requested = Path(path)
        real = Path(os.path.realpath(requested))
        for folder in self.folders:
            root = Path(os.path.realpath(folder))
            if requested.is_absolute() and (real == root or root in real.parents):
                if not real.exists():
                    break
                return real
        else:
            if not requested.is_absolute():
                raise AddressRefused(
                    f"« {path[:200]} » n'est pas un chemin complet. Écrivez-le depuis la racine, dans un dossier ouvert : "
                    f"{', '.join(f'« {folder} »' for folder in self.folders) or 'aucun ne l’est encore'}."
                )
            raise AddressRefused(
                f"« {path[:200]} » n'est pas dans un dossier que l'exploitant de cette instance a ouvert aux sources. "
                "Demandez-lui de l'ajouter, ou déposez le fichier dans un dossier ouvert."
            )
        raise NotThere(
            f"« {path[:200]} » n'existe pas ou plus. Ce que vous avez déjà est gardé. Vérifiez le chemin."
        )


@dataclass(frozen=True)
class Target:
    """Checked host, with its addresses."""

    host: str
    port: int
    found: tuple[str, ...]

    @property
    def address(self) -> str:
        """Address for a driver that opens its own socket. Raises SourceDown behind a proxy that alone resolves the name."""
        if not self.found:
            raise SourceDown(
                f"Le nom {self.host} n'est connu que du mandataire (proxy) de votre réseau, par lequel ce genre de source ne passe "
                "pas. Demandez à l'exploitant un accès direct."
            )
        return self.found[0]


class Egress:
    """Egress of one fetch: checks, resolves, connects, counts. At its time limit all its sockets are shut."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.bytes_received = 0
        self.late = False
        self._until = time.monotonic() + network.seconds
        self._entries = addresses.entries(network.allowed)
        self._proxy = proxies.parse_proxy(network.proxy) if network.proxy else None
        self._sockets: list[socket.socket] = []
        self._stops: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(network.seconds, self._shut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for watched in self._sockets:
                # Whatever a driver left open ends with the fetch.
                with contextlib.suppress(OSError):
                    watched.shutdown(socket.SHUT_RDWR)
                watched.close()
            self._sockets.clear()
            self._stops.clear()

    def target(self, host: str, port: int, *, usual: int = 443, plain: bool = False) -> Target:
        """Checked host and its addresses. `plain`: the traffic is not encrypted. Raises AddressRefused."""
        self.check_time()
        name = addresses.host_of(host)
        opening = [entry for entry in self._entries if entry.opens(name, port, usual)]
        literal = addresses.literal_of(name)
        here = name in addresses.LOOPBACK_NAMES or (literal is not None and literal.is_loopback)
        if not opening:
            named = name if port == usual else f"{name}:{port}"
            inside = here or (literal is not None and not literal.is_global)
            advice = (
                "C'est une adresse de cette machine ou de son réseau : rien n'a été appelé. Donnez l'adresse du service."
                if inside
                else f"Rien n'a été appelé. Demandez-lui d'ajouter {named} à BEFFROI_ALLOWED_HOSTS_OUT."
            )
            raise AddressRefused(
                f"L'exploitant de cette instance n'a pas autorisé les appels vers {named}. {advice}"
            )
        if plain and not here and not any(entry.plain for entry in opening):
            raise AddressRefused(
                f"L'adresse de {name} doit commencer par https:// : en clair, ce que vous reprenez pourrait être lu en "
                f"chemin. Si ce serveur ne sait pas faire autrement, l'exploitant peut permettre http://{name}."
            )
        if literal is not None:
            return Target(name, port, (str(literal),))
        return Target(name, port, tuple(self._judged(name, port, usual)))

    def connect(self, host: str, port: int, *, usual: int = 443, plain: bool = False) -> socket.socket:
        """Socket connected to a checked address of the host. Raises AddressRefused, SourceDown, TooMuch."""
        target = self.target(host, port, usual=usual, plain=plain)
        proxy = self._proxy if not any(_is_inside(text) for text in target.found) else None
        if proxy is None:
            return self._opened(target, target.found, port)
        made = self._opened(Target(proxy.host, proxy.port, (proxy.host,)), (proxy.host,), proxy.port)
        try:
            proxies.tunnel(made, proxy, target.host, port)
        except OSError as error:
            self.check_time()
            raise SourceDown(_why(target, error)) from error
        return made

    def _opened(self, target: Target, found: Sequence[str], port: int) -> socket.socket:
        wrong: OSError | None = None
        for address in found:
            try:
                made = socket.create_connection(
                    (address, port), timeout=min(CONNECTING, max(self.remaining_seconds(), 0.1))
                )
            except OSError as error:
                wrong = error
                continue
            self.watch(made)
            made.settimeout(min(SILENCE, max(self.remaining_seconds(), 0.1)))
            return made
        self.check_time()
        raise SourceDown(_why(target, wrong)) from wrong

    def watch(self, made: socket.socket) -> None:
        """Shut this socket too at the time limit. A driver's own is passed as `socket.socket(fileno=os.dup(…))`."""
        copy = made.dup()
        with self._lock:
            self._sockets.append(copy)
        if self.late:
            self._shut()

    def on_timeout(self, stop: Callable[[], None]) -> None:
        """Call `stop` at the time limit, for what is not a socket."""
        with self._lock:
            self._stops.append(stop)

    def count_received(self, count: int) -> None:
        """Count received bytes, once decompressed. Raises TooMuch above the operator's limit."""
        self.bytes_received += count
        if self.bytes_received > self.network.max_bytes:
            raise TooMuch(
                f"Cette source envoie plus que la limite de l'exploitant ({format_size(self.network.max_bytes)}). Rien n'en a "
                "été repris. Demandez moins de lignes ou de colonnes, ou demandez à l'exploitant de relever la limite."
            )
        self.check_time()

    def remaining_seconds(self) -> float:
        """Remaining seconds."""
        return self._until - time.monotonic()

    def check_time(self) -> None:
        """Raises TooMuch after the time limit."""
        if self.late or self.remaining_seconds() <= 0:
            raise TooMuch(
                f"Cette source n'a pas fini dans le temps permis ({self.network.seconds:.0f} s). Rien n'en a été repris. "
                "Recommencez plus tard, demandez moins de lignes, ou demandez à l'exploitant de relever la limite."
            )

    def _judged(self, name: str, port: int, usual: int) -> list[str]:
        try:
            found = self.network.resolver(name, port)
        except OSError as error:
            if self._proxy:
                return []
            raise SourceDown(
                f"Le nom {name} est inconnu : aucune adresse ne lui répond. Vérifiez son écriture, puis recommencez."
            ) from error
        for text in found:
            address = ipaddress.ip_address(text.split("%")[0])
            if not addresses.is_inside(address, private=self.network.private):
                continue
            listed = {str(address)} | (addresses.LOOPBACK_NAMES if address.is_loopback else set())
            if name in addresses.LOOPBACK_NAMES and address.is_loopback:
                continue
            if not any(
                entry.host in listed and entry.opens(entry.host, port, usual) for entry in self._entries
            ):
                raise AddressRefused(
                    f"Le nom {name} mène à une adresse intérieure ({address}) : l'appel est refusé. "
                    f"Si c'est voulu, l'exploitant ajoute aussi cette adresse à la liste des adresses permises."
                )
        if not found and not self._proxy:
            raise SourceDown(f"Le nom {name} ne mène à aucune adresse. Vérifiez son écriture.")
        return [text.split("%")[0] for text in found]

    def _shut(self) -> None:
        self.late = True
        with self._lock:
            for watched in self._sockets:
                with contextlib.suppress(OSError):
                    watched.shutdown(socket.SHUT_RDWR)
            for stop in self._stops:
                with contextlib.suppress(Exception):
                    stop()


def _is_inside(text: str) -> bool:
    return addresses.is_inside(ipaddress.ip_address(text))


def _why(target: Target, error: OSError | None) -> str:
    where = f"{target.host}:{target.port}"
    if isinstance(error, TimeoutError) or getattr(error, "errno", None) in (
        errno.ETIMEDOUT,
        errno.EHOSTUNREACH,
    ):
        what = f"Le serveur {where} ne répond pas."
    elif isinstance(error, ConnectionRefusedError):
        what = f"Aucun service ne répond sur {where}."
    else:
        what = f"La connexion à {where} n'a pas abouti."
    return f"{what} Ce que vous avez déjà est gardé. Vérifiez le serveur et son pare-feu, ou recommencez plus tard."


def format_size(count: int) -> str:
    """Number of bytes, in French."""
    amount = float(count)
    for unit in ("octets", "Ko", "Mo", "Go"):
        if amount < 1024 or unit == "Go":
            return (
                f"{amount:.0f} {unit}" if amount == int(amount) else f"{format_number(amount, '.1f')} {unit}"
            )
        amount /= 1024
    raise AssertionError

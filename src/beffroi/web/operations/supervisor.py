"""`beffroi serve`: starts and watches the web, worker, scheduler and query processes of one home.

A process that dies is started again, less and less eagerly if it keeps dying; an interruption stops all of
them. One server a home: a second start is refused.
"""

import contextlib
import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from django.conf import settings

from beffroi.home import VARIABLE, Home, HomeError, write_safely
from beffroi.web import databases

from . import debris
from .locks import exclusive
from .running_processes import RunningProcess, declare_processes

ALREADY = (
    "Cette instance est déjà en service. Ouvrez son adresse dans votre navigateur, "
    "ou arrêtez l'autre commande (Ctrl+C) avant de recommencer."
)
THREADS = "32"  # of the web process; most only wait for their turn (`platform.concurrency`)
BEHIND = 10  # added to the niceness of the processes that do the long work
WHY_NOT = {
    errno.EADDRINUSE: " : un autre programme l'utilise déjà",
    errno.EACCES: " : les ports au-dessous de 1024 sont réservés au système",
    errno.EADDRNOTAVAIL: " : elle n'est pas celle de cette machine",
}
AUTOGROUP = Path("/proc/self/autogroup")
MOST_STARTS = 100  # remembered of each process
QUICK_DEATH = 10.0  # seconds under which a death makes the next start wait longer


_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux


def _die_with_parent() -> None:
    """In the child, before its program starts: a supervisor killed outright leaves no orphan holding the port."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _behind_the_pages() -> None:
    """The same, for work that nobody looks at: when the processor is short, pages come first."""
    _die_with_parent()
    os.nice(BEHIND)
    # Each child is a session, hence a group of its own for the kernel's scheduler (sched(7), autogroup): its niceness
    # is only compared inside the group, and the group has one too.
    with contextlib.suppress(OSError):
        AUTOGROUP.write_text(str(BEHIND))


@dataclass
class Child:
    """One watched process."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    not_before: float = 0.0
    quick_deaths: int = field(default=0)
    starts: list[float] = field(default_factory=list)  # seconds of the epoch, the last ones
    behind: bool = False  # the pages

    def start(self, environment: dict[str, str]) -> None:
        # Its own session: Ctrl+C reaches the supervisor only, which stops its children in order.
        self.process = subprocess.Popen(
            self.command,
            env=environment,
            start_new_session=True,
            preexec_fn=_behind_the_pages if self.behind else _die_with_parent,
        )
        self.started = time.monotonic()
        self.starts = [*self.starts[-MOST_STARTS:], time.time()]

    def watch(self, environment: dict[str, str]) -> bool:
        """Start it where it does not run; whether it was started."""
        if self.process is not None and self.process.poll() is None:
            return False
        now = time.monotonic()
        if self.process is not None:
            # What it had started must not outlive it: its port, its socket, its standard output.
            self._kill_group()
            lived = now - self.started
            self.quick_deaths = self.quick_deaths + 1 if lived < QUICK_DEATH else 0
            self.not_before = now + min(30.0, 0.2 * 2**self.quick_deaths)
            print(f"Le processus « {self.name} » s'est arrêté : il est relancé.", file=sys.stderr)  # noqa: T201
            self.process = None
        if now < self.not_before:
            return False
        self.start(environment)
        return True

    def end(self) -> None:
        """Ask it to stop, once: many programs take a second time for an order to stop at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait until it has stopped, so many seconds at most; then it is killed."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self._kill_group()
        self.process.wait()

    def _kill_group(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def check_port(host: str, port: int) -> None:
    """Refuse a port that is taken before anything starts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise HomeError(
                f"L'adresse {host}:{port} n'est pas disponible{WHY_NOT.get(error.errno or 0, '')}. Rien n'a été démarré. "
                f"Choisissez un autre port, par exemple --port {port + 1 if port >= 1024 else 8000}."
            ) from error


def check_proxies() -> None:
    """Refuse to serve an https address as if no proxy stood before it: every visitor would be one for the lock-out."""
    if settings.BASE_URL.startswith("https:") and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        raise HomeError(
            f"L'adresse {settings.BASE_URL} est servie par un mandataire (nginx…), et aucun n'est déclaré : tous les visiteurs "
            "auraient la même adresse, et une seule personne qui se trompe de mot de passe les bloquerait tous. Rien n'a été "
            "démarré. Indiquez BEFFROI_TRUSTED_PROXIES=1 (docs/settings.md), puis recommencez."
        )


def children_of(host: str, port: int, workers: int) -> list[Child]:
    """The processes of an instance: each is one of our own commands, or granian."""
    python = [sys.executable, "-m"]
    return [
        Child("requêtes", [*python, "beffroi.cli.main", "queries"]),
        Child(
            "web",
            [
                *python,
                "granian",
                *("--interface", "wsgi", "--host", host, "--port", str(port)),
                *("--workers", "1", "--blocking-threads", THREADS, "--no-ws", "--log-level", "error"),
                *("--respawn-failed-workers", "beffroi.web.wsgi:application"),
            ],
        ),
        *(
            Child(
                f"tâches {n + 1}", [*python, "beffroi.cli.main", "worker", "--of", str(workers)], behind=True
            )
            for n in range(workers)
        ),
        Child("horloge", [*python, "beffroi.cli.main", "scheduler"]),
    ]


def serve(
    home: Home, host: str, port: int, *, workers: int = 2, on_ready: Callable[[], None] = lambda: None
) -> None:
    """Serve until interrupted. The home is prepared (upgraded, settled) by the caller under the same lock."""
    check_proxies()
    with exclusive(home, "serve", ALREADY):
        check_port(host, port)
        debris.sweep(home, serving=False)
        write_safely(home.address_file, settings.BASE_URL.encode())
        environment = os.environ | {VARIABLE: str(home.path), "BEFFROI_SERVING": "1"}
        # Nothing that serves may own the tables.
        environment.pop(databases.OWNER, None)
        children = children_of(host, port, workers)
        stopping = False

        def stop(_signal: int, _frame: FrameType | None) -> None:
            nonlocal stopping
            stopping = True

        previous = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
        announced = False
        try:
            while not stopping:
                started = [child.name for child in children if child.watch(environment)]
                if started:
                    with contextlib.suppress(OSError):  # a full disk ends no server
                        declare_processes(home, _running(children))
                if not announced and _answers(host, port):
                    announced = True
                    on_ready()
                time.sleep(0.2)
        finally:
            for child in children:
                child.end()
            for child in children:
                child.wait(10)
            for number, handler in previous.items():
                signal.signal(number, handler)
            home.address_file.unlink(missing_ok=True)


def _running(children: list[Child]) -> list[RunningProcess]:
    return [
        RunningProcess(child.name, child.process.pid, child.starts[-1], child.starts[:-1])
        for child in children
        if child.process is not None
    ]


def _answers(host: str, port: int) -> bool:
    name = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(f"http://{name}:{port}/sante/", timeout=2) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 503  # it serves, and says what is wrong
    except (urllib.error.URLError, OSError):
        return False

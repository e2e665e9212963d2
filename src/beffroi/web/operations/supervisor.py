"""`beffroi serve`: forks and watches the web, worker, scheduler and query processes of one home.

The supervisor imports the whole site once, then forks: the processes share its memory, and one that dies is back at once. One
that keeps dying is started again less and less eagerly; an interruption stops all of them. One server a home: a second start
is refused.
"""

import contextlib
import ctypes
import errno
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from django.conf import settings

from beffroi.home import VARIABLE, Home, HomeError, write_safely
from beffroi.lake import forks
from beffroi.web import databases

from . import debris
from .locks import exclusive
from .running_processes import RunningProcess, answers, declare_processes, is_stopped

ALREADY = (
    "Cette instance est déjà en service. Ouvrez son adresse dans votre navigateur, "
    "ou arrêtez l'autre commande (Ctrl+C) avant de recommencer."
)
THREADS = 32  # of the web process; most only wait for their turn (`platform.concurrency`)
BEHIND = 3  # added to the niceness of what does the long work: decision 68 has the shares measured
WHY_NOT = {
    errno.EADDRINUSE: " : un autre programme l'utilise déjà",
    errno.EACCES: " : les ports au-dessous de 1024 sont réservés au système",
    errno.EADDRNOTAVAIL: " : elle n'est pas celle de cette machine",
}
AUTOGROUP = Path("/proc/self/autogroup")
COMM = Path("/proc/self/comm")
READY: Final = "BEFFROI_READY"
MOST_STARTS = 100  # remembered of each process
WATCH = 1.0  # seconds between two looks, unless a process ends
PROBE_INTERVAL = 10.0  # seconds between two questions to a process that answers some
HUNG: Final = 120.0
"""Seconds without an answer after which a process that had answered is killed and started again: no request is waited for so long."""
STOPPED: Final = 20.0
"""The same for one that a signal stopped: it can do nothing."""
QUICK_DEATH = 10.0  # seconds under which a death makes the next start wait longer

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux


def _behind_the_pages() -> None:
    """When the processor is short, pages come first."""
    os.nice(BEHIND)
    # Each child is a session, hence a group of its own for the kernel's scheduler (sched(7), autogroup): its niceness
    # is only compared inside the group, and the group has one too.
    with contextlib.suppress(OSError):
        AUTOGROUP.write_text(str(BEHIND))


@dataclass
class Child:
    """One watched process. `command`: its name for `ps` and `top`, 15 letters at most."""

    name: str
    command: str
    work: Callable[[], object]
    process: ForkProcess | None = None
    started: float = 0.0
    not_before: float = 0.0
    quick_deaths: int = field(default=0)
    starts: list[float] = field(default_factory=list)  # seconds of the epoch, the last ones
    behind: bool = False  # the pages
    url: str = ""  # that answers while it works
    answered: float | None = None  # the last time, since this start
    last_probe: float = 0.0
    ran: float = 0.0  # the last time that it was seen running

    def start(self) -> None:
        self.process = multiprocessing.get_context("fork").Process(target=self._run, name=self.name)
        self.process.start()
        self.started = self.ran = time.monotonic()
        self.answered = None
        self.starts = [*self.starts[-MOST_STARTS:], time.time()]

    def _run(self) -> None:
        """In the child."""
        # Its own session: Ctrl+C reaches the supervisor only, which stops its children in order.
        os.setsid()
        # A supervisor killed outright leaves no orphan holding the port.
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        with contextlib.suppress(OSError):
            COMM.write_text(self.command)
        if self.behind:
            _behind_the_pages()
        self.work()

    def watch(self) -> bool:
        """Start it where it does not run, or no longer answers; whether it was started."""
        now = time.monotonic()
        if self.process is not None and self.process.is_alive():
            if not self._hangs(now):
                return False
            print(f"Le processus « {self.name} » ne répond plus : il est arrêté.", file=sys.stderr)  # noqa: T201
            self._kill_group()
            self.process.kill()
            self.process.join(WATCH)
            return False  # seen dead at the next look
        if self.process is not None:
            # What it had started must not outlive it: its port, its socket, its standard output.
            self._kill_group()
            lived = now - self.started
            if lived > QUICK_DEATH and self.process.exitcode == 0:
                # It had done its time: this start takes the place of the former one.
                self.quick_deaths = 0
                self.starts.pop()
            else:
                self.quick_deaths = self.quick_deaths + 1 if lived < QUICK_DEATH else 0
                self.not_before = now + min(30.0, 0.2 * 2**self.quick_deaths)
                print(f"Le processus « {self.name} » s'est arrêté : il est relancé.", file=sys.stderr)  # noqa: T201
            self.process = None
        if now < self.not_before:
            return False
        self.start()
        return True

    def _hangs(self, now: float) -> bool:
        """Whether it is there and does nothing: stopped, or it answered once and has not for long."""
        if self.process is None or self.process.pid is None:
            return False
        if not is_stopped(self.process.pid):
            self.ran = now
        if now - self.ran > STOPPED:
            return True
        if not self.url or now - self.last_probe < PROBE_INTERVAL:
            return False
        self.last_probe = now
        if answers(self.url):
            self.answered = time.monotonic()
        return self.answered is not None and now - self.answered > HUNG

    def end(self) -> None:
        """Ask it to stop, once: many programs take a second time for an order to stop at once."""
        if self.process is not None and self.process.is_alive():
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait until it has stopped, so many seconds at most; then it is killed."""
        if self.process is None:
            return
        self.process.join(seconds)
        self._kill_group()
        self.process.kill()
        self.process.join()

    def _kill_group(self) -> None:
        if self.process is not None and self.process.pid is not None:
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


def _pages(host: str, port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    Granian(
        "beffroi.web.wsgi:application",
        host,
        port,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
    ).serve()


def children_of(home: Home, host: str, port: int, workers: int) -> list[Child]:
    """The processes of an instance."""
    from beffroi.recipes import pool
    from beffroi.web.platform import jobs

    from . import scheduler, worker

    jobs.serve_with(workers)
    return [
        Child("requêtes", "beffroi-queries", partial(pool.serve, home.query_socket)),
        Child("web", "beffroi-web", partial(_pages, host, port), url=_health_address(host, port)),
        *(
            Child(f"tâches {n + 1}", f"beffroi-work-{n + 1}", worker.run_until_spent, behind=True)
            for n in range(workers)
        ),
        Child("horloge", "beffroi-clock", partial(scheduler.run_for_ever, home)),
    ]


def replace_this_process(home: Home, host: str, port: int, *, workers: int, ready: str) -> NoReturn:
    """Become the supervisor. What prepared the home has threads, open lakes and their memory: none of it may be forked.

    `ready` is printed when the site answers; it may hold the secret of a link, which no argument of a command may.
    Raises HomeError.
    """
    check_proxies()
    with exclusive(home, "serve", ALREADY):
        check_port(host, port)
    environment = (
        os.environ | forks.ONE_THREAD | {VARIABLE: str(home.path), "BEFFROI_SERVING": "1", READY: ready}
    )
    # Nothing that serves may own the tables.
    environment.pop(databases.OWNER, None)
    command = [sys.executable, "-m", "beffroi.cli.main", "supervise", host, str(port), str(workers)]
    sys.stdout.flush()
    os.execve(command[0], command, environment)  # noqa: S606


def _import_everything() -> None:
    """What the forked processes share, besides their own work: the site with its middleware and addresses, the engine."""
    import duckdb
    import granian  # noqa: F401
    from django.urls import get_resolver

    from beffroi.web import wsgi  # noqa: F401

    get_resolver()._populate()
    # Made by an import, with threads that no fork would have.
    duckdb.default_connection().execute("SET threads = 1")
    forks.prepare_to_fork()


def serve(home: Home, host: str, port: int, *, workers: int) -> None:
    """Serve until interrupted. The home has been prepared (upgraded, settled); see `replace_this_process`."""
    ready = os.environ.pop(READY, "")
    with exclusive(home, "serve", ALREADY):
        children = children_of(home, host, port, workers)
        _import_everything()
        debris.sweep(home, serving=False)
        write_safely(home.address_file, settings.BASE_URL.encode())
        stopping = False

        def stop(_signal: int, _frame: FrameType | None) -> None:
            nonlocal stopping
            stopping = True

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        announced = False
        try:
            while not stopping:
                if sum(child.watch() for child in children):
                    with contextlib.suppress(OSError):  # a full disk ends no server
                        declare_processes(home, _running(children))
                if not announced and answers(_health_address(host, port)):
                    announced = True
                    print(ready, flush=True)  # noqa: T201
                living = [child.process.sentinel for child in children if child.process is not None]
                connection.wait(living, WATCH if announced and len(living) == len(children) else 0.2)
        finally:
            for child in children:
                child.end()
            for child in children:
                child.wait(10)
            home.address_file.unlink(missing_ok=True)


def _running(children: list[Child]) -> list[RunningProcess]:
    return [
        RunningProcess(child.name, child.process.pid, child.starts[-1], child.starts[:-1], child.url)
        for child in children
        if child.process is not None and child.process.pid is not None
    ]


def _health_address(host: str, port: int) -> str:
    """Where this machine asks the site how it is: what listens everywhere is asked at home."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/sante/"

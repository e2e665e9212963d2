"""The query processes, and how the site asks them: requests never run in the web process.

`serve` keeps N processes answering on a Unix socket that only their user can open, and replaces one that dies;
`ask` sends a request there and gives back what may be shown, or the French error.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import beffroi
from beffroi.recipes import wire
from beffroi.recipes.engine import Limits, Request, answer
from beffroi.recipes.errors import QueryRefused, QueryTooLong
from beffroi.recipes.release import Released

# What a query process needs of its parent's environment: not its keys, nor the names of its databases.
_PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TZ", "XDG_CACHE_HOME", "BEFFROI_EXTENSIONS")
_QUICK_DEATH, _PAUSE, _GENTLE = 1.0, 1.0, 5.0


def ask(socket_path: Path | None, request: Request, *, timeout: float = 60.0) -> Released:
    """The answer of the query processes; without a socket, that of this process (command line, notebook).

    Raises RecipeError, LakeError (GrantExpired among them), QueryRefused, QueryTooLong.
    """
    if socket_path is None:
        return answer(request)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(str(socket_path))
        except (OSError, ValueError) as error:
            raise QueryRefused(
                "Le service de calcul n'est pas démarré. Vos données sont intactes. "
                "Relancez « beffroi serve », ou prévenez votre hébergeur."
            ) from error
        try:
            wire.send(connection, request.to_json().encode())
            return wire.receive_released(connection)
        except TimeoutError as error:
            raise QueryTooLong(
                f"Pas de réponse après {timeout:g} secondes : beaucoup d'analyses sont en cours. "
                "Vos données sont intactes. Recommencez dans un moment."
            ) from error
        except (EOFError, OSError) as error:
            raise QueryRefused(
                "Le calcul s'est interrompu avant sa fin. Vos données sont intactes. Recommencez ; si cela se répète, "
                "filtrez ou regroupez davantage."
            ) from error


class Pool:
    """The parent of the query processes. `run` returns once `stop` was called."""

    def __init__(self, socket_path: Path, *, processes: int = 2, limits: Limits | None = None) -> None:
        self.socket_path = Path(socket_path)
        self.processes = processes
        self.limits = limits or Limits()
        self._stopped = threading.Event()
        self._children: list[subprocess.Popen[bytes]] = []

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        """Raises QueryRefused when the socket cannot be opened or another pool answers on it."""
        listening = self._listen()
        # A child ends when this pipe closes: with `run`, or with the whole process, however it dies.
        life, held = os.pipe()
        try:
            started = [time.monotonic()] * self.processes
            self._children = [self._start(listening, life) for _ in range(self.processes)]
            while not self._stopped.wait(0.1):
                for place, child in enumerate(self._children):
                    if child.poll() is None:
                        continue
                    # One that dies as soon as it starts is not started in a tight loop.
                    if time.monotonic() - started[place] < _QUICK_DEATH and self._stopped.wait(_PAUSE):
                        break
                    started[place] = time.monotonic()
                    self._children[place] = self._start(listening, life)
        finally:
            self.socket_path.unlink(missing_ok=True)
            listening.close()
            os.close(held)
            self._end_children()
            os.close(life)

    def _listen(self) -> socket.socket:
        if _answers(self.socket_path):
            raise QueryRefused("Le service de calcul est déjà démarré pour ce dossier.")
        self.socket_path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        try:
            listening.bind(str(self.socket_path))
        except OSError as error:
            listening.close()
            raise QueryRefused(
                f"Impossible d'ouvrir « {self.socket_path} » : le chemin est trop long, ou le dossier n'est pas accessible. "
                "Choisissez un dossier au chemin plus court."
            ) from error
        finally:
            os.umask(before)
        listening.listen(64)
        return listening

    def _start(self, listening: socket.socket, life: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "beffroi.recipes.worker", str(listening.fileno()), str(life)]
        return subprocess.Popen(
            [*command, json.dumps(asdict(self.limits))],
            pass_fds=(listening.fileno(), life),
            stdin=subprocess.DEVNULL,
            env=_environment(),
        )

    def _end_children(self) -> None:
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(_GENTLE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def serve(socket_path: Path, *, processes: int = 2, limits: Limits | None = None) -> None:
    """Run a pool in the main thread until SIGTERM or SIGINT."""
    pool = Pool(socket_path, processes=processes, limits=limits)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: pool.stop())
    pool.run()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # The child runs the very code of its parent, wherever that was imported from.
    here = str(Path(beffroi.__file__).parents[1])
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join([here, kept["PYTHONPATH"]] if "PYTHONPATH" in kept else [here]),
    }


def _answers(path: Path) -> bool:
    if not path.exists():
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True

"""Real commands in processes of their own, as a person types them: clean environment, no test setting.

Most begin with everything imported (`forks`); with `real=True`, and in what is left running, the interpreter starts anew.
"""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import executed
import forks
from servers import free_port

ROOT = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what the tests put there; byte code is kept, as where people install it."""
    ours = ("DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BEFFROI_") and k not in ours}
    path = os.pathsep.join([*executed.path(), str(ROOT / "src")])
    return kept | executed.environment() | {"PYTHONPATH": path} | more


def beffroi(
    *arguments: str | Path, timeout: float = 300, real: bool = False, **more: str
) -> subprocess.CompletedProcess[str]:
    """`beffroi …`; the caller looks at its exit code, its output and its messages. `real`: from a new interpreter."""
    if not real:
        return forks.run(["beffroi", *map(str, arguments)], environment(**more), timeout=timeout)
    return subprocess.run(
        [sys.executable, "-m", "beffroi.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        check=False,
    )


_WORK = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.operations.worker import run_until_spent
from beffroi.web.platform import jobs
jobs.serve_with(int(sys.argv[2]))
while True:
    run_until_spent()
"""


def start_worker(home: Path, *, of: int = 1, **more: str) -> forks.Fork:
    """A worker of this home without its server, one of so many; the caller kills it. Spent, it begins again."""
    return forks.start(_WORK, environment(**more), str(home), str(of))


def start(*arguments: str | Path, **more: str) -> subprocess.Popen[str]:
    """`beffroi …` left running; the caller stops it."""
    return subprocess.Popen(
        [sys.executable, "-m", "beffroi.cli.main", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
    )


def python(code: str, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A little code on a home, in a process of its own."""
    return forks.run(code, environment(**more), *map(str, arguments))


def free_address() -> str:
    """An address of this machine where nothing answers yet."""
    return f"http://127.0.0.1:{free_port()}"


@contextmanager
def serving(home: Path, url: str, **more: str) -> Iterator[None]:
    """`beffroi serve` at the address, from its first answer until the end."""
    port = url.rpartition(":")[2]
    command = ["beffroi", "serve", "--home", str(home), "--port", port, "--workers", "1"]
    process = forks.start(command, environment(BEFFROI_URL=url, **more), merged=True)
    try:
        end = time.monotonic() + 180
        while not _answers(url):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < end, "the instance never answered"
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/compte/login/", timeout=5).close()
    except OSError:
        return False
    return True

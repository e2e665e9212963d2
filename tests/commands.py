"""Real commands in processes of their own, as a person types them: clean environment, no test setting."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what the tests put there."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith("BEFFROI_") and k != "DJANGO_SETTINGS_MODULE"
    }
    return kept | {"PYTHONPATH": str(ROOT / "src")} | more


def beffroi(*arguments: str | Path, timeout: float = 300, **more: str) -> subprocess.CompletedProcess[str]:
    """`beffroi …`; the caller looks at its exit code, its output and its messages."""
    return subprocess.run(
        [sys.executable, "-m", "beffroi.cli.main", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        check=False,
    )


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


def python(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A little code on a home, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(),
        check=False,
    )

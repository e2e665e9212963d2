"""A folder that goes away with the process that made it, even when it is killed: what a copy holds must not stay behind."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_GUARD: Final = 'cat > /dev/null; exec rm -rf -- "$1"'
"""Waits for the end of what it reads: the kernel closes it with the process that holds the other end."""


@contextmanager
def vanishing_folder(prefix: str, parent: Path) -> Iterator[Path]:
    """A new folder under `parent`, readable by its owner only; what is left in it at the end is removed. Raises OSError."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    # In a session of its own: what kills the group of its maker spares it.
    guard = subprocess.Popen(
        ["sh", "-c", _GUARD, "sh", str(folder.resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield folder
    finally:
        if guard.stdin is not None:
            guard.stdin.close()
        guard.wait()

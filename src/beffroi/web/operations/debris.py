"""What a killed process left: uploads that nobody ends, copies of a backup that was cut short.

In: a home. Out: how many files or folders were removed. What is younger may be at work.
"""

import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from beffroi.home import Home

UPLOAD: Final = timedelta(hours=6)
COPY: Final = timedelta(days=1)


def sweep(home: Home, *, serving: bool = True) -> int:
    """Remove what is too old to be in use; `serving`: otherwise no upload is, however young."""
    now, count = time.time(), 0
    for path, age in _left(home):
        least = timedelta(0) if path.parent == home.uploads and not serving else age
        try:
            if path.lstat().st_mtime > now - least.total_seconds():
                continue
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
            count += 1
        except OSError:
            continue  # ended meanwhile
    return count


def sweep_now() -> None:
    sweep(settings.HOME)


def _left(home: Home) -> Iterator[tuple[Path, timedelta]]:
    for path in home.uploads.glob("*"):
        yield path, UPLOAD
    for pattern in (".copie-*", ".reprise-*", ".essai-*"):
        for path in home.path.glob(pattern):
            yield path, COPY
    for path in home.backups.glob(".*.tmp"):
        yield path, COPY

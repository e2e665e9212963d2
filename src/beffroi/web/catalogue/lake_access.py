"""Access to the lakes of a territory: one writer at a time, a lake opened for a dataset."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from django.conf import settings

from beffroi.lake import files
from beffroi.lake.store import Lake
from beffroi.web.platform.models import Territory
from beffroi.web.platform.postgresql import lakes

from .models import Dataset


@contextmanager
def one_writer(territory: Territory) -> Iterator[None]:
    """Pours and undos of a territory follow each other: the order of its snapshots is that of the lake's versions."""
    folder = settings.HOME.territory(territory.slug)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with files.write_lock(folder):
        yield


_open_lakes: ContextVar[dict[Path, Lake] | None] = ContextVar("kept", default=None)


@contextmanager
def reuse_open_lakes() -> Iterator[None]:
    """Inside, `open_lake` opens each lake once: opening it costs more than pouring a small table."""
    lakes: dict[Path, Lake] = {}
    token = _open_lakes.set(lakes)
    try:
        yield
    finally:
        _open_lakes.reset(token)
        for lake in lakes.values():
            lake.close()


@contextmanager
def open_lake(dataset: Dataset, *, read_only: bool = False) -> Iterator[Lake]:
    path = settings.HOME.lake(dataset.territory.slug, dataset.lake_kind)
    open_lakes = _open_lakes.get()
    if not read_only:
        lakes.make_ready(dataset.territory)
    if open_lakes is None:
        with Lake(path, read_only=read_only) as lake:
            yield lake
        return
    if path not in open_lakes:
        open_lakes[path] = Lake(path)
    yield open_lakes[path]

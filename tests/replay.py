"""Steps of a test's set-up (a territory, a person, a file poured) done once a process by the real services, then replayed.

In: the same calls in the same order, from an empty database and a new home. Out: the rows and the files that the first of them
made: what it wrote in the database is written again, its files are copied. A call made from any other state is done for real, and
so is all on PostgreSQL, whose sequences do not go back with a transaction.
"""

import functools
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone

type Key = tuple[Any, ...]
type Sequences = frozenset[tuple[str, int]]
"""The last number that each table gave."""
type Statement = tuple[str, Any, bool]
"""SQL, its parameters, and whether these are several rows."""

MOST_FILES = 40  # of a home that is still new
_READING = ("SELECT", "PRAGMA", "EXPLAIN")


@dataclass
class State:
    """Where the same steps from the start always lead, and the steps that were made from there."""

    sequences: Sequences
    steps: dict[Key, "Step"] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """What one call changed: the database by `statements`, the home by `made` (copies in `folder`) and `gone`."""

    statements: Sequence[Statement]
    folder: Path
    made: Sequence[tuple[str, int]]
    gone: Sequence[str]
    result: Any
    then: State


class _Replay:
    """Where the test that runs is. `changes`: no row was written since, or it is somewhere else."""

    def __init__(self) -> None:
        self.state: State | None = None
        self.changes = 0
        self.recording = False
        self.starts: dict[tuple[frozenset[str], bytes, Sequences], tuple[State, Path]] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def known(self) -> State | None:
        """The state that the test is in; None when it has done something else."""
        if self.recording or connection.vendor != "sqlite" or not connection.in_atomic_block:
            return None
        sequences = _sequences()
        if self.state is not None:
            return self.state if (_changes(), sequences) == (self.changes, self.state.sequences) else None
        return self._start(sequences)

    def _start(self, sequences: Sequences) -> State | None:
        home = settings.HOME.path
        found = _listed(home)
        files = frozenset(found)
        if len(files) > MOST_FILES or _raw("SELECT 1 FROM platform_territory LIMIT 1"):
            return None
        # A demonstration's home is not another's; what was committed and emptied before has moved the sequences on.
        key = files, settings.HOME.identity_file.read_bytes() if settings.HOME.exists() else b"", sequences
        if key not in self.starts:
            self.starts[key] = State(sequences), _kept(home, found)
        start, folder = self.starts[key]
        # Keys and all: what was signed in the first home is verified in the others.
        _put_back(home, folder, [(name, mode) for name, (mode, _) in found.items()])
        return start

    def at(self, state: State | None) -> None:
        self.state = state
        self.changes = _changes() if state else 0

    def new_folder(self) -> Path:
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="beffroi-replay-")
        return Path(tempfile.mkdtemp(dir=self._folder.name))


_replay = _Replay()


def at_the_start() -> None:
    """A new test: its database is empty again."""
    _replay.at(None)


def replayed[**P, R](call: Callable[P, R]) -> Callable[P, R]:
    """Do the call once from each state, then replay it. Models are told apart by their keys, and read anew when returned."""

    @functools.wraps(call)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        state = _replay.known()
        if state is None:
            return call(*args, **kwargs)
        key: Key = (call.__module__, call.__qualname__, timezone.localdate(), _key(args), _key(kwargs))
        step = state.steps.get(key)
        if step is None:
            step = state.steps[key] = _recorded(lambda: call(*args, **kwargs))
        else:
            _replayed(step)
            assert _sequences() == step.then.sequences, f"{call.__qualname__} did not lead to the same rows"
        _replay.at(step.then)
        return _read(step.result)  # type: ignore[no-any-return]

    return wrapper


def beside[**P, R](call: Callable[P, R]) -> Callable[P, R]:
    """What the call writes (a session) changes nothing of what the steps after it do: they are replayed still."""

    @functools.wraps(call)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        state = _replay.known()
        result = call(*args, **kwargs)
        if state is not None:
            _replay.at(state)
        return result

    return wrapper


def _recorded(call: Callable[[], Any]) -> Step:
    home = settings.HOME.path
    before = _listed(home)
    with _statements() as statements:
        result = call()
    after = _listed(home)
    made = [(name, mode) for name, (mode, at) in after.items() if before.get(name) != (mode, at)]
    folder = _kept(home, [name for name, _ in made])
    gone = [name for name in before if name not in after]
    return Step(statements, folder, made, gone, _key(result), State(_sequences()))


@contextmanager
def _statements() -> Iterator[list[Statement]]:
    """Those that write, as they are executed; points to go back to included."""
    found: list[Statement] = []

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(_READING):
            parameters = list(parameters) if many else parameters  # rows may come from a generator
            found.append((sql, parameters, many))
        return execute(sql, parameters, many, context)

    _replay.recording = True
    try:
        with connection.execute_wrapper(note):
            yield found
    finally:
        _replay.recording = False
        _replay.at(None)


def _replayed(step: Step) -> None:
    with connection.cursor() as cursor:
        for sql, parameters, many in step.statements:
            (cursor.executemany if many else cursor.execute)(sql, parameters)
    home = settings.HOME.path
    _put_back(home, step.folder, step.made)
    for name in reversed(step.gone):
        if name.endswith("/"):
            (home / name).rmdir()
        else:
            (home / name).unlink()


def _kept(home: Path, names: Iterable[str]) -> Path:
    """A folder with a copy of these files of the home."""
    folder = _replay.new_folder()
    for name in names:
        if not name.endswith("/"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(home / name, folder / name)
    return folder


def _put_back(home: Path, folder: Path, made: Iterable[tuple[str, int]]) -> None:
    for name, mode in made:
        target = home / name
        if name.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
            target.chmod(mode)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / name, target)


def _raw(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        return list(cursor.cursor.execute(sql).fetchall())


def _changes() -> int:
    """Rows that this connection has ever written."""
    return int(connection.connection.total_changes)


def _sequences() -> Sequences:
    return frozenset(_raw("SELECT name, seq FROM sqlite_sequence"))


def _listed(home: Path) -> dict[str, tuple[int, int]]:
    """Files and folders (their names end with /) below the home, parents first, with their mode and when they changed."""
    found: dict[str, tuple[int, int]] = {}
    for folder, folders, names in home.walk():
        folders.sort()
        if folder != home:
            found[f"{folder.relative_to(home)}/"] = (folder.stat().st_mode & 0o7777, 0)
        for name in sorted(names):
            about = (folder / name).lstat()
            found[(folder / name).relative_to(home).as_posix()] = (about.st_mode & 0o7777, about.st_mtime_ns)
    return found


@dataclass(frozen=True)
class _Reference:
    model: type[Model]
    key: Any


def _key(value: Any) -> Any:
    """The value, with each model in it named by its key."""
    if isinstance(value, Model):
        return _Reference(type(value), value.pk)
    if isinstance(value, dict):
        return tuple((name, _key(each)) for name, each in value.items())
    if isinstance(value, tuple | list):
        return tuple(map(_key, value))
    return value


def _read(value: Any) -> Any:
    """The value again, each model read from the database."""
    if isinstance(value, _Reference):
        return value.model._base_manager.get(pk=value.key)
    if isinstance(value, tuple):
        return tuple(map(_read, value))
    return value

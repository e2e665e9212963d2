"""A home harmed in two hundred ways, one after the other, and who notices: the doctor, the start, a backup, an export, upkeep.

`python trials.py TOLD TRIALS`: the real services on the real files, in one process, each file put back between two trials.
`make` fills two homes: one as it is, one as it was earlier, from which older copies are put back.
"""

import json
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PAGE = 4096
ALL = ("backup", "export", "serve", "upkeep")
TOWN = "valbruyere"
WHOLE = "Données, registre et clés : Tout y est"


@dataclass(frozen=True)
class Trial:
    """What is done to one file, or folder, of the home (`thing`, from the home), and who carries it."""

    kind: str
    thing: str
    harm: str
    at: int = 0  # the byte, or the page
    asked: Sequence[str] = ()  # of the carriers, those to ask; none: all of them

    @property
    def name(self) -> str:
        return f"{self.kind} {self.harm}{f' {self.at}' if self.at else ''} {self.thing}"

    @property
    def carriers(self) -> set[str]:
        """Who must notice it beside the doctor: whoever takes what the thing holds somewhere, or serves from it."""
        if self.harm == "none":
            return set(ALL)
        if self.asked:
            return set(self.asked)
        coarse = self.harm in ("removed", "emptied", "truncated")
        served = self.kind in ("database", "key") or coarse or self.harm == "older"
        return {
            "database": {"serve", "backup"},
            "catalogue": {"backup", "export", "upkeep"} | ({"serve"} if served else set()),
            "data": {"backup", "export", "upkeep"} | ({"serve"} if served else set()),
            "delivered": {"backup", "export"} | ({"serve"} if served else set()),
            "roots": {"serve", "backup"} | ({"export"} if TOWN in self.thing else set()),
            "key": {"serve", "backup"},
            "lake": {"serve", "backup", "export", "upkeep"},
        }.get(self.kind, set())


def drawn(home: Path, earlier: Path, *, seed: int = 16) -> list[Trial]:
    """Every trial on this home, always the same for the same files."""
    draw = random.Random(seed)
    found = []
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        kind = _kind(path, name)
        if not kind:
            continue
        size = path.stat().st_size if path.is_file() else 0
        found += [
            Trial(kind, name, harm)
            for harm in ("removed", "truncated", "emptied")
            if size or harm == "removed"
        ]
        before = earlier / name
        if before.is_file() and kind not in ("mark",) and before.read_bytes() != path.read_bytes():
            found.append(Trial(kind, name, "older"))
        if kind in ("database", "catalogue"):
            pages = list(_pages_that_matter(path, draw))
            found += [Trial(kind, name, "page zeroed", page) for page in pages]
        elif size:
            found += [Trial(kind, name, "page zeroed", draw.randrange(max(1, size // PAGE)))]
        if kind in ("data", "delivered", "key"):
            found += [
                Trial(kind, name, "byte changed", at)
                for at in sorted({0, size - 1, *draw.sample(range(size), 3)})
            ]
    return found


def _kind(path: Path, name: str) -> str:
    if path.is_dir():
        return "lake" if path.name in ("lasting", "personal") else ""
    if "/" not in name:
        return {"db.sqlite3": "database", "beffroi.json": "identity"}.get(
            name, "key" if name.endswith(".key") else ""
        )
    first, *_, last = path.relative_to(path.parents[name.count("/")]).parts
    if first == "roots":
        return "roots"
    if first == "marks":
        return "mark"
    if first == "territories":
        kinds = {"catalog.sqlite": "catalogue", "inventory.jsonl": "inventory"}
        return kinds.get(last, "data" if "/data/" in name else "delivered" if "/incoming/" in name else "")
    return ""


def _pages_that_matter(file: Path, draw: random.Random, most: int = 8) -> Iterator[int]:
    """Pages of a database without which it does not hold the same rows: not those that it has free."""
    size = file.stat().st_size // PAGE
    whole = _rows(file)
    yield 0
    count = 0
    for page in draw.sample(range(1, size), size - 1):
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copie"
            shutil.copyfile(file, copy)
            _zero(copy, page)
            if _rows(copy) != whole:
                yield page
                count += 1
        if count == most:
            return


def _rows(file: Path) -> list[str]:
    try:
        with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as base:
            return list(base.iterdump())
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return [str(error)]


def _zero(file: Path, page: int) -> None:
    with file.open("r+b") as stream:
        stream.seek(page * PAGE)
        rest = len(stream.read(PAGE))
        stream.seek(page * PAGE)
        stream.write(bytes(rest))


def harm(trial: Trial, home: Path, earlier: Path) -> None:
    path = home / trial.thing
    if trial.harm == "none":
        return
    if trial.harm == "removed":
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif trial.harm == "truncated":
        with path.open("r+b") as stream:
            stream.truncate(path.stat().st_size // 2)
    elif trial.harm == "emptied":
        path.write_bytes(b"")
    elif trial.harm == "older":
        shutil.copyfile(earlier / trial.thing, path)
    elif trial.harm == "page zeroed":
        _zero(path, trial.at)
    else:
        content = bytearray(path.read_bytes())
        content[trial.at] ^= 0x01
        path.write_bytes(content)


def noticed(home: Path, carriers: set[str]) -> dict[str, str]:
    """What each says of the home, "" for the one that finds everything in order."""
    from click.testing import CliRunner
    from django.conf import settings
    from django.db import connection

    from beffroi.cli.main import beffroi
    from beffroi.home import Home, HomeError
    from beffroi.lake.errors import LakeError
    from beffroi.web.catalogue.lifecycle import run_upkeep
    from beffroi.web.operations import backup, carrying_out, integrity, upgrade
    from beffroi.web.platform import scope
    from beffroi.web.platform.models import Territory

    instance: Home = settings.HOME
    out = home.parent / "out"

    def town() -> Any:
        return Territory.objects.get(slug=TOWN)

    def doctor() -> str:
        done = CliRunner().invoke(beffroi, ["doctor", "--full", "--home", str(home)])
        if isinstance(done.exception, HomeError):
            return str(done.exception)
        assert done.exit_code in (0, 1), done.exception
        return "" if WHOLE in done.output else done.output

    def serve() -> str:
        upgrade.prepare(instance)
        return "\n".join(each.what for each in integrity.before_serving(instance))

    def save() -> str:
        return "\n".join(backup.backup(instance, out / "copie.tar.gz").lacks.values())

    def export() -> str:
        carrying_out.export(town(), out / "export")
        return ""

    def upkeep() -> str:
        with scope.inside(town()):
            run_upkeep(town())
        return ""

    every: dict[str, Callable[[], str]] = {
        "doctor": doctor, "serve": serve, "backup": save, "export": export, "upkeep": upkeep,
    }  # fmt: skip
    said = {}
    for name in ("doctor", *sorted(carriers)):
        connection.close()
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        before = _state(home)
        try:
            said[name] = every[name]()
        except (HomeError, LakeError) as error:
            said[name] = str(error)
        connection.close()
        if name != "doctor":
            put_back(home, before)
    return said


def _state(home: Path) -> Path:
    kept = home.parent / "state"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(home, kept)
    return kept


def put_back(home: Path, kept: Path) -> None:
    shutil.rmtree(home)
    shutil.copytree(kept, home)


def main(folder: Path, told: Path) -> None:
    """Each trial of the list in the file `told`, on a copy of `folder/home`; what was said goes beside."""
    from beffroi.cli.common import setup_django
    from beffroi.home import Home

    trials = [Trial(**each) for each in json.loads(told.read_text("utf-8"))]
    with tempfile.TemporaryDirectory() as work:
        home = Path(work) / "home"
        put_back_whole(folder / "home", home)
        setup_django(Home(home))
        answers = []
        for trial in trials:
            put_back_whole(folder / "home", home)
            harm(trial, home, folder / "earlier")
            answers.append(noticed(home, trial.carriers))
    told.with_suffix(".said").write_text(json.dumps(answers, ensure_ascii=False), "utf-8")


def put_back_whole(source: Path, home: Path) -> None:
    if home.exists():
        shutil.rmtree(home)
    shutil.copytree(source, home)


def as_json(trials: list[Trial]) -> str:
    return json.dumps([asdict(each) for each in trials], ensure_ascii=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""How far each chain and its file of daily roots have come, written beside the database at each line.

In: a chain whose lines were just committed. Out: small files of `marks/`, and what is wrong when the chain, or its roots, are
compared with them: a database put back from an older copy has fewer lines than it had. A mark may lag behind, never be ahead;
a backup does not hold them, for its copy of the database is as old as itself. Once the home requires them
(`Home.requires_marks`), one that disappeared is missed, and no later line makes it again.
"""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from beffroi.home import Home, HomeError

from ..models import Territory

HOST_CHAIN = "host"
CHAIN, ROOTS = "chain", "roots"
_MADE_AGAIN = "vérifiez le registre par « beffroi ledger verify », puis « beffroi doctor --full --accept » refait ce relevé"


class MarkFault(NamedTuple):
    """What is wrong: a name that another fault of the same chain does not have, and a sentence in French."""

    name: str
    why: str


class Mark(NamedTuple):
    """A size (lines of a chain, bytes of a file), and the hash of what ends there."""

    size: int
    hash: str


def chain_name(territory: Territory | None) -> str:
    """What a chain is called in signed roots, and its marks in files."""
    return f"territory/{territory.slug}" if territory is not None else HOST_CHAIN


def record_chain(territory: Territory | None, size: int, last: str, *, first: bool = False) -> None:
    """The chain now has `size` lines, and `last` is the hash of the last one. Its transaction was committed.

    `first`: it had none before, or it is marked anew: a mark may be made.
    """
    _record(file_of(territory, "chain"), Mark(size, last), first=first)


def record_roots(territory: Territory | None, content: bytes, *, first: bool = False) -> None:
    """The chain's file of daily roots now has this content; `first` as above."""
    _record(file_of(territory, "roots"), Mark(len(content), hashlib.sha256(content).hexdigest()), first=first)


def read(territory: Territory | None, kind: str) -> Mark | None:
    """The mark of the chain (`kind`: "chain" or "roots"); None when there is none. Raises ValueError for a damaged one."""
    return _read(file_of(territory, kind))


def has_mark(territory: Territory | None, kind: str) -> bool:
    """Whether the chain has a mark of this kind that can be read."""
    try:
        return read(territory, kind) is not None
    except ValueError:
        return False


def file_of(territory: Territory | None, kind: str) -> Path:
    home: Home = settings.HOME
    return home.marks / f"{chain_name(territory)}.{kind}"


def fault_of_chain(territory: Territory | None, lines: Any, *, full: bool = False) -> MarkFault | None:
    """What the chain (its rows) lacks of what was marked; None when it has all of it.

    `full`: marked it must be, as in a home that requires it.
    """
    try:
        mark = read(territory, CHAIN)
    except ValueError:
        return MarkFault("mark-damaged", f"le relevé de sa dernière ligne est abîmé ; {_MADE_AGAIN}")
    if mark is None or not mark.size:
        lost = (full or settings.HOME.requires_marks) and lines.exists()
        if lost and not has_mark(territory, CHAIN):  # its first line may have been written meanwhile
            return MarkFault("mark-missing", f"le relevé de sa dernière ligne manque ; {_MADE_AGAIN}")
        return None
    found = lines.filter(seq=mark.size).values_list("hash", flat=True).first()
    if found == mark.hash:
        return None
    if found is None:
        last = lines.last()
        size = last.seq if last else 0
        why = f"il compte {size} lignes, et il en avait {mark.size} : la base est une copie plus ancienne"
        return MarkFault(f"cut-{size}-{mark.size}-{mark.hash[:12]}", why)
    return MarkFault(
        f"line-{mark.size}-{found[:12]}", f"sa ligne {mark.size} n'est plus celle qui avait été écrite"
    )


def fault_of_roots(territory: Territory | None, file: Path, *, full: bool = False) -> MarkFault | None:
    """What the file of daily roots lacks of what was marked; None when it has all of it."""
    try:
        mark = read(territory, ROOTS)
    except ValueError:
        return MarkFault(
            "roots-mark-damaged", f"le relevé de ses empreintes de chaque jour est abîmé ; {_MADE_AGAIN}"
        )
    if mark is None:
        lost = (full or settings.HOME.requires_marks) and file.is_file() and not has_mark(territory, ROOTS)
        why = f"le relevé de ses empreintes de chaque jour manque ; {_MADE_AGAIN}"
        return MarkFault("roots-mark-missing", why) if lost else None
    if not file.is_file():
        why = f"le fichier {file.name} de ses empreintes de chaque jour manque"
        return MarkFault(f"roots-missing-{mark.hash[:12]}", why)
    content = file.read_bytes()
    found = hashlib.sha256(content[: mark.size]).hexdigest()
    if len(content) < mark.size:
        why = f"le fichier {file.name} de ses empreintes de chaque jour est coupé, ou une copie plus ancienne"
        return MarkFault(f"roots-cut-{len(content)}-{mark.hash[:12]}", why)
    if found != mark.hash:
        why = f"le fichier {file.name} de ses empreintes de chaque jour a été changé"
        return MarkFault(f"roots-changed-{found[:12]}", why)
    return None


def _read(file: Path) -> Mark | None:
    try:
        text = file.read_text("ascii")
    except FileNotFoundError:
        return None
    size, hash_ = text.split()
    if len(hash_) != 64 or len(text) != 86:
        raise ValueError("not a mark")
    return Mark(int(size), hash_)


def _record(file: Path, mark: Mark, *, first: bool) -> None:
    """Written in place, and not waited for: a stop leaves the mark before, and the next line writes it again."""
    home: Home = settings.HOME
    with suppress(OSError, ValueError, HomeError):
        if not home.path.is_dir():
            return
        known = _read(file)
        if known is None and not first and home.requires_marks:
            return  # somebody took it away: it stays missed until a person accepts it
        if known is not None and known.size > mark.size:
            return  # another process was quicker, or the database is an older one
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(f"{mark.size:020d} {mark.hash}\n", "ascii")

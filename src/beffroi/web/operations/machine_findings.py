"""What the machine does to a home, before anything in it is said to be lost: a full or read-only disk, files of another account.

In: a home. Out: findings, each with the command to type. Where one stands, a file that cannot be read is not a damaged one.
"""

import errno
import os
import pwd
import shlex
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from django.db import connection

from beffroi.home import IDENTITY, Home
from beffroi.lake import catalogues, files, inventory
from beffroi.web.ui.formats import size

from .finding import DATABASE, Finding

IN_USE: Final = "machine:held"
MOST: Final = 3
_AFTERWARDS: Final = "Puis relancez « beffroi doctor »."
_PROBE: Final = 4096
_PATIENCE: Final = 5.0
"""Seconds after which a database that is locked is said to be held."""
_FOLDERS: Final = {
    "run", "backups", "uploads", "reference", "territories", "roots", "marks", "guides", "incoming", "staging",
    "evidence", "lasting", "personal",
}  # fmt: skip
_FILES: Final = {
    DATABASE, IDENTITY, catalogues.SQLITE, catalogues.POSTGRESQL, files.LOCK, inventory.NAME, "secret.key", "ledger.key",
}  # fmt: skip
_MADE_AGAIN: Final = {"run", "uploads", "staging"}
"""Names of what Beffroi makes again when it is not there."""
_MAY_BE_LINKED: Final = ("backups",)
_DEEP: Final = 4
"""Levels of folders in which these names are the house's own: under them are the files of people."""


def of_machine(home: Home) -> list[Finding]:
    """Raises nothing: what cannot be looked at is said."""
    return [*_of_room(home), *_of_entries(home), *_of_holder(home)]


def hides_the_rest(found: Iterable[Finding]) -> bool:
    """Whether what is read in this home may seem damaged because of one of these."""
    hiding = ("machine:room", "machine:owner", "machine:rights", "machine:kind:", IN_USE)
    return any(each.key.startswith(hiding) for each in found)


def _of_room(home: Home) -> Iterator[Finding]:
    probe = home.path / f".essai-{os.getpid()}"
    try:
        try:
            probe.write_bytes(bytes(_PROBE))
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        place = shlex.quote(str(home.path))
        if files.disk_full(error):
            stats = os.statvfs(home.path)
            what = f"Le disque de {home.path} est plein : {size(stats.f_bavail * stats.f_frsize)} libres."
            if not stats.f_favail:
                what = f"Le disque de {home.path} ne peut plus tenir un fichier de plus (inodes)."
            yield Finding(
                "machine:room",
                what,
                action="Rien n'est à restaurer : libérez de la place (de vieilles sauvegardes, des journaux, d'autres programmes : "
                f"« du -xsh {place}/* »), ou agrandissez le disque. {_AFTERWARDS}",
            )
        elif error.errno == errno.EROFS:
            yield Finding(
                "machine:room",
                f"Le disque de {home.path} est en lecture seule : rien ne peut être enregistré.",
                action="Rien n'est à restaurer : « journalctl -k -n 50 » dit pourquoi (un disque qui lâche y est nommé). S'il est sain : "
                f"« mount -o remount,rw $(findmnt -no TARGET -T {place}) ». {_AFTERWARDS}",
            )


def _of_holder(home: Home) -> Iterator[Finding]:
    """Another program that keeps the database for itself."""
    if connection.vendor != "sqlite" or not home.database.is_file():
        return
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(home.database))}?mode=rw", uri=True, timeout=_PATIENCE)
        ) as base:
            base.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.Error as error:
        if "locked" in str(error):
            yield Finding(
                IN_USE,
                f"La base ({DATABASE}) est tenue par un autre programme : personne ne peut la lire.",
                action=f"Rien n'est à restaurer : « fuser -v {shlex.quote(str(home.database))} » dit lequel ; fermez-le. {_AFTERWARDS}",
            )


class _Entries:
    """What is seen of the files and folders of a home, paths from it."""

    def __init__(self) -> None:
        self.owners: Counter[int] = Counter()
        self.by_owner: dict[int, list[str]] = {}
        self.refused: list[str] = []  # to this process
        self.sealed: list[str] = []  # those that their mode would open
        self.links: list[str] = []
        self.unnamed: list[str] = []
        self.misplaced: list[tuple[str, bool]] = []  # whether a folder stands where a file must


def _of_entries(home: Home) -> Iterator[Finding]:
    seen = _Entries()
    _look(home, seen)
    place = shlex.quote(str(home.path))
    me = os.geteuid()
    owner = me if me else max(seen.owners, key=lambda uid: seen.owners[uid], default=me)
    others = [path for uid, paths in sorted(seen.by_owner.items()) if uid != owner for path in paths]
    if others:
        name = _name_of(owner)
        yield Finding(
            "machine:owner",
            f"{_counted(others)} de l'instance n'{'appartient' if len(others) == 1 else 'appartiennent'} pas à « {name} » : "
            f"{_first(others)}. Le service ne peut ni les lire ni y écrire.",
            action=f"Rien n'est à restaurer : tapez, en root, « chown -R {name}: {place} ». {_AFTERWARDS}",
        )
    elif seen.refused:
        yield Finding(
            "machine:rights",
            f"Le service ne peut ni lire ni écrire {_first(seen.refused)} : leurs droits l'empêchent.",
            action=f"Rien n'est à restaurer : « chmod -R u+rwX {place} ». {_AFTERWARDS}",
        )
    if seen.sealed and not others:
        yield Finding(
            "machine:rights",
            f"Rien ne peut être écrit dans {_first(seen.sealed)}, malgré leurs droits.",
            action=f"Rien n'est à restaurer : tapez, en root, « chattr -R -i -a {place} », et regardez si le disque est en lecture seule. "
            f"{_AFTERWARDS}",
        )
    for path, is_folder in seen.misplaced:
        what = (
            "est un dossier : ce doit être un fichier"
            if is_folder
            else "est un fichier : ce doit être un dossier"
        )
        command = f"« mv {shlex.quote(str(home.path / path))} {shlex.quote(str(home.path.parent))}/ »"
        again = Path(path).name in _MADE_AGAIN or path.endswith(".lock")
        then = "Beffroi le refait." if again else "Puis remettez à sa place celui d'une sauvegarde."
        yield Finding(
            f"machine:kind:{path}",
            f"{path} {what}.",
            action=f"Mettez-le de côté : {command}. {then} {_AFTERWARDS}",
        )
    if seen.links:
        first = shlex.quote(str(home.path / seen.links[0]))
        yield Finding(
            "machine:link",
            f"{_first(seen.links)} : c'est un lien. Ce qui est au bout n'est ni gardé par l'instance ni sauvegardé.",
            action=f"Mettez à sa place ce qu'il désigne : « cp -a --remove-destination $(readlink -f {first}) {first} ». Pour tout "
            "déplacer sur un autre disque, déplacez le dossier entier de l'instance.",
        )
    if seen.unnamed:
        yield Finding(
            "machine:name",
            f"Des noms de fichiers ne se lisent pas (ce n'est pas de l'UTF-8) : {_first(seen.unnamed)}. Beffroi n'en écrit pas de tels.",
            action="Renommez-les (« convmv -f latin1 -t utf8 »), ou sortez-les du dossier de l'instance.",
        )


def _look(home: Home, seen: _Entries) -> None:
    me = os.geteuid()
    waiting: list[tuple[Path, int]] = [(home.path, 0)]
    _note(home.path, home.path, home.path.stat(), seen, me)
    while waiting:
        folder, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue  # noted as refused
        for entry in entries:
            path = Path(entry.path)
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            name = _printable(path.relative_to(home.path))
            if not _is_text(entry.name):
                seen.unnamed.append(name)
            if stat.S_ISLNK(found.st_mode):
                if name not in _MAY_BE_LINKED:
                    seen.links.append(name)
                continue
            is_folder = stat.S_ISDIR(found.st_mode)
            if depth < _DEEP and (
                entry.name in (_FILES if is_folder else _FOLDERS) or (is_folder and path.suffix == ".lock")
            ):
                seen.misplaced.append((name, is_folder))
            _note(home.path, path, found, seen, me)
            if is_folder:
                waiting.append((path, depth + 1))


def _note(root: Path, path: Path, found: os.stat_result, seen: _Entries, me: int) -> None:
    name = _printable(path.relative_to(root)) if path != root else str(root)
    seen.owners[found.st_uid] += 1
    seen.by_owner.setdefault(found.st_uid, []).append(name)
    is_folder = stat.S_ISDIR(found.st_mode)
    wanted = os.R_OK | (os.W_OK if is_folder or _is_written(path) else 0) | (os.X_OK if is_folder else 0)
    needed = wanted << 6  # the same for its owner, in its mode
    if found.st_mode & needed != needed:
        seen.refused.append(name)
    elif found.st_uid == me and not os.access(path, wanted):
        seen.sealed.append(name)


def _is_written(path: Path) -> bool:
    """Whether Beffroi writes again in a file of this name."""
    return (
        path.name in _FILES or path.name.startswith((DATABASE, catalogues.SQLITE)) or path.suffix == ".lock"
    )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(path: Path) -> str:
    return str(path).encode(errors="surrogateescape").decode(errors="replace")


def _first(paths: list[str]) -> str:
    more = f" et {len(paths) - MOST} de plus" if len(paths) > MOST else ""
    return f"{', '.join(paths[:MOST])}{more}"


def _counted(paths: list[str]) -> str:
    return "Un fichier ou dossier" if len(paths) == 1 else f"{len(paths)} fichiers ou dossiers"


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

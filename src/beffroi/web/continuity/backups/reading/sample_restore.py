"""One restore tried: the repository read again, a sample restored in a folder that goes away, every byte compared.

In: an open repository, what is remembered of its files, the list of the town. Out: a `Trial`; no database is used here.
"""

import hashlib
import shutil
import stat
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from . import file_sample, sha256_lists
from .damage_messages import KEEP
from .file_sample import Listing
from .readable_repository import Damaged, FileNode, Latest, Repository, Unreachable, displayed_path

BYTES_A_RUN: Final = 2 << 30
"""Bytes of a repository that are read again at once; a larger one is read in parts, one a day."""
MOST_FAULTS: Final = 20

type ReportProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class Remembered:
    """A file as it was restored before. `age`: when, as a number that grows."""

    size: int
    mtime: str
    sha256: str
    age: float = 0.0


@dataclass(frozen=True)
class Restored:
    node: FileNode
    sha256: str


@dataclass
class Trial:
    """What came of it. `restored`: with their new checksums, those in `faults` left out."""

    latest: Latest
    files: int = 0
    bytes: int = 0
    compared: int = 0
    share: float = 0.0
    part: int = 0
    parts: int = 1
    size: int | None = None
    seed: str = ""
    faults: list[str] = field(default_factory=list)
    restored: list[Restored] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    seconds: float = 0.0


def parts_of(size: int | None) -> int:
    return max(1, -(-(size or 0) // BYTES_A_RUN))


def run(
    repository: Repository,
    latest: Latest,
    scratch: Path,
    *,
    seed: str,
    part: int,
    remembered: Mapping[str, Remembered],
    expected: Mapping[str, str],
    room: int,
    report_progress: ReportProgress = lambda percent, message: None,
) -> Trial:
    """Try the latest backup. `part`: whose turn it is, from 0; `room`: bytes that the scratch folder may take.

    Raises Unreachable, and Damaged where nothing can be listed.
    """
    started = time.monotonic()
    trial = Trial(latest, seed=seed)
    report_progress(10, "Relecture du dépôt…")
    trial.size = repository.stored_bytes()
    trial.parts = parts_of(trial.size)
    trial.part = part % trial.parts
    trial.share, trial.faults = repository.verify(trial.part + 1, trial.parts)
    report_progress(50, "Liste des fichiers sauvegardés…")
    names = {path.rpartition("/")[2] for path in expected}
    listing = Listing(seed, remembered.keys(), names)
    repository.files(latest, listing.add)
    if not listing.files:
        raise Damaged(
            "La dernière sauvegarde ne contient aucun fichier. Vérifiez ce qui est sauvegardé, et que le disque est monté."
        )
    trial.missing = [path for path in remembered if path not in listing.known]
    matched = sha256_lists.matched(expected, listing.named)
    trial.faults += [
        f"« {displayed_path(path)} » est dans votre liste, et n'est pas dans la sauvegarde."
        for path in expected
        if path not in matched
    ]
    known = {there: expected[path] for path, there in matched.items()}
    chosen = file_sample.choose(listing, {path: each.age for path, each in remembered.items()}, known)
    if sum(node.size for node in chosen) > room:
        raise Unreachable(
            "Le disque de Beffroi n'a pas la place d'essayer une restauration. Demandez à l'exploitant d'en libérer."
        )
    report_progress(60, f"Restauration de {len(chosen)} fichiers à côté…")
    if chosen:
        _restore(repository, trial, chosen, scratch / "restored", known, remembered, report_progress)
    else:
        _stream(repository, trial, listing, known, remembered)
    total = listing.bytes or 1
    trial.share = max(trial.share, min(1.0, trial.bytes / total))
    trial.faults = trial.faults[:MOST_FAULTS]
    trial.seconds = round(time.monotonic() - started, 1)
    return trial


def _restore(
    repository: Repository,
    trial: Trial,
    chosen: Collection[FileNode],
    into: Path,
    known: dict[str, str],
    remembered: Mapping[str, Remembered],
    report_progress: ReportProgress,
) -> None:
    into.mkdir(mode=0o700)
    messages = repository.restore(trial.latest, [node.path for node in chosen], into)
    report_progress(80, "Comparaison des empreintes…")
    there = {node.path: node for node in chosen}
    found: list[Restored] = []
    for node in chosen:
        path = into / node.path.lstrip("/")
        fault = _fault_of(path, node, into)
        if fault:
            trial.faults.append(fault)
            continue
        found.append(Restored(node, sha256_lists.sha256_of(path)))
        if node.path.rpartition("/")[2] == file_sample.SUMS and node.size <= file_sample.SUMS_BYTES:
            sums = sha256_lists.of_sums(node, path.read_text("utf-8", "replace"), there)
            known = {**sums, **known}
    trial.faults += messages
    _compare(trial, found, known, remembered)
    shutil.rmtree(into, ignore_errors=True)


def _fault_of(path: Path, node: FileNode, into: Path) -> str:
    """What is wrong with a restored file before its content is looked at; its rights are opened to us.

    Whoever writes in the repository chooses its paths and its links: one that leads out of `into` is not followed.
    """
    if not path.parent.resolve().is_relative_to(into.resolve()):
        return f"« {node.displayed} » mène hors du dossier où il devait être restauré. {KEEP}"
    try:
        seen = path.lstat()
        if not stat.S_ISREG(seen.st_mode):
            return f"« {node.displayed} » n'a pas été restauré comme un fichier."
        path.chmod(0o600)
    except OSError:
        return f"« {node.displayed} » n'a pas pu être restauré. {KEEP}"
    if seen.st_size != node.size:
        return f"« {node.displayed} » est restauré avec {seen.st_size} octets au lieu de {node.size}. {KEEP}"
    return ""


def _stream(
    repository: Repository,
    trial: Trial,
    listing: Listing,
    known: Mapping[str, str],
    remembered: Mapping[str, Remembered],
) -> None:
    """One file larger than the sample, hashed as it comes."""
    if not listing.pool:
        raise Unreachable(
            "Aucun fichier de cette sauvegarde n'a un nom et une taille qui puissent être repris ici. Faites l'essai sur place, puis "
            "attestez-le."
        )
    node = file_sample.smallest(listing)
    if node is None:
        raise Unreachable(
            "Aucun fichier de cette sauvegarde n'est assez petit pour être essayé ici (20 Go). Faites l'essai sur place, puis attestez-le."
        )
    digest, size = hashlib.sha256(), 0

    def take(piece: bytes) -> None:
        nonlocal size
        size += len(piece)
        if size > node.size:
            raise Damaged(
                f"« {node.displayed} » est plus long que les {node.size} octets qu'il annonce. {KEEP}"
            )
        digest.update(piece)

    repository.stream(trial.latest, node.path, take)
    if size != node.size:
        trial.faults.append(
            f"« {node.displayed} » est restauré avec {size} octets au lieu de {node.size}. {KEEP}"
        )
    else:
        _compare(trial, [Restored(node, digest.hexdigest())], known, remembered)


def _compare(
    trial: Trial, found: list[Restored], known: Mapping[str, str], remembered: Mapping[str, Remembered]
) -> None:
    """Compare with what was known: another content under the same date and size, or than a list says, is a fault."""
    for each in found:
        node, before = each.node, remembered.get(each.node.path)
        same_date = before is not None and (before.size, before.mtime) == (node.size, node.mtime)
        trial.compared += same_date or node.path in known
        trial.files += 1
        trial.bytes += node.size
        if node.path in known and known[node.path] != each.sha256:
            trial.faults.append(
                f"« {node.displayed} » n'a pas l'empreinte de la liste : son contenu a changé. Comparez-le à l'original ou à une copie plus ancienne."
            )
        elif same_date and before is not None and before.sha256 != each.sha256:
            trial.faults.append(
                f"« {node.displayed} » a changé de contenu sans changer de date ni de taille : l'original, ou sa copie, s'est abîmé. "
                "Comparez-le à une copie plus ancienne."
            )
        else:
            trial.restored.append(each)

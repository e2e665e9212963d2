"""A borg repository, read by Debian's own borg with `--bypass-lock`; the sandbox keeps it from writing in a local one.

Borg mends an interrupted repository by itself, which writes: one without index, or cut while it was copied, is told before borg
is called. Source of messages: borg 1.4, https://borgbackup.readthedocs.io/en/stable/internals/frontends.html
"""

import json
import os
import re
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from beffroi.lake.sandboxed_programs.program_runner import lines_to
from beffroi.lake.sources.network import Network
from beffroi.web.platform.restic_output import document, documents

from . import ssh
from .addresses import Address
from .damage_messages import KEEP, explained, failure, require_room
from .folder_size import MOST_ENTRIES, folder_bytes
from .programs import LONG, SHORT, Bounds, Finished, Workplace, run, workplace
from .readable_repository import Damaged, FileNode, Latest, Sink
from .restic_repository import LOCK_LEFT, MOST_FAULTS
from .secrets import CopyAccess

_MANIFEST: Final = ("NoManifestError", "Repository.CheckNeeded", "Manifest.")
_WRONG_KEY: Final = (
    "PassphraseWrong",
    "PasscommandFailure",
    "NoPassphraseFailure",
    "PasswordRetriesExceeded",
)
_ABSENT: Final = (
    "Repository.DoesNotExist",
    "Repository.InvalidRepository",
    "InvalidRepositoryConfig",
    "PathPermissionDenied",
)
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_ID: Final = re.compile(r"(index|hints|integrity)\.([0-9]{1,18})")


@dataclass
class BorgRepository:
    """`series`: how the names of the archives begin, where a repository serves several machines."""

    address: Address
    place: Workplace
    series: str = ""

    @classmethod
    def opened(
        cls,
        address: Address,
        access: CopyAccess,
        scratch: Path,
        series: str = "",
        network: Network | None = None,
    ) -> "BorgRepository":
        environment = {
            "BORG_PASSPHRASE": access.password,
            "BORG_BASE_DIR": str(scratch / "borg"),
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "BORG_DISPLAY_PASSPHRASE": "no",
            "BORG_HOSTNAME_IS_UNIQUE": "no",
            "BORG_EXIT_CODES": "legacy",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        if address.host:
            environment["BORG_RSH"] = shlex.join(
                ["ssh", *ssh.client(scratch, access.ssh_key, access.known_hosts)]
            )
        return cls(address, workplace(address, access, scratch, environment, network), series)

    def latest(self) -> Latest:
        if self.address.folder is not None:
            _require_whole(self.address.folder)
        chosen = ["--glob-archives", f"{self.series}*"] if self.series else []
        try:
            found = json.loads(self._run("list", "--json", *chosen, self.address.text).output)["archives"]
            # Two of the same second: the last one written is the last one listed.
            newest = max(reversed(found), key=lambda each: str(each["time"]), default=None)
            if newest is None:
                whose = f" dont le nom commence par « {self.series} »" if self.series else ""
                raise Damaged(
                    f"Ce dépôt ne contient aucune archive{whose}. Vérifiez que la sauvegarde se fait toujours, et où."
                )
            return Latest(
                str(newest["name"]), datetime.fromisoformat(newest["time"]).replace(tzinfo=UTC), len(found)
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Damaged(f"La liste des archives de ce dépôt est illisible. {KEEP}") from error

    def files(self, latest: Latest, take: Callable[[FileNode], object]) -> None:
        def read(line: bytes) -> None:
            each = document(line) or {}
            if each.get("type") == "-":
                node = FileNode.of(each.get("path"), each.get("size"), each.get("mtime"))
                if node is not None:
                    take(node)

        self._run("list", "--json-lines", self._archive(latest), bounds=LONG, sink=lines_to(read))

    def stored_bytes(self) -> int | None:
        return folder_bytes(self.address.folder) if self.address.folder is not None else None

    def verify(self, part: int, parts: int) -> tuple[float, list[str]]:
        """Everything, where the repository is read in one part; else the latest archive's structure alone, of which no share is messages."""
        if self.address.folder is None:
            return 0.0, []  # borg would write on the server
        whole = parts == 1
        which = ["--verify-data"] if whole else ["--archives-only", "--last", "1"]
        done = self._call("check", *which, self.address.text, bounds=LONG)
        faults = self._left_lock()
        bad = _errors(done)
        if done.code or bad:
            self._raise_for(done)
            faults.append(explained(" ".join(bad[:2]) or _text(done)))
        return (1.0 if whole else 0.0), faults

    def restore(self, latest: Latest, paths: Sequence[str], into: Path) -> list[str]:
        into.mkdir(parents=True, exist_ok=True)
        chosen = [f"pf:{path}" for path in paths]
        options = ["--noflags", "--noacls", "--noxattrs"]
        done = self._call("extract", *options, self._archive(latest), *chosen, bounds=LONG, at=into)
        bad = _errors(done)
        if not done.code and not bad:
            return []
        self._raise_for(done)
        return [explained(text) for text in (bad or [_text(done)])[:MOST_FAULTS]]

    def stream(self, latest: Latest, path: str, sink: Sink) -> None:
        self._run("extract", "--stdout", self._archive(latest), f"pf:{path}", bounds=LONG, sink=sink)

    def under_way(self) -> bool:
        return any(datetime.now(UTC) - at < LOCK_LEFT for at in self._locks())

    def _locks(self) -> list[datetime]:
        """When each lock of a local repository was taken."""
        if self.address.folder is None:
            return []
        taken = []
        for name in ("lock.exclusive", "lock.roster"):
            with suppress(OSError):
                taken.append(datetime.fromtimestamp((self.address.folder / name).stat().st_mtime, UTC))
        return taken

    def _left_lock(self) -> list[str]:
        left = [at for at in self._locks() if datetime.now(UTC) - at >= LOCK_LEFT]
        if not left:
            return []
        return [
            f"Un verrou est resté dans le dépôt depuis le {min(left):%d/%m/%Y} : les prochaines sauvegardes sont refusées. Sur la "
            "machine sauvegardée, vérifiez qu'aucune ne tourne, puis « borg break-lock »."
        ]

    def _archive(self, latest: Latest) -> str:
        return f"{self.address.text}::{latest.id}"

    def _run(self, *arguments: str, bounds: Bounds = SHORT, sink: Sink | None = None) -> Finished:
        done = self._call(*arguments, bounds=bounds, sink=sink)
        if done.code:
            self._raise_for(done)
            text = _text(done)
            if (
                self.address.folder is not None
                and "permission" in text.lower()
                and _is_readable(self.address.folder)
            ):
                # The sandbox kept it from writing: it wanted to make its index again.
                raise Damaged(
                    "L'index de ce dépôt ne va plus avec ses données : borg voudrait le refaire, et Beffroi ne change rien. Sur la "
                    f"machine sauvegardée : « borg check ». {KEEP}"
                )
            raise failure(text, remote=not self.address.folder)
        return done

    def _call(
        self, command: str, *arguments: str, bounds: Bounds, at: Path | None = None, sink: Sink | None = None
    ) -> Finished:
        whole = ["borg", command, "--bypass-lock", "--log-json", *arguments]
        return run(whole, self.place, bounds, at=at, sink=sink)

    def _raise_for(self, done: Finished) -> None:
        """Raise what borg tells by a name of its own."""
        require_room(_text(done))
        names = {str(each.get("msgid", "")) for each in _documents(done)}
        if names & set(_WRONG_KEY):
            raise Damaged(
                "La phrase de passe enregistrée n'ouvre plus ce dépôt : personne ne pourrait le restaurer avec elle. Retrouvez la "
                "bonne, puis « Changer le secret »."
            )
        if any(name.startswith(_ABSENT) for name in names):
            raise Damaged(
                "Il n'y a plus de dépôt borg à cette adresse : il a été vidé, déplacé, ou son fichier « config » manque. "
                f"{KEEP}"
            )
        if any(name.startswith(_MANIFEST) for name in names):
            raise Damaged(
                f"Le dépôt a perdu la liste de ses archives (le manifeste), ou demande une réparation. {KEEP}"
            )


def _documents(done: Finished) -> list[dict[str, Any]]:
    return list(documents(done.messages))


def _errors(done: Finished) -> list[str]:
    return [
        str(each.get("message", ""))
        for each in _documents(done)
        if each.get("levelname") in ("ERROR", "CRITICAL") and each.get("type") == "log_message"
    ]


def _text(done: Finished) -> str:
    messages = [str(each.get("message", "")) for each in _documents(done)]
    return " ".join(" ".join(messages[-2:]).split()) or done.messages[-600:].decode("utf-8", "replace")


def _is_readable(folder: Path) -> bool:
    return all(os.access(path, os.R_OK) for path in chain([folder], islice(folder.rglob("*"), MOST_ENTRIES)))


def _require_whole(folder: Path) -> None:
    """Raise Damaged for a repository whose index does not go with its data: borg would write to mend it."""
    if not (folder / "config").is_file() or not (folder / "data").is_dir():
        return  # borg says it better
    numbers: dict[str, set[int]] = {"index": set(), "hints": set(), "integrity": set()}
    for path in islice(folder.iterdir(), MOST_ENTRIES):
        if found := _ID.fullmatch(path.name):
            numbers[found[1]].add(int(found[2]))
    segments = [
        int(path.name)
        for path in islice((folder / "data").glob("*/*"), MOST_ENTRIES)
        if _NUMBER.fullmatch(path.name)
    ]
    last = max(segments, default=None)
    lacking = [name for name in ("index", "hints") if last is not None and last not in numbers[name]]
    if last is None:
        raise Damaged(f"Ce dépôt n'a plus aucune donnée : il a été vidé. {KEEP}")
    if lacking:
        later = max(numbers["index"], default=None)
        if later is not None and later > last:
            raise Damaged(
                f"Les derniers fichiers de données de ce dépôt manquent : sa copie n'est pas entière. {KEEP}"
            )
        raise Damaged(
            f"Ce dépôt n'est pas entier : « {lacking[0]} » ne va pas avec ses données. Une "
            f"sauvegarde ou une copie s'est arrêtée en route. Sur la machine sauvegardée : « borg check ». {KEEP}"
        )

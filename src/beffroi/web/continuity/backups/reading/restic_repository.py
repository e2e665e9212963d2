"""A restic repository, read by Debian's own restic with `--no-lock`: nothing is written in it, not even a lock.

Source of codes and messages: restic 0.18, https://restic.readthedocs.io/en/stable/075_scripting.html
"""

import json
import re
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from beffroi.lake.sandboxed_programs.program_runner import lines_to
from beffroi.lake.sources.network import Network
from beffroi.web.platform.restic_output import (
    NO_REPOSITORY,
    WRONG_KEY,
    as_called,
    document,
    documents,
    message_of,
)

from . import ssh
from .addresses import Address
from .damage_messages import KEEP, explained, failure, require_room
from .folder_size import folder_bytes, plausible
from .programs import LONG, SHORT, Bounds, Finished, Workplace, run, workplace
from .readable_repository import Damaged, FileNode, Latest, ReadingError, Sink, Unreachable
from .secrets import CopyAccess

LOCK_LEFT: Final = timedelta(hours=24)
"""A lock older than this was left by a backup that died."""
_HARMLESS: Final = re.compile(r"lchown|chown|xattr|operation not permitted|utimes", re.IGNORECASE)
MOST_FAULTS: Final = 5
MOST_LOCKS: Final = 5


@dataclass
class ResticRepository:
    """`series`: the machine whose backups are looked at, where a repository serves several."""

    address: Address
    place: Workplace
    options: tuple[str, ...] = ()
    series: str = ""

    @classmethod
    def opened(
        cls,
        address: Address,
        access: CopyAccess,
        scratch: Path,
        series: str = "",
        network: Network | None = None,
    ) -> "ResticRepository":
        key = scratch / "key"
        key.touch(mode=0o600)
        key.write_text(access.password + "\n", "utf-8")
        environment = {
            "RESTIC_REPOSITORY": as_called(address.text, address.host),
            "RESTIC_PASSWORD_FILE": str(key),
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "LANG": "C.UTF-8",
            # Collect garbage rather than reach the bound of memory.
            "GOMEMLIMIT": f"{SHORT.memory_bytes // 2}",
        }
        options: tuple[str, ...] = ("--no-lock", "--no-cache")
        if address.text.startswith("sftp:"):
            options += (
                "-o",
                f"sftp.args={shlex.join(ssh.client(scratch, access.ssh_key, access.known_hosts))}",
            )
        elif address.text.startswith("s3:"):
            environment |= {"AWS_ACCESS_KEY_ID": access.user, "AWS_SECRET_ACCESS_KEY": access.user_secret}
        elif address.text.startswith("rest:"):
            environment |= {"RESTIC_REST_USERNAME": access.user, "RESTIC_REST_PASSWORD": access.user_secret}
        return cls(address, workplace(address, access, scratch, environment, network), options, series)

    def latest(self) -> Latest:
        hosts = ["--host", self.series] if self.series else []
        out = self._run("snapshots", "--json", *hosts).output
        try:
            found = json.loads(out or b"[]") or []
            newest = max(found, key=lambda each: datetime.fromisoformat(each["time"]), default=None)
            if newest is None:
                whose = f" de la machine « {self.series} »" if self.series else ""
                raise Damaged(
                    f"Ce dépôt ne contient aucune sauvegarde{whose}. Vérifiez qu'elle se fait toujours, et où."
                )
            return Latest(newest["id"], datetime.fromisoformat(newest["time"]), len(found))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Damaged(f"La liste des sauvegardes de ce dépôt est illisible. {KEEP}") from error

    def files(self, latest: Latest, take: Callable[[FileNode], object]) -> None:
        def read(line: bytes) -> None:
            each = document(line) or {}
            if each.get("type") == "file":
                node = FileNode.of(each.get("path"), each.get("size"), each.get("mtime"))
                if node is not None:
                    take(node)

        self._run("ls", "--json", latest.id, bounds=LONG, sink=lines_to(read))

    def stored_bytes(self) -> int | None:
        if self.address.folder is not None:
            return folder_bytes(self.address.folder)
        found = next(documents(self._run("stats", "--mode", "raw-data", "--json", bounds=LONG).output), {})
        return plausible(int(found["total_size"])) if "total_size" in found else None

    def verify(self, part: int, parts: int) -> tuple[float, list[str]]:
        subset = "--read-data" if parts == 1 else f"--read-data-subset={part}/{parts}"
        done = self._call("check", subset, "--json", bounds=LONG)
        faults = self._left_locks()
        if done.code:
            self._raise_for(done)
            messages = [
                str(each.get("message", "")) for each in documents(done.messages + b"\n" + done.output)
            ]
            text = next((each for each in messages if each.strip()), "") or message_of(done.messages)
            faults.append(explained(text))
        return 1 / parts, faults

    def restore(self, latest: Latest, paths: Sequence[str], into: Path) -> list[str]:
        chosen = [word for path in paths for word in ("--include", _literal(path))]
        done = self._call(
            "restore", latest.id, "--target", str(into), "--json", "--verify", *chosen, bounds=LONG
        )
        if not done.code:
            return []
        self._raise_for(done)
        messages = documents(done.messages + b"\n" + done.output)
        errors = [
            str((each.get("error") or {}).get("message", ""))
            for each in messages
            if each.get("message_type") == "error" and isinstance(each.get("error"), dict)
        ]
        bad = [text for text in errors if not _HARMLESS.search(text)]
        return [explained(text) for text in bad[:MOST_FAULTS]]

    def stream(self, latest: Latest, path: str, sink: Sink) -> None:
        self._run("dump", latest.id, path, bounds=LONG, sink=sink)

    def under_way(self) -> bool:
        """Whether a lock is there that is not an old one."""
        return any(datetime.now(UTC) - at < LOCK_LEFT for at in self._locks())

    def _locks(self) -> list[datetime]:
        """When each lock was last refreshed; on a server, when it was taken, of the first ones."""
        if self.address.folder is not None:
            found = islice((self.address.folder / "locks").glob("*"), 1000)
            return [datetime.fromtimestamp(each.lstat().st_mtime, UTC) for each in found if each.is_file()]
        taken = []
        with suppress(ReadingError, ValueError, KeyError, TypeError):
            for lock in self._run("list", "locks").output.decode("ascii", "replace").split()[:MOST_LOCKS]:
                taken.append(
                    datetime.fromisoformat(json.loads(self._run("cat", "lock", lock).output)["time"])
                )
        return taken

    def _left_locks(self) -> list[str]:
        left = [at for at in self._locks() if datetime.now(UTC) - at >= LOCK_LEFT]
        if not left:
            return []
        return [
            f"Un verrou est resté dans le dépôt depuis le {min(left):%d/%m/%Y} : le ménage, ou la prochaine sauvegarde, peut être "
            "refusé. Sur la machine sauvegardée : « restic unlock », puis une sauvegarde."
        ]

    def _run(self, *arguments: str, bounds: Bounds = SHORT, sink: Sink | None = None) -> Finished:
        done = self._call(*arguments, bounds=bounds, sink=sink)
        if done.code:
            self._raise_for(done)
            raise failure(
                message_of(done.messages + b"\n" + done.output[-4096:]), remote=not self.address.folder
            )
        return done

    def _call(self, *arguments: str, bounds: Bounds, sink: Sink | None = None) -> Finished:
        return run(["restic", *self.options, *arguments], self.place, bounds, sink=sink)

    def _raise_for(self, done: Finished) -> None:
        """Raise what the code of restic tells by itself."""
        require_room(f"{message_of(done.messages)} {message_of(done.output[-4096:])}")
        if done.code == WRONG_KEY:
            raise Damaged(
                "Le mot de passe enregistré n'ouvre plus ce dépôt : personne ne pourrait le restaurer avec lui. Retrouvez le bon, "
                "puis « Changer le secret »."
            )
        if done.code == NO_REPOSITORY:
            raise Damaged(
                "Il n'y a plus de dépôt restic à cette adresse : il a été vidé, déplacé, ou son fichier « config » manque. "
                f"{KEEP}"
            )
        text = message_of(done.messages)
        if any(
            sign in text.lower() for sign in ("permission denied", "connection", "no such host", "timeout")
        ):
            raise failure(text, remote=not self.address.folder)
        if self.address.host and isinstance(found := failure(text, remote=True), Unreachable):
            raise found


def _literal(path: str) -> str:
    """A path as a pattern of restic that matches nothing else."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", path)

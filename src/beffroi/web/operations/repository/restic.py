"""The restic repository of an instance: its address, its key, and the distribution's own `restic`, run with both.

In: settings of the environment. Out: snapshots made, listed, brought back; each refusal in French, with what to do. No secret is
on a command line: the key and the secret of S3 stand in files, outside the instance, that their owner alone reads.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from beffroi.home import Home, HomeError
from beffroi.lake.sandboxed_programs.program_runner import Stopped
from beffroi.web.loopback import is_loopback
from beffroi.web.platform.restic_output import LOCKED, documents, has_password, host_of, message_of

from . import restic_program
from .restic_messages import KEY_FILE, REPOSITORY, S3_KEY, S3_SECRET_FILE, SSH_CONFIG, explain, explain_stop

WHOLE, LACKING, LACKS, TOWNS = "whole", "lacking", "lacks:", "towns:"
"""Tags of a snapshot: nothing was missing or something was, where (territories), how many territories it has."""
HOST: Final = "host"
"""In place of a territory's short name, in the tags."""
MOST_NAMED: Final = 50
SHORTEST_KEY: Final = 20
PATIENCE: Final = 60.0
"""Seconds after which a short command is given up: restic itself goes on trying for a quarter of an hour."""
_INHERITED: Final = (
    "PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK",
)  # fmt: skip
_ID: Final = re.compile(r"latest|[0-9a-f]{6,64}")


class RepositoryError(HomeError):
    """The repository cannot do what was asked; the message is French. `code`, `detail`: restic's own."""

    def __init__(self, message: str, code: int = 1, detail: str = "") -> None:
        super().__init__(message)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Snapshot:
    """Snapshot of a repository: `size` and `added` in bytes, before compression and as stored; `lacking`: the territories
    (short names, "host" for what is of none) in which something was missing."""

    id: str
    at: datetime
    size: int
    added: int
    towns: int
    whole: bool
    lacking: tuple[str, ...] = ()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Snapshot":
        tags, summary = stored.get("tags", []), stored.get("summary", {})
        return cls(
            stored["short_id"],
            datetime.fromisoformat(stored["time"]),
            summary.get("total_bytes_processed", 0),
            summary.get("data_added_packed", 0),
            int(next((tag.removeprefix(TOWNS) for tag in tags if tag.startswith(TOWNS)), "0")),
            WHOLE in tags,
            tuple(tag.removeprefix(LACKS) for tag in tags if tag.startswith(LACKS)),
        )

    def is_whole_for(self, territory: str) -> bool:
        """Whether nothing of this territory (short name) was missing, nor of what all share: the database, the keys."""
        named = 0 < len(self.lacking) < MOST_NAMED
        return self.whole or (named and not {territory, HOST}.intersection(self.lacking))


@dataclass(frozen=True)
class Repository:
    """A repository: where it is, in restic's own words, and the file of its key."""

    address: str
    key_file: Path
    home: Home

    @property
    def is_outside(self) -> bool:
        """Whether it survives this machine's disk: another machine, or another file system."""
        host = host_of(self.address)
        if host is not None:
            return not is_loopback(host)
        place = Path(self.address)
        while not place.exists():
            place = place.parent
        return place.stat().st_dev != self.home.path.stat().st_dev

    def check_access(self) -> None:
        """Raise RepositoryError when it cannot be opened."""
        self.check_key()
        self.run("cat", "config", patience=PATIENCE)

    def check_key(self) -> None:
        """Raise HomeError for a key that is missing, too short, or that others can read."""
        try:
            mode, key = self.key_file.stat().st_mode, self.key_file.read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            why = "n'existe pas" if isinstance(error, FileNotFoundError) else "ne peut pas être lu"
            raise HomeError(
                f"Le fichier de la clé des sauvegardes ({self.key_file}) {why}. Rien n'a été modifié. Remettez la clé mise au "
                "coffre ; pour un dépôt neuf, « beffroi repository init » en fait une."
            ) from error
        if mode & 0o037:
            raise HomeError(
                f"D'autres que le service peuvent lire la clé des sauvegardes ({self.key_file}). Rien n'a été modifié. "
                f"Fermez-la : chmod 600 {self.key_file}"
            )
        if len(key) < SHORTEST_KEY:
            raise HomeError(
                f"La clé des sauvegardes ({self.key_file}) est trop courte : {SHORTEST_KEY} caractères au moins. "
                "Rien n'a été modifié."
            )

    def init(self) -> bool:
        """Create it; False when it exists already, opened by whatever key. Raises RepositoryError."""
        try:
            self.run("init", patience=PATIENCE)
        except RepositoryError as error:
            if "already exists" not in error.detail and "already initialized" not in error.detail:
                raise
            return False
        return True

    def save(
        self, folder: Path, *, towns: int, lacks: Mapping[str, str], lacking: set[str], reread: bool
    ) -> Snapshot:
        """Send a folder as a snapshot; `reread`: even what seems unchanged since the last one. Raises RepositoryError."""
        named = sorted(slug or HOST for slug in lacking)[:MOST_NAMED] if lacks else []
        tags = [LACKING if lacks else WHOLE, f"{TOWNS}{towns}", *(LACKS + name for name in named)]
        # One call for everything: each costs half a second of CPU, to open the key. Files are hard links, whose times of change
        # move when another link comes or goes; their content does not.
        options = [
            "--ignore-ctime",
            "--no-scan",
            "--group-by=host",
            "--host=beffroi",
            *(["--force"] if reread else []),
        ]
        out = self.run(
            "backup", ".", *options, *(f"--tag={tag}" for tag in tags), "--json", "--quiet", at=folder
        )
        summary = next(each for each in documents(out) if each.get("message_type") == "summary")
        stored = {
            "short_id": summary["snapshot_id"][:8],
            "time": summary["backup_start"],
            "tags": tags,
            "summary": summary,
        }
        return Snapshot.of(stored)

    def snapshots(self) -> list[Snapshot]:
        """The latest first."""
        found = json.loads(self.run("snapshots", "--json", patience=PATIENCE))
        return [Snapshot.of(each) for each in reversed(found)]

    def snapshot(self, snapshot_id: str) -> Snapshot:
        """Raises HomeError for one that does not exist."""
        if _ID.fullmatch(snapshot_id):
            for each in self.snapshots():
                if snapshot_id == "latest" or each.id.startswith(snapshot_id[:8]):
                    return each
        raise HomeError(
            f"Aucun instantané ne s'appelle « {snapshot_id} » dans ce dépôt. Rien n'a été modifié. "
            "« beffroi repository list » les montre."
        )

    def latest_for(self, territory: str) -> Snapshot:
        """The latest snapshot that is whole for this territory (short name); else the latest. Raises HomeError where none is."""
        found = self.snapshots()
        return next((each for each in found if each.is_whole_for(territory)), None) or self.snapshot("latest")

    def read(self, snapshot: Snapshot, name: str) -> bytes:
        """One small file of a snapshot."""
        return self.run("dump", snapshot.id, f"/{name}")

    def bring_back(self, snapshot: Snapshot, target: Path, includes: tuple[str, ...] = ()) -> None:
        """Write a snapshot, or some paths of it, in a folder; each block is verified by restic on its way."""
        chosen = [f"--include=/{path}" for path in includes]
        self.run("restore", snapshot.id, f"--target={target}", "--quiet", *chosen)

    def rotate(self) -> int:
        """Remove the old snapshots: of those that lacked nothing the last of 30 days and of 12 months stay. How many went."""
        lacking, whole = ["--tag", LACKING], ["--tag", WHOLE, "--keep-monthly=12", "--prune"]
        removed = 0
        for which in (lacking, whole):
            out = self.run("forget", "--group-by=", "--keep-daily=30", *which, "--json", "--quiet")
            found = json.loads(out.splitlines()[0] if out.strip() else b"[]")
            removed += sum(len(group.get("remove") or []) for group in found)
        return removed

    def check(self, part: int, parts: int) -> None:
        """Verify the structure of the repository, and read again one part of its data. Raises RepositoryError."""
        self.run("check", f"--read-data-subset={part}/{parts}", "--quiet")

    def run(self, *arguments: str, at: Path | None = None, patience: float | None = None) -> bytes:
        """Run restic; what it writes. A lock left by a process that died is removed, no other. Raises RepositoryError."""
        try:
            return self._run(*arguments, at=at, patience=patience)
        except RepositoryError as error:
            if error.code != LOCKED:
                raise
        self._run("unlock", at=None, patience=PATIENCE)
        return self._run(*arguments, at=at, patience=patience)

    def _run(self, *arguments: str, at: Path | None, patience: float | None) -> bytes:
        try:
            done = restic_program.run(
                [*([] if self.home.exists() else ["--no-cache"]), *arguments],  # a blank home stays blank
                self.address,
                self._environment(),
                ssh_config=os.environ.get(SSH_CONFIG, ""),
                at=at,
                patience=patience,
            )
        except Stopped as stopped:
            detail = message_of(stopped.messages)
            raise RepositoryError(
                explain_stop(stopped.reason, stopped.detail, detail, self.address, self.key_file),
                detail=detail,
            ) from stopped
        if done.code:
            detail = message_of(done.output + b"\n" + done.messages)
            raise RepositoryError(explain(done.code, detail, self.address, self.key_file), done.code, detail)
        return done.output

    def _environment(self) -> dict[str, str]:
        found = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        found |= {
            "RESTIC_PASSWORD_FILE": str(self.key_file),
            "RESTIC_CACHE_DIR": str(self.home.path / "cache" / "restic"),
        }
        if self.address.startswith("s3:"):
            secret = os.environ.get(S3_SECRET_FILE, "")
            try:
                found["AWS_SECRET_ACCESS_KEY"] = Path(secret).read_text("utf-8").strip() if secret else ""
            except (OSError, ValueError) as error:
                raise RepositoryError(
                    f"Le fichier désigné par {S3_SECRET_FILE} ne peut pas être lu. Rien n'a été modifié."
                ) from error
            found["AWS_ACCESS_KEY_ID"] = os.environ.get(S3_KEY, "")
        return found


def is_configured() -> bool:
    return bool(os.environ.get(REPOSITORY))


def configured(home: Home) -> Repository:
    """The repository that the settings name. Raises HomeError for settings that would lose or leak the backups."""
    address, key = os.environ.get(REPOSITORY, ""), os.environ.get(KEY_FILE, "")
    if not address:
        raise HomeError(
            f"Aucun dépôt de sauvegarde n'est désigné. Rien n'a été modifié. Donnez son adresse par {REPOSITORY} et sa clé par "
            f"{KEY_FILE} (docs/settings.md)."
        )
    if not key or not Path(key).is_absolute():
        raise HomeError(
            f"{KEY_FILE} doit désigner le fichier de la clé, par son chemin entier. Rien n'a été modifié."
        )
    if not address.startswith(("/", "sftp:", "s3:")) or has_password(address):
        raise HomeError(
            f"{REPOSITORY} n'est pas une adresse de dépôt : /dossier, sftp:compte@hôte:/dossier ou "
            "s3:https://hôte/compartiment, sans mot de passe. Rien n'a été modifié."
        )
    host = host_of(address)
    if address.startswith("s3:") and not address.startswith("s3:https://") and not is_loopback(host or ""):
        raise HomeError(f"{REPOSITORY} doit être en https (s3:https://…). Rien n'a été modifié.")
    key_file = Path(key).resolve()
    inside = [("La clé des sauvegardes", key_file)]
    if host is None:
        place = Path(address).resolve()
        inside.append(("Le dépôt de sauvegarde", place))
        if key_file.is_relative_to(place):
            raise HomeError(
                f"La clé des sauvegardes ne peut pas être dans le dépôt qu'elle ouvre ({place}). Rien n'a été modifié."
            )
        if home.path.resolve().is_relative_to(place):
            raise HomeError(f"Le dépôt de sauvegarde ({place}) contient l'instance. Rien n'a été modifié.")
    for what, path in inside:
        if path.is_relative_to(home.path.resolve()):
            raise HomeError(
                f"{what} ne peut pas être dans l'instance ({path}) : perdue avec elle, rien ne se restaure. Rien n'a été "
                "modifié. Choisissez un autre dossier."
            )
    return Repository(address, key_file, home)

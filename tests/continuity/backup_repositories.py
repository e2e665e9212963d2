"""Real repositories of restic and borg, small and made once a worker: copy them, harm them."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

PASSWORD = "phrase-de-passe-d-essai-42"
FILES = 12


@dataclass(frozen=True)
class Made:
    """A repository, and the folder that it was made from."""

    kind: str
    folder: Path
    source: Path
    environment: dict[str, str]

    def call(self, *arguments: str, at: Path | None = None) -> str:
        done = subprocess.run(
            [self.kind, *arguments], env=self.environment, cwd=at, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def back_up(self, name: str = "nuit-1", *, ago: timedelta = timedelta()) -> None:
        """By the clock of the tests, which these programs may not see (`tests/dates.py`), to the second."""
        now = datetime.now(UTC) - ago
        if self.kind == "restic":
            self.call(
                "backup", "--quiet", "--host=serveur", f"--time={now:%Y-%m-%d %H:%M:%S}", ".", at=self.source
            )
        else:
            self.call(
                "create",
                f"--timestamp={now:%Y-%m-%dT%H:%M:%S}",
                f"{self.folder}::{name}",
                ".",
                at=self.source,
            )


def fill(source: Path) -> None:
    for n in range(FILES):
        path = source / f"dossier {n % 3}" / f"acte [{n}] été.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"Acte n° {n}\n".encode() * 40 + os.urandom(3000))
    (source / "vide.txt").touch()
    (source / "lien").symlink_to("vide.txt")


def environment(kind: str, root: Path, folder: Path) -> dict[str, str]:
    common = {"PATH": os.environ["PATH"], "HOME": str(root), "LANG": "C.UTF-8", "TZ": "UTC"}
    if kind == "restic":
        return {
            **common,
            "RESTIC_REPOSITORY": str(folder),
            "RESTIC_PASSWORD": PASSWORD,
            "RESTIC_CACHE_DIR": str(root / "cache"),
        }
    return {
        **common,
        "BORG_PASSPHRASE": PASSWORD,
        "BORG_BASE_DIR": str(root / "borg"),
        "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
    }


def make(kind: str, root: Path) -> Made:
    """A repository with two backups of a dozen files."""
    source, folder = root / "source", root / "depot"
    fill(source)
    made = Made(kind, folder, source, environment(kind, root, folder))
    made.call("init", *(["--encryption=repokey-blake2", str(folder)] if kind == "borg" else ["--quiet"]))
    made.back_up("nuit-1", ago=timedelta(hours=1))
    (source / "dossier 0" / "nouveau.txt").write_bytes(os.urandom(2000))
    made.back_up("nuit-2")
    return made


def duplicate(made: Made, root: Path) -> Made:
    """The same in another place, with its dates, to be harmed."""
    shutil.copytree(made.folder.parent, root, symlinks=True, dirs_exist_ok=True)
    folder = root / made.folder.name
    return Made(made.kind, folder, root / made.source.name, environment(made.kind, root, folder))

"""Snapshots of an instance in its repository: made from the stage, brought back whole, or one territory alone.

In: a home and the settings of its repository. Out: the same reports as a backup in a file, an instance rebuilt after the same
verifications, or a folder laid out as an unpacked backup.
"""

import json
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from beffroi.home import Home, HomeError, write_safely
from beffroi.lake import files

from .. import backup_log, locks, stage_memory
from ..archives import MANIFEST, Holdings
from ..backup import (
    BackupReport,
    Manifest,
    check_files,
    manifest_of,
    read_manifest,
    rebuild,
    refuse_without_database,
    report_of,
    still_expected,
)
from ..stage import Progress, Stage
from ..stage_memory import StageMemory
from ..territory_source import territories_of
from ..territory_swap import BUSY as RESTORING
from ..territory_swap import REPLACING, settle
from . import restic
from .restic import Repository, RepositoryError, Snapshot

BUSY = "Une sauvegarde est déjà en cours. Rien n'a été modifié. Attendez sa fin."


@dataclass(frozen=True)
class Prepared:
    """A repository made ready: whether it was created just now, whether its key was."""

    repository: Repository
    created: bool
    new_key: bool


def prepare(home: Home) -> Prepared:
    """Create the repository, and its key when there is none; one that the key opens already is left as it is. Raises HomeError."""
    repository = restic.configured(home)
    new_key = not repository.key_file.exists()
    if new_key:
        try:
            repository.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_safely(repository.key_file, (_new_key() + "\n").encode())
        except OSError as error:
            raise HomeError(
                f"La clé n'a pas pu être écrite dans {repository.key_file} : {error.strerror}. Rien n'a été créé. Donnez au "
                "service un dossier où il peut écrire (docs/installer.md, 6)."
            ) from error
    repository.check_key()
    try:
        created = repository.init()
        if not created and not new_key:
            repository.check_access()
        elif not created:
            raise HomeError(
                f"Le dépôt {repository.address} existe déjà, et sa clé n'est pas dans {repository.key_file}. Rien n'a été "
                "modifié. Remettez-y la clé mise au coffre."
            )
    except BaseException:
        if new_key:
            repository.key_file.unlink(missing_ok=True)  # it opens nothing
        raise
    return Prepared(repository, created, new_key)


def save(home: Home, *, accept_less: bool = False, progress: Progress = lambda _: None) -> BackupReport:
    """Send what changed in the instance, which may be serving, to its repository. Raises Incomplete, RepositoryError, HomeError."""
    home.check_format()
    repository = restic.configured(home)
    repository.check_key()
    settle(home)
    with locks.exclusive(home, "backup", BUSY), locks.shared(home, REPLACING, RESTORING):
        refuse_without_database(home)
        last = stage_memory.read(home)
        memory = last.for_repository(repository.address)
        if not memory.files or memory is not last:
            # Before a long copy, and where nothing was ever sent; half a second of CPU.
            memory = _recalled(home, repository, memory)
        if memory.made_at:
            memory = replace(memory, holdings=still_expected(memory.holdings, memory.made_at))
        stage = Stage(home, home.backups / "stage", memory, progress)
        try:
            stage.fill()
            manifest = manifest_of(stage, _earlier(repository, memory), accept_less=accept_less)
            write_safely(stage.folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
            progress("Envoi au dépôt…")
            whole = not manifest["lacks"]
            towns = sum(slug != stage_memory.HOST for slug in stage.towns)
            snapshot = repository.save(
                stage.folder,
                towns=towns,
                lacks=manifest["lacks"],
                lacking=stage.lacking(),
                reread=not memory.files,
            )
            stage_memory.write(home, stage.remember(snapshot.id, whole=whole))
            backup_log.record(
                home,
                repository.address,
                whole=whole,
                snapshot=snapshot.id,
                outside=repository.is_outside,
                lacking=stage.lacking(),
            )
        except OSError as error:
            why = "le disque est plein" if files.disk_full(error) else error.strerror
            raise HomeError(
                f"La copie à envoyer n'a pas pu être préparée dans {stage.folder} : {why}. L'instance n'a pas été modifiée. "
                "Vérifiez la place libre et vos droits."
            ) from error
    return report_of(manifest, snapshot.added, snapshot=snapshot.id)


def _recalled(home: Home, repository: Repository, memory: StageMemory) -> StageMemory:
    """What is remembered, with the latest snapshots of the repository that are whole for each territory."""
    there = repository.snapshots()
    towns = {stage_memory.HOST, *(place.name for place in home.path.glob("territories/*"))}
    found = {slug: next((each.id for each in there if each.is_whole_for(slug)), "") for slug in towns}
    return memory.with_snapshots({slug: each for slug, each in found.items() if each})


def _earlier(repository: Repository, memory: StageMemory) -> tuple[Holdings, str] | None:
    """What the last snapshot that lacked nothing holds: remembered, or else read in the repository."""
    holdings, snapshot_id = memory.holdings, memory.snapshot
    if not snapshot_id:
        last = next((each for each in repository.snapshots() if each.whole), None)
        if last is None:
            return None
        manifest = manifest_in(repository, last)
        holdings = still_expected(Holdings(**manifest["holdings"]), manifest["made_at"])
        snapshot_id = last.id
    return holdings, f"Instantané qui l'a encore : {snapshot_id}."


def manifest_in(repository: Repository, snapshot: Snapshot) -> Manifest:
    """Raises HomeError for a snapshot that Beffroi did not make."""
    try:
        return dict(json.loads(repository.read(snapshot, MANIFEST)))
    except (RepositoryError, ValueError) as error:
        raise HomeError(
            f"L'instantané {snapshot.id} n'est pas une sauvegarde de Beffroi. Rien n'a été mis en place."
        ) from error


def restore(home: Home, snapshot_id: str = "latest", *, progress: Progress = lambda _: None) -> BackupReport:
    """Rebuild an instance from a snapshot on a blank home, after the verifications of any backup."""
    repository = restic.configured(home)
    repository.check_key()
    snapshot = repository.snapshot(snapshot_id)
    manifest = rebuild(home, lambda root: unpack(repository, snapshot, root), progress)
    towns = [stage_memory.HOST, *(place.name for place in home.path.glob("territories/*"))]
    known = {slug: snapshot.id for slug in towns if snapshot.is_whole_for(slug)}
    stage_memory.write(home, StageMemory(repository=repository.address).with_snapshots(known))
    return report_of(manifest, snapshot.size, snapshot=snapshot.id)


def unpack(
    repository: Repository, snapshot: Snapshot, root: Path, includes: tuple[str, ...] = ()
) -> Manifest:
    """Write a snapshot in an absent folder, as an unpacked backup; its manifest, taken out of the folder. Raises HomeError."""
    root.mkdir(mode=0o700, parents=True)
    repository.bring_back(snapshot, root, includes and (MANIFEST, *includes))
    if any(path.is_symlink() for path in root.rglob("*")):
        raise HomeError(f"L'instantané {snapshot.id} contient un lien. Rien n'a été mis en place.")
    try:
        return read_manifest(root)
    except (OSError, ValueError, KeyError) as error:
        raise HomeError(
            f"L'instantané {snapshot.id} n'est pas une sauvegarde de Beffroi. Rien n'a été mis en place."
        ) from error


def unpack_part(repository: Repository, snapshot: Snapshot, root: Path, *slugs: str) -> Manifest:
    """The same with the files of these territories only, those of the host (database, keys), and the manifest of both."""
    manifest = manifest_in(repository, snapshot)
    there = territories_of(manifest)
    if unknown := set(slugs) - there:
        raise HomeError(
            f"L'instantané {snapshot.id} n'a pas de territoire « {sorted(unknown)[0]} ». Rien n'a été écrit. "
            f"Il a : {', '.join(sorted(there)[:20]) or 'aucun'}."
        )
    places = tuple(f"territories/{slug}/" for slug in slugs)

    def belongs(name: str) -> bool:
        # Contours are the host's: large, and imported again by one command.
        return name.startswith(places) or not name.startswith(("territories/", "reference/"))

    some = {name: digest for name, digest in manifest["files"].items() if belongs(name)}
    tops = {name.split("/")[0] for name in some} - {"territories"}
    manifest = unpack(repository, snapshot, root, (*(place.rstrip("/") for place in places), *sorted(tops)))
    sums = {lake: each for lake, each in manifest["checksums"].items() if belongs(f"{lake}/")}
    return manifest | {"files": some, "checksums": sums}


def choose(home: Home, snapshot_id: str | None, territory: str) -> Snapshot:
    """The snapshot of this name; without one, the latest that is whole for this territory, else the latest. Raises HomeError."""
    repository = restic.configured(home)
    repository.check_key()
    return repository.snapshot(snapshot_id) if snapshot_id else repository.latest_for(territory)


def extract(home: Home, snapshot: Snapshot, territory: str, target: Path) -> Manifest:
    """What brings one territory back, in an absent folder: an unpacked backup with its manifest, each byte compared.

    Raises HomeError, the folder absent again.
    """
    repository = restic.configured(home)
    if target.exists():
        raise HomeError(f"{target} existe déjà. Rien n'a été écrit. Choisissez un dossier absent.")
    try:
        manifest = unpack_part(repository, snapshot, target, territory)
        check_files(target, manifest)
        write_safely(target / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False).encode())
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return manifest


def _new_key() -> str:
    """160 random bits in eight groups of four, to be copied by hand: no letter that looks like a digit."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(8))

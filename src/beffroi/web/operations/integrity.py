"""Integrity of a home: what rows, signed roots, marks and inventories say it must hold, compared with what is there.

In: a home. Out: what stands wrong in it (`findings`), and which backup has it still. `record` writes down what is not recorded yet.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from beffroi.hashing import file_sha256
from beffroi.home import Home, HomeError
from beffroi.lake import inventory
from beffroi.lake.errors import LakeError
from beffroi.lake.sampling import Sample
from beffroi.web.platform import gates, ledger
from beffroi.web.platform.ledger import marks
from beffroi.web.platform.models import Territory
from beffroi.web.platform.postgresql.lakes import KINDS

from . import archives, database_findings, findings, machine_findings, stage_memory
from .finding import Finding, database_finding
from .repository import restic
from .stage_memory import StageMemory

KEYS: Final = ("secret.key", "ledger.key")
"""The keys of a home: `beffroi.json` records the SHA-256 of each, until it is exchanged."""
ACCEPTED: Final = "accepted_losses"


class Incomplete(HomeError):
    """The home does not hold what it must; nothing was done."""

    def __init__(self, message: str, findings: Collection[Finding]) -> None:
        super().__init__(message)
        self.findings = list(findings)


def check(home: Home, *, full: bool = False, sample: Sample | None = None) -> list[Finding]:
    """All that is missing or wrong, in a home that may be serving. Raises HomeError.

    `full`: every byte is read; `sample`: those of the files that it chooses, and the pages of the database. What the machine does
    comes first: where it keeps files from being read or written, nothing else is said, for it may seem damaged.
    """
    return _behind_machine(home, lambda: _check(home, full=full, sample=sample))


def of_files(home: Home) -> list[Finding]:
    """What the home itself lacks (see `findings.of_files`), or what the machine does to it where that hides it."""
    return _behind_machine(home, lambda: findings.of_files(home))


def _behind_machine(home: Home, look: Callable[[], list[Finding]]) -> list[Finding]:
    machine = machine_findings.of_machine(home)
    if any(each.key == machine_findings.IN_USE for each in machine):
        return [replace(each, stops=True) for each in machine]  # each question would wait for its holder
    hidden = machine_findings.hides_the_rest(machine)
    try:
        found = look()
    except (OSError, DatabaseError, LakeError, HomeError) as error:
        if not hidden:
            raise
        found = [Finding("machine:rest", str(error), stops=True)]
    if hidden:
        stops = any(each.stops for each in found)
        return [replace(each, stops=stops) for each in machine]
    return [*machine, *found]


def _check(home: Home, *, full: bool, sample: Sample | None) -> list[Finding]:
    found = [*findings.of_files(home), *findings.of_identity(home)]
    if any(each.key == "database" for each in found):
        return found
    if full and connection.vendor == "sqlite" and (why := findings.damage_of_database(home.database)):
        return [*found, findings.damaged_database(why)]
    try:
        if newer := _unknown_steps():
            message = (
                f"La base a été écrite par une version plus récente de Beffroi (étape inconnue : {newer[0]})."
            )
            action = "Installez la version récente, ou restaurez une sauvegarde faite avec cette version."
            return [*found, Finding("migrations", message, stops=True, action=action)]
        if not is_upgraded():
            message = "La base attend une mise à niveau : lancez « beffroi upgrade », puis recommencez."
            return [*found, Finding("migrations", message)]
        if sample and connection.vendor == "sqlite" and (why := _damaged_page()):
            return [*found, findings.damaged_database(why)]
        found += findings.of_chains(full=full)
        found += findings.of_restorations()
        found += database_findings.of_stopped_restorations(home)
        if connection.vendor == "sqlite":
            found += database_findings.of_schema()
            found += database_findings.of_references() if full or sample else ()
        for territory in Territory.objects.exclude(pk__in=gates.closed()).order_by("pk"):
            found += findings.of_territory(home, findings.expected(territory), full=full, sample=sample)
            found += database_findings.of_unknown_files(home, territory)
        found += findings.of_strangers(home)
    except DatabaseError as error:
        found.append(
            database_finding(f"La base ne peut pas être lue en entier : {inventory.reason_of(error)}.")
        )
    return found


def _damaged_page() -> str:
    """Why the pages of the open SQLite database are not whole; "" when they are."""
    connection.ensure_connection()
    return inventory.integrity_error(connection.connection, quick=True)


def before_serving(home: Home) -> list[Finding]:
    """What is wrong and does not keep the instance from being served; what a stop left out is recorded. Raises Incomplete."""
    record_lakes(home)
    found = check(home)
    if connection.vendor == "sqlite" and (why := findings.damage_of_database(home.database, quick=True)):
        found.append(findings.damaged_database(why))
    refuse(home, found)
    return unaccepted(home, found)


@contextmanager
def report_damaged_database(home: Home) -> Iterator[None]:
    """Inside, a database that cannot be read to its last page is said to be damaged. Raises Incomplete."""
    try:
        yield
    except DatabaseError as error:
        if "malformed" not in str(error):
            raise
        refuse(home, [findings.damaged_database(inventory.reason_of(error))])


def _unknown_steps() -> list[str]:
    """Steps that the database took and that this version does not have."""
    loader = MigrationExecutor(connection).loader
    return sorted(".".join(step) for step in loader.applied_migrations.keys() - loader.disk_migrations.keys())


def is_upgraded() -> bool:
    """Whether the database is at this version: its rows can be asked for."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def unaccepted(home: Home, found: Iterable[Finding]) -> list[Finding]:
    """The findings that nobody accepted."""
    accepted = home.accepted_losses
    return [each for each in found if each.key not in accepted]


def refuse(home: Home, found: Iterable[Finding]) -> None:
    """Raise Incomplete, naming each, when something without which nothing is served is missing."""
    stopping = [each for each in unaccepted(home, found) if each.stops]
    if stopping:
        raise Incomplete(
            f"{_what_stands(home, stopping)} Rien n'est mis en service, rien n'a été modifié.\n"
            f"{listed(home, stopping)}\n"
            f"{advice(home, stopping)}",
            stopping,
        )


def _what_stands(home: Home, stopping: Collection[Finding]) -> str:
    if all(each.is_of_the_machine for each in stopping):
        return f"L'instance {home.path} ne peut pas être lue ou écrite en entier."
    return f"L'instance {home.path} n'a plus tout ce qu'elle doit garder."


def advice(home: Home, found: Collection[Finding]) -> str:
    """What to do about these findings: what each asks for, then what brings back the rest, first the only territory that it is of."""
    actions = list(dict.fromkeys(each.action for each in found if each.action))
    lost = [each for each in found if not each.action]
    return " ".join([*actions, _advice_of_losses(home, lost)] if lost else actions)


def _advice_of_losses(home: Home, found: Collection[Finding]) -> str:
    whole = (
        "remettez à leur place les fichiers d'une sauvegarde, ou restaurez l'instance ailleurs (« beffroi restore »). Si cette perte "
        "est connue et sans retour : « beffroi doctor --accept »."
    )
    command = restore_command(home, found)
    if command:
        return f"Pour cette seule collectivité : « {command} ». Sinon, {whole}"
    return whole[0].upper() + whole[1:]


def restore_command(home: Home, found: Collection[Finding], memory: StageMemory | None = None) -> str:
    """The command that brings back the only territory that these findings are of; "" when there is none.

    `memory`: of the repository, which was asked; as it is remembered when absent.
    """
    slug = next((each.territory for each in found), "")
    if not slug or any(each.territory != slug or each.key.startswith("restoration:") for each in found):
        return ""
    if snapshot := (memory or _remembered(home)).snapshot_of(slug):
        return f"beffroi restore --territory {slug} --snapshot {snapshot}"
    if memory is None and restic.is_configured():
        return f"beffroi restore --territory {slug}"
    files = [each for each in found if each.file]
    for archive in archives.latest_first(home) if files else ():
        if all(archives.copy_of([archive], each.file, each.sha256, each.key) for each in files):
            return f"beffroi restore {archive.file} --territory {slug}"
    return ""


def listed(home: Home, found: Iterable[Finding]) -> str:
    """Each finding on a line, with the latest backup that has what is missing."""
    return "\n".join(f"- {line}" for line in described(home, list(found)))


def described(home: Home, found: Collection[Finding], memory: StageMemory | None = None) -> list[str]:
    """Each finding in a sentence, then the latest backup that has what is missing. `memory`: as for `restore_command`."""
    lines = []
    backups = list(archives.latest_first(home)) if any(each.file for each in found) else []
    sent = memory or _remembered(home)
    for each in found:
        copy = archives.copy_of(backups, each.file, each.sha256, each.key) if each.file else None
        snapshot = sent.snapshot_of(each.territory)
        message = ""
        if each.action:
            message = f" {each.action}"
        elif copy:
            message = f" Sauvegarde qui l'a encore : {copy}."
        elif snapshot:
            message = f" Dernier instantané entier{f' pour {each.territory}' if each.territory else ''} : {snapshot}."
        elif each.file and memory is not None:
            message = " Ni une sauvegarde de cette machine ni un instantané entier du dépôt ne l'a."
        elif each.file and restic.is_configured():
            message = " Le dépôt n'a pas été consulté : « beffroi repository list »."
        elif each.file:
            message = " Aucune sauvegarde de cette machine ne l'a."
        lines.append(each.what + message)
    return lines


def _remembered(home: Home) -> StageMemory:
    """What is remembered of the repository in use: the snapshots of a former one are not in it."""
    memory = stage_memory.read(home)
    return memory.for_repository(os.environ.get(restic.REPOSITORY) or memory.repository)


def declare_key(home: Home, path: Path) -> None:
    """From now on, this key is what the home must hold under its name."""
    home.declare(keys={**home.identity().get("keys", {}), path.name: file_sha256(path)})


def record(home: Home) -> None:
    """Write down what is not recorded yet: the keys' hashes, where the chains and their roots stand."""
    recorded = home.identity().get("keys", {})
    there = {name: file_sha256(home.path / name) for name in KEYS if (home.path / name).is_file()}
    if new := {name: due for name, due in there.items() if name not in recorded}:
        home.declare(keys={**recorded, **new})
    for territory in (None, *Territory.objects.exclude(pk__in=gates.closed()).order_by("pk")):
        with ledger.opened(territory):
            if not marks.file_of(territory, "chain").exists() and (last := ledger.lines_of(territory).last()):
                marks.record_chain(territory, last.seq, last.hash, first=True)
        roots = home.roots / f"{marks.chain_name(territory)}.jsonl"
        if not marks.file_of(territory, "roots").exists() and roots.is_file():
            marks.record_roots(territory, roots.read_bytes(), first=True)
    if not home.requires_marks:
        home.declare(marks=True)


def record_lakes(home: Home) -> None:
    """The same for the lakes: before they are served, for it takes each of them some time when something is new."""
    for territory in Territory.objects.order_by("pk"):
        for kind in KINDS:
            inventory.catch_up(home.lake(territory.slug, kind))

"""What a home lacks, kind by kind: its own files, the lakes, the delivered files, the evidence, the chains of the ledger, in findings in French.

In: a home, or a copy of one, and what the rows of a territory say of it (`Expected`). Out: findings. Nothing is changed, and no
database is made where there is none.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Max

from beffroi.hashing import file_sha256, text_sha256
from beffroi.home import IDENTITY, Home
from beffroi.lake import catalogue_state, catalogues, inventory
from beffroi.lake.errors import LakeError
from beffroi.lake.sampling import Sample
from beffroi.lake.store import Lake
from beffroi.web.catalogue.lifecycle.file_storage import companions_of
from beffroi.web.catalogue.models import Dataset, Delivery, Snapshot
from beffroi.web.guides.models import Evidence
from beffroi.web.platform import gates, ledger, scope
from beffroi.web.platform.ledger import audit as ledger_audit
from beffroi.web.platform.ledger import marks, proofs
from beffroi.web.platform.models import Territory
from beffroi.web.platform.postgresql.lakes import KINDS

from . import table_findings
from .finding import DATABASE, Finding, database_finding
from .table_findings import DueTable


class Reader:
    """Reads stored bytes again. A backup, which needs the same sums for its manifest, has one that remembers."""

    def sha256(self, path: Path) -> str:
        return file_sha256(path)

    def checksums(self, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
        """Checksum of each table of a lake that can be read to its last row; of the others why not ("" for the whole lake)."""
        try:
            with Lake(folder, read_only=True) as lake:
                return lake.readable_checksums()
        except LakeError as error:
            return {}, {"": str(error)}


def of_files(home: Home) -> list[Finding]:
    """What the home itself lacks, told without asking the database: its database's file, its keys."""
    identity = home.identity()
    found = []
    for name, due in identity.get("keys", {}).items():
        path = home.path / name
        if path == home.secret_key and home.former_secret_key.is_file():
            continue  # it is being exchanged (`keys.renew_secret`), which declares the new one at its end
        if not path.is_file():
            found.append(Finding(f"key:{name}", f"La clé {name} manque.", name, due, stops=True))
        elif file_sha256(path) not in (due, _following(home, path)):
            message = f"La clé {name} n'est plus celle de cette instance."
            found.append(Finding(f"key:{name}", message, name, due, stops=True))
    if connection.vendor == "sqlite" and (why := _why_no_database(home, identity)):
        found.append(database_finding(why))
    return found


class StoredFile(NamedTuple):
    """A file that people brought: its row, its name, where it is stored in its folder, what it must be."""

    pk: int
    name: str
    stored_as: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Expected:
    """What the rows of a territory say that its folder holds. `least`: a version that each lake had, by kind."""

    territory: Territory
    least: dict[str, int]
    tables: list[DueTable]
    titles: dict[tuple[str, str], str]  # by kind of lake and table
    files: list[StoredFile]
    evidence: list[StoredFile]


def expected(territory: Territory) -> Expected:
    """What the folder of the territory must hold at this moment."""
    least, titles = {}, {}
    with scope.inside(territory):
        for kind, sensitivity in _SENSITIVITY.items():
            done = Snapshot.objects.of(territory).filter(state=Snapshot.State.DONE, cut_at=None)
            found = done.filter(dataset__sensitivity=sensitivity).aggregate(latest=Max("lake_version"))
            if found["latest"] is not None:
                least[kind] = found["latest"]
            datasets = Dataset.objects.of(territory).filter(sensitivity=sensitivity)
            titles |= {(kind, table): title for table, title in datasets.values_list("table", "title")}
        files = [StoredFile(*row) for row in _delivered(territory).order_by("pk").values_list(*_DELIVERED)]
        pieces = Evidence.objects.of(territory).order_by("pk")
        evidence = {row[2]: StoredFile(*row) for row in pieces.values_list(*_EVIDENCE)}
        tables = table_findings.due_tables(territory)
    return Expected(territory, least, tables, titles, files, list(evidence.values()))


def of_territory(
    home: Home,
    due: Expected,
    *,
    full: bool = False,
    immutable: bool = False,
    sample: Sample | None = None,
    reader: Reader | None = None,
) -> list[Finding]:
    """What the lakes, the deliveries and the evidence of one territory lack. `immutable`: in a copy, where nobody writes."""
    reader = reader or Reader()
    found: list[Finding] = []
    for kind in KINDS:
        found += _of_lake(home, due, kind, full=full, immutable=immutable, sample=sample, reader=reader)
    missing = list(_of_deliveries(home, due, full=full, sample=sample, reader=reader))
    if missing:
        # Those erased, or given up, since what is due was asked are no longer.
        with scope.inside(due.territory):
            still_stored = _delivered(due.territory).filter(pk__in={pk for pk, _ in missing})
            still = set(still_stored.values_list("pk", flat=True))
        found += [each for pk, each in missing if pk in still]
    found += _of_evidence(home, due, full=full, sample=sample, reader=reader)
    return found


def of_chains(*, full: bool = False, territories: Iterable[Territory | None] | None = None) -> list[Finding]:
    """What the chains of the ledger lack, against their marks (`full`: every line, every signed root)."""
    chains = (None, *Territory.objects.order_by("pk")) if territories is None else territories
    found = []
    closed = gates.closed()
    for territory in chains:
        if territory and territory.pk in closed:
            continue  # `of_restorations` says so
        name = marks.chain_name(territory)
        for fault in _faults_of_chain(territory, full=full):
            message = f"Le registre de {territory.name if territory else 'l’hébergeur'} : {fault.why}."
            slug = territory.slug if territory else ""
            found.append(
                Finding(f"{key_of_chain(name)}{fault.name}", message, fault.file, stops=True, territory=slug)
            )
    return found


def of_restorations() -> Iterator[Finding]:
    """Territories that are closed: a restoration is at work, or was stopped."""
    for territory in Territory.objects.filter(pk__in=gates.closed()):
        message = (
            f"La restauration de {territory.name} n'est pas finie : elle est en cours, ou elle a été arrêtée. Elle se finit seule si "
            "l'instance est en service ; sinon, relancez la même commande."
        )
        yield Finding(f"restoration:{territory.slug}", message, territory=territory.slug)


def damaged_database(why: str) -> Finding:
    """What is said of a database that SQLite, or a reading of its texts, finds damaged."""
    return database_finding(f"La base ({DATABASE}) est abîmée : {why}.")


def damage_of_database(file: Path, *, quick: bool = False, immutable: bool = False) -> str:
    """Why an SQLite database is not whole, every page and text of it read (`quick`: its pages); "" when it is.

    `alone`: a copy, that nobody writes in.
    """
    try:
        with closing(catalogue_state.open_sqlite(file, immutable=immutable)) as base:
            return inventory.integrity_error(base, quick=quick)
    except sqlite3.Error as error:
        return inventory.reason_of(error)


def _why_no_database(home: Home, identity: dict[str, Any]) -> str:
    """Why the file of the database is not one of an instance that was made; "" when it is, or when none was made yet."""
    if identity.get("database") not in (None, "sqlite"):
        return ""
    lived = identity.get("database") == "sqlite" or any((home.path / "territories").glob("*/*"))
    file = Path(connection.settings_dict["NAME"])  # the file of the home that the site opens
    if not lived:
        return ""
    if not file.is_file():
        return f"La base ({DATABASE}) manque : ce n'est pas une instance neuve."
    if not file.stat().st_size:
        return f"La base ({DATABASE}) est vide : ce n'est pas une instance neuve."
    for _ in range(20):
        why = _why_not_whole(file)
        if not why:
            return ""
        time.sleep(0.05)  # another process may be moving its log into the file, the first page first
    return why


def _why_not_whole(file: Path) -> str:
    try:
        with closing(catalogue_state.open_sqlite(file)) as base:
            (pages,), (size,) = (
                base.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
            )
            if not base.execute("SELECT count(*) FROM django_migrations").fetchone()[0]:
                return f"La base ({DATABASE}) est vide : ce n'est pas une instance neuve."
    except sqlite3.Error as error:
        return f"La base ({DATABASE}) est abîmée : {inventory.reason_of(error)}."
    log = file.with_name(file.name + "-wal")
    if file.stat().st_size < pages * size and not (log.is_file() and log.stat().st_size):
        return f"La base ({DATABASE}) est coupée."
    return ""


def of_identity(home: Home) -> Iterator[Finding]:
    if home.is_altered():
        yield Finding("identity", f"Le fichier {IDENTITY} n'est plus celui que Beffroi a écrit.", IDENTITY)


_SENSITIVITY: Final = {"lasting": Dataset.Sensitivity.ORDINARY, "personal": Dataset.Sensitivity.PERSONAL}
_EVIDENCE: Final = ("pk", "name", "sha256", "size", "sha256")  # each is stored under its sum
_DELIVERED: Final = ("pk", "file_name", "stored_as", "size", "sha256")


def _delivered(territory: Territory) -> Any:
    rows = Delivery.objects.of(territory).filter(file_erased_at=None)
    return rows.exclude(state=Delivery.State.CANCELLED)


def _of_lake(
    home: Home,
    due: Expected,
    kind: str,
    *,
    full: bool,
    immutable: bool,
    sample: Sample | None,
    reader: Reader,
) -> Iterator[Finding]:
    territory = due.territory
    folder = home.lake(territory.slug, kind)
    name = folder.relative_to(home.path).as_posix()
    titles = {table: title for (lake_kind, table), title in due.titles.items() if lake_kind == kind}
    if not inventory.exists(folder):
        if kind in due.least:
            message = f"Les données de {territory.name} ({name}) manquent tout entières."
            file = f"{name}/{catalogues.SQLITE}"
            yield Finding(f"catalogue:{file}", message, file, stops=True, territory=territory.slug)
        return
    faults = inventory.faults(
        folder,
        min_version=due.least.get(kind),
        full=full,
        immutable=immutable,
        sample=sample,
        digest=reader.sha256,
    )
    for fault in faults:
        yield _of_fault(territory, name, fault, titles)
    if not any(fault.whole for fault in faults):
        tables = [each for each in due.tables if each.kind == kind]
        known = {fault.table for fault in faults if fault.kind == "table changed"}
        yield from table_findings.of_lake(home, territory, kind, tables, known=known, immutable=immutable)
    if full and not any(fault.whole for fault in faults):
        known = {fault.table for fault in faults}
        for table, why in reader.checksums(folder)[1].items():
            if table not in known:
                message = f"Le jeu « {titles.get(table, table)} » de {territory.name} ({name}) : {why}"
                yield Finding(f"table:{name}/{table}", message, territory=territory.slug)


_MESSAGES: Final = {
    "catalogue missing": "Le catalogue des données de {territory} manque",
    "catalogue damaged": "Le catalogue des données de {territory} est abîmé",
    "catalogue older": "Le catalogue des données de {territory} est une copie plus ancienne",
    "file missing": "Un fichier de données de {territory} manque",
    "file damaged": "Un fichier de données de {territory} est abîmé",
    "table changed": "Des lignes de {territory} ont été changées ou ôtées hors de Beffroi",
    "inventory": "Le relevé des fichiers de {territory} n'est pas complet",
}


def _of_fault(territory: Territory, lake: str, fault: inventory.Fault, titles: dict[str, str]) -> Finding:
    file = f"{lake}/{fault.path}"
    title = titles.get(fault.table, fault.table)
    dataset = f", jeu « {title} »" if title else ""
    detail = f" ({fault.detail})" if fault.detail else ""
    message = f"{_MESSAGES[fault.kind].format(territory=territory.name)}{dataset} : {file}{detail}."
    if fault.kind == "table changed":  # the catalogue itself may be any of those that have the table
        return Finding(f"rows:{lake}/{fault.table}", message, territory=territory.slug)
    return Finding(
        f"{fault.kind.split()[0]}:{file}", message, file, fault.sha256, fault.whole, territory.slug
    )


def _of_deliveries(
    home: Home, due: Expected, *, full: bool, sample: Sample | None, reader: Reader
) -> Iterator[tuple[int, Finding]]:
    """The files as they were delivered, until they are erased or given up; each with its delivery."""
    for delivered in due.files:
        stored = home.incoming(due.territory.slug) / delivered.stored_as
        parts = [(stored, delivered.size, delivered.sha256)]
        parts += [(stored.with_name(name), None, sha256) for name, sha256 in companions_of(stored).items()]
        for path, size, sha256 in parts:
            why = _why_not_the_same(path, size, sha256, full=full, sample=sample, reader=reader)
            if not why:
                continue
            file = path.relative_to(home.path).as_posix()
            message = f"Le fichier reçu « {delivered.name} » de {due.territory.name} {why} : {file}."
            yield delivered.pk, Finding(f"file:{file}", message, file, sha256, territory=due.territory.slug)


def _of_evidence(
    home: Home, due: Expected, *, full: bool, sample: Sample | None, reader: Reader
) -> Iterator[Finding]:
    """The files that prove what people answered, which are never erased."""
    for piece in due.evidence:
        path = home.evidence(due.territory.slug) / piece.stored_as
        why = _why_not_the_same(path, piece.size, piece.sha256, full=full, sample=sample, reader=reader)
        if why:
            file = path.relative_to(home.path).as_posix()
            message = f"La pièce « {piece.name} » de {due.territory.name} {why} : {file}."
            yield Finding(f"file:{file}", message, file, piece.sha256, territory=due.territory.slug)


def _why_not_the_same(
    path: Path, size: int | None, sha256: str, *, full: bool, sample: Sample | None, reader: Reader
) -> str:
    """Why a stored file is not what it must be, in French; "" when it is."""
    if not path.is_file():
        return "manque"
    if size is not None and path.stat().st_size != size:
        return "n'a plus sa taille"
    is_read = full or (sample is not None and sample.chooses(path.name, path.stat().st_size))
    if is_read and (sha256 or size is None) and reader.sha256(path) != sha256:
        return "a changé"
    return ""


class _ChainFault(NamedTuple):
    """A fault of a chain: its name among those of the chain, why, and the file of the home where what it lacks should be."""

    name: str
    why: str
    file: str


def key_of_chain(name: str) -> str:
    """How the keys of the findings about a chain begin."""
    return f"ledger:{name}:"


def _faults_of_chain(territory: Territory | None, *, full: bool) -> Iterator[_ChainFault]:
    """Each thing that the chain lacks: one that a person accepted hides no other."""
    file = proofs.file_of(territory)
    base = DATABASE if connection.vendor == "sqlite" else ""
    with ledger.opened(territory):
        # No backup holds a mark.
        if fault := marks.fault_of_chain(territory, ledger.lines_of(territory), full=full):
            marked = marks.has_mark(territory, marks.CHAIN)
            yield _ChainFault(*fault, base if marked else "")
        if fault := marks.fault_of_roots(territory, file, full=full):
            marked = marks.has_mark(territory, marks.ROOTS)
            yield _ChainFault(*fault, f"roots/{marks.chain_name(territory)}.jsonl" if marked else "")
    if not full:
        return
    audit = ledger_audit.audit(territory)
    state = ""
    if not audit.verification.ok:
        # The lines that are wrong, as they stand now: one more, or one changed again, is another fault.
        state = ledger.changed_lines(territory, after=audit.verification.size).digest
    for why in audit.faults:
        name = text_sha256(f"{why} {state}")
        yield _ChainFault(f"audit-{name[:12]}", why, base)


def of_strangers(home: Home) -> Iterator[Finding]:
    """Lakes that no territory of the database owns: the database is an older copy."""
    known = set(Territory.objects.values_list("slug", flat=True))
    for place in sorted((home.path / "territories").glob("*")):
        if place.name not in known and any(inventory.exists(place / kind) for kind in KINDS):
            message = f"Le dossier territories/{place.name} tient des données qu'aucun territoire de la base ne connaît."
            yield Finding(f"stranger:{place.name}", message)


def _following(home: Home, path: Path) -> str | None:
    """The hash of the key that is being put in this one's place (`ledger_key.renew_ledger`); None when there is none."""
    there = path == home.ledger_key and home.next_ledger_key.is_file()
    return file_sha256(home.next_ledger_key) if there else None

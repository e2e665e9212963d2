"""Sixty harms to a home that is told nothing of them, and what its doctor must then say: what is wrong, and what to do.

In: a home, whole. Out: it is harmed. `named` and `told`: expressions that the doctor's output must have; `never`: advice that would be
wrong. None is one of `trials`, which removes, cuts and changes each file.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

TOWN: Final = "territories/valbruyere"
SERVICE: Final = 65534
"""The account of who runs the doctor where `as_service` says so: nobody, in a home that is its own."""
RESTORE: Final = r"restaurez|remettez à leur place"
LOST: Final = r"(?i)restau|sauvegarde"
type Act = Callable[["Place"], None]


@dataclass
class Place:
    """Where a harm is done. `ended`: called after the doctor."""

    home: Path
    earlier: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def lake(self) -> Path:
        return self.home / TOWN / "lasting"

    def catalogue(self, *statements: str, kind: str = "lasting") -> None:
        _execute(self.home / TOWN / kind / "catalog.sqlite", statements)

    def database(self, *statements: str) -> None:
        _execute(self.home / "db.sqlite3", statements)

    def without_rules(self, table: str, *statements: str) -> None:
        """The same where a rule of the table would refuse it: its rules are put back after."""
        file = self.home / "db.sqlite3"
        with closing(sqlite3.connect(file, isolation_level=None)) as base:
            rules = base.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", [table]
            ).fetchall()
        _execute(
            file, [*(f'DROP TRIGGER "{name}"' for name, _ in rules), *statements, *(sql for _, sql in rules)]
        )


@dataclass(frozen=True)
class Harm:
    name: str
    do: Act
    named: str
    told: str
    never: str = ""
    as_service: bool = False
    mounted: str = ""  # options of the small file system in memory that holds the home
    environment: dict[str, str] = field(default_factory=dict)
    alone: bool = False  # in a process of its own: what it harms is read once

    @property
    def loses(self) -> bool:
        """Whether something of the home is lost or changed: the doctor must then end in failure."""
        return self.told == LOST

    @property
    def is_bare(self) -> bool:
        """Whether it needs nothing of the machine: no other account, no mount."""
        return not (self.as_service or self.mounted or self.environment or self.alone)


def _execute(file: Path, statements: "list[str] | tuple[str, ...]") -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as base:
        base.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            base.execute(statement)
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _first(folder: Path, pattern: str) -> Path:
    return sorted(path for path in folder.rglob(pattern) if path.is_file())[0]


def _replaced_by_folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _replaced_by_file(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    path.write_text("x")


def _moved_behind_a_link(path: Path) -> None:
    home = next(parent for parent in path.parents if (parent / "beffroi.json").is_file())
    outside = home.parent / f"ailleurs-{path.name}"
    path.rename(outside)
    path.symlink_to(outside)


def _older(place: Place, *names: str) -> None:
    for name in names:
        target, source = place.home / name, place.earlier / name
        if source.is_dir():
            shutil.rmtree(target)
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)


def _aged(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000))


def _yesterdays_database(place: Place) -> None:
    _older(place, "db.sqlite3", "marks", "roots")
    _aged(place.home / TOWN / "incoming")


def _lost_delivery(place: Place) -> None:
    place.database("DELETE FROM catalogue_delivery WHERE file_name = 'à lire.csv'")
    _aged(place.home / TOWN / "incoming")


def _stray_file(place: Place) -> None:
    folder = place.home / TOWN / "incoming" / "00aa00aa00aa00aa"
    folder.mkdir()
    (folder / "inconnu.csv").write_text("a;b\n1;2\n")
    _aged(folder)


def _swapped(place: Place) -> None:
    debits, pressions = (
        _first(place.lake / "data" / "main" / name, "*.parquet") for name in ("debits", "pressions")
    )
    kept = debits.read_bytes()
    debits.write_bytes(pressions.read_bytes())
    pressions.write_bytes(kept)


def _same_size(place: Place) -> None:
    file = _first(place.lake / "data" / "main" / "debits", "*.parquet")
    content = bytearray(file.read_bytes())
    content[200:300] = bytes(reversed(content[200:300]))
    file.write_bytes(content)


def _owned(path: Path, uid: int) -> None:
    os.chown(path, uid, uid)


def _fifo(place: Place) -> None:
    file = _first(place.home / TOWN / "incoming", "*.csv")
    file.unlink()
    os.mkfifo(file)


def _stopped_process(place: Place) -> None:
    stopped = subprocess.Popen(["sleep", "600"], start_new_session=True)
    os.kill(stopped.pid, signal.SIGSTOP)
    place.processes.append(stopped)
    _running(place, stopped.pid)


def _deaf_process(place: Place) -> None:
    deaf = subprocess.Popen(["sleep", "600"], start_new_session=True)
    place.processes.append(deaf)
    _running(place, deaf.pid)


def _running(place: Place, pid: int) -> None:
    (place.home / "run").mkdir(exist_ok=True)
    (place.home / "run" / "address").write_text("http://127.0.0.1:9")
    told = {
        "name": "web",
        "pid": pid,
        "started": 1_700_000_000.0,
        "earlier": [],
        "url": "http://127.0.0.1:9/sante/",
    }
    (place.home / "run" / "processes.json").write_text(json.dumps([told]))


def _locked(place: Place) -> None:
    code = (
        "import sqlite3, sys, time\n"
        "base = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "base.execute('PRAGMA locking_mode = EXCLUSIVE')\nbase.execute('BEGIN EXCLUSIVE')\n"
        "print('locked', flush=True)\ntime.sleep(600)"
    )
    held = subprocess.Popen(
        [sys.executable, "-c", code, str(place.home / "db.sqlite3")], stdout=subprocess.PIPE
    )
    place.processes.append(held)
    assert held.stdout is not None and held.stdout.readline()


def _filled(place: Place) -> None:
    with (place.home.parent / "plein").open("wb") as filler:
        try:
            while True:
                filler.write(bytes(4096))
                filler.flush()
        except OSError:
            pass


def _no_more_files(place: Place) -> None:
    folder = place.home.parent / "fichiers"
    folder.mkdir()
    try:
        for number in range(1_000_000):
            (folder / str(number)).touch()
    except OSError:
        pass


def _read_only(place: Place) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(place.home.parent)], check=True)


def _json(place: Place, name: str, **changed: object) -> None:
    file = place.home / name
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))


def _key_of_another(place: Place) -> None:
    from beffroi.home import Home

    other = Home(place.home.parent / "autre")
    other.create(demo=False)
    shutil.copyfile(other.ledger_key, place.home / "ledger.key")
    shutil.rmtree(other.path)


def _half_restored_town(place: Place) -> None:
    (place.home / ".restauration-valbruyere" / "root" / "territories").mkdir(parents=True)
    (place.home / ".restauration-valbruyere" / "journal.json").write_text("{")
    _aged(place.home / ".restauration-valbruyere")


def _another_town(place: Place) -> None:
    shutil.copytree(place.home / TOWN, place.home / "territories" / "saint-mure")


def _guide(place: Place) -> None:
    (place.home / "guides").mkdir(exist_ok=True)
    (place.home / "guides" / "a-nous.toml").write_text('key = "a-nous\n')


def _latin_name(place: Place) -> None:
    folder = os.fsencode(place.home / TOWN / "incoming") + b"/\xe9t\xe9"
    named = Path(os.fsdecode(folder))
    named.mkdir()
    (named / os.fsdecode(b"donn\xe9es.csv")).write_bytes(b"a;b\n1;2\n")


def _later(place: Place) -> None:
    place.without_rules(
        "platform_ledgerline",
        "UPDATE platform_ledgerline SET at = '2199' || substr(at, 5) WHERE territory_id IS NULL",
    )


LAST_SNAPSHOT: Final = "(SELECT max(id) FROM catalogue_snapshot)"
HARMS: Final = (
    # Rows of a lake's catalogue
    Harm("a data file's row deleted", lambda p: p.catalogue("DELETE FROM ducklake_data_file WHERE table_id = 3"), "« Débits", LOST),
    Harm("inlined rows deleted", lambda p: p.catalogue("DELETE FROM ducklake_inlined_data_1_1 WHERE _line < 4"), "« Cantines", LOST),
    Harm("an inlined value edited", lambda p: p.catalogue("UPDATE ducklake_inlined_data_1_1 SET repas_servis = 1"), "« Cantines", LOST),
    Harm("an inlined row duplicated", lambda p: p.catalogue("INSERT INTO ducklake_inlined_data_6_5 SELECT * FROM ducklake_inlined_data_6_5 LIMIT 1"), "« Fréquentation", LOST),
    Harm("the count of a file edited", lambda p: p.catalogue("UPDATE ducklake_data_file SET record_count = 12 WHERE table_id = 4"), "« Pressions", LOST),
    Harm("a data file hidden from now on", lambda p: p.catalogue("UPDATE ducklake_data_file SET end_snapshot = 7 WHERE data_file_id = 5"), "« Relevés", LOST),
    Harm("a column renamed in the catalogue", lambda p: p.catalogue("UPDATE ducklake_column SET column_name = 'autre' WHERE table_id = 3 AND column_name = 'jour'"), "« Débits", LOST),
    Harm("statistics edited, by which rows are skipped", lambda p: p.catalogue("UPDATE ducklake_file_column_stats SET max_value = '0' WHERE table_id = 4"), "« Pressions", LOST),
    Harm("the labels of a table edited", lambda p: p.catalogue("UPDATE ducklake_tag SET value = '[]' WHERE object_id = 3"), "« Débits", LOST),
    Harm("a table taken out of the catalogue", lambda p: p.catalogue("DELETE FROM ducklake_table WHERE table_name = 'debits'"), "« Débits", LOST),
    Harm("a version taken out of the catalogue", lambda p: p.catalogue("DELETE FROM ducklake_snapshot WHERE snapshot_id = 7"), "(?i)catalogue|plus ancienne", LOST),
    Harm("personal rows deleted", lambda p: p.catalogue("DELETE FROM ducklake_inlined_data_1_1 WHERE row_id = 0", kind="personal"), "« Familles|« Voisins", LOST),
    Harm("the catalogue of the other lake", lambda p: shutil.copyfile(p.home / TOWN / "personal" / "catalog.sqlite", p.lake / "catalog.sqlite"), "catalogue|plus ancienne", LOST),
    Harm("two tables' files swapped", _swapped, "« Débits.*« Pressions|« Pressions.*« Débits", LOST),
    Harm("bytes of a file turned round", _same_size, "« Débits", LOST),
    Harm("yesterday's lake, whole", lambda p: _older(p, f"{TOWN}/lasting"), "plus ancienne", LOST),
    Harm("yesterday's database, marks and roots", _yesterdays_database, "plus récentes que la base", "remettez celle du même jour"),
    # Rows of the database
    Harm("the row of the last delivery deleted", lambda p: p.database(f"DELETE FROM catalogue_snapshot WHERE id = {LAST_SNAPSHOT}"), "plus récentes que la base|Voisins", LOST),
    Harm("the number of rows of a delivery edited", lambda p: p.database("UPDATE catalogue_snapshot SET rows_total = 3 WHERE id = 4"), "« Débits", LOST),
    Harm("a delivery's row deleted", _lost_delivery, "que la base ne connaît pas", "déposez-les à nouveau"),
    Harm("a stray file among those received", _stray_file, "que la base ne connaît pas", "rm -r"),
    Harm("a dataset's row deleted", lambda p: p.database("DELETE FROM catalogue_dataset WHERE id = 3"), "catalogue_dataset", LOST),
    Harm("a person's row deleted", lambda p: p.database("DELETE FROM platform_person WHERE email = 'agent@example.org'"), "platform_person", LOST),
    Harm("the memberships deleted", lambda p: p.without_rules("platform_membership", "DELETE FROM platform_membership"), "administrateur", "beffroi invite"),
    Harm("a rule dropped", lambda p: p.database("DROP TRIGGER " + _a_rule(p)), "règles", "beffroi upgrade", never=RESTORE),
    Harm("a rule that lets everything through", lambda p: _lax(p), "règles", "beffroi upgrade", never=RESTORE),
    Harm("an index dropped", lambda p: p.database("DROP INDEX " + _an_index(p)), "règles", "beffroi upgrade", never=RESTORE),
    Harm("a rule that nobody made swallows rows", lambda p: p.database("CREATE TRIGGER intrus BEFORE INSERT ON platform_job BEGIN SELECT RAISE(IGNORE); END"), "intrus", "DROP TRIGGER", never=RESTORE),
    Harm("an extra column", lambda p: p.database("ALTER TABLE catalogue_dataset ADD COLUMN intruse TEXT"), "catalogue_dataset", LOST),
    Harm("an extra table", lambda p: p.database("CREATE TABLE intruse (x)"), "intruse", LOST),
    Harm("a table dropped", lambda p: p.database("DROP TABLE catalogue_savedcorrections"), "catalogue_savedcorrections", LOST),
    Harm("a step of the database forgotten", lambda p: p.database("DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'platform')"), "mise à niveau", "beffroi upgrade"),
    Harm("a step of a newer version", lambda p: p.database("INSERT INTO django_migrations (app, name, applied) VALUES ('platform', '9999_future', '2027-01-01')"), "plus récente", "version récente"),
    Harm("details of the ledger deleted", lambda p: p.without_rules("platform_ledgerdetail", "DELETE FROM platform_ledgerdetail WHERE line_id = 5"), "registre", LOST),
    Harm("a line taken out of the middle of the ledger", lambda p: p.without_rules("platform_ledgerline", "DELETE FROM platform_ledgerline WHERE territory_id = 1 AND seq = 5"), "registre", LOST),
    Harm("a delivered file's hash edited in its row", lambda p: p.database("UPDATE catalogue_delivery SET sha256 = '00' || substr(sha256, 3) WHERE file_name LIKE 'D%1.csv'"), "Débits 1.csv", LOST),
    # What stands in the wrong place
    Harm("write.lock is a folder", lambda p: _replaced_by_folder(p.lake / "write.lock"), "write.lock est un dossier", "« mv ", never=RESTORE),
    Harm("the town's write.lock is a folder", lambda p: _replaced_by_folder(p.home / TOWN / "write.lock"), "write.lock est un dossier", "« mv ", never=RESTORE),
    Harm("incoming is a link", lambda p: _moved_behind_a_link(p.home / TOWN / "incoming"), "incoming.* lien", "cp -a", never=RESTORE),
    Harm("a lake is a link", lambda p: _moved_behind_a_link(p.lake), "lasting.* lien", "cp -a", never=RESTORE),
    Harm("the database is a link", lambda p: _moved_behind_a_link(p.home / "db.sqlite3"), "db.sqlite3.* lien", "cp -a", never=RESTORE),
    Harm("run is a file", lambda p: _replaced_by_file(p.home / "run"), "run est un fichier", "« mv ", never=RESTORE),
    Harm("staging is a file", lambda p: _replaced_by_file(p.home / TOWN / "staging"), "staging est un fichier", "« mv ", never=RESTORE),
    Harm("a key is a folder", lambda p: _replaced_by_folder(p.home / "ledger.key"), "ledger.key est un dossier", "sauvegarde"),
    Harm("a pipe in place of a received file", _fifo, "« .*csv »", LOST),
    Harm("names that are not UTF-8", _latin_name, "UTF-8", "convmv", never=RESTORE),
    Harm("the folder of a town that is not here", _another_town, "saint-mure", LOST),
    Harm("the ledger's key of another instance", _key_of_another, "ledger.key", LOST),
    Harm("the identity is not JSON", lambda p: (p.home / "beffroi.json").write_text("{"), "beffroi.json", LOST),
    Harm("an identity of a newer format", lambda p: _json(p, "beffroi.json", format=99), "plus récente", "version récente"),
    Harm("half a restore of a town, its journal cut", _half_restored_town, "(?i)restauration", "(?i)relancez|ôtez"),
    # The machine
    Harm("a data file of another account", lambda p: _owned(_first(p.lake / "data", "*.parquet"), 0), "n'appartient pas", "chown -R", never=RESTORE, as_service=True),
    Harm("a log of the database of another account", lambda p: ((p.home / "db.sqlite3-wal").write_bytes(b""), _owned(p.home / "db.sqlite3-wal", 0))[0], "n'appartient pas", "chown -R", never=RESTORE, as_service=True),
    Harm("the catalogue cannot be read", lambda p: (p.lake / "catalog.sqlite").chmod(0), "catalog.sqlite", "chmod -R u", never=RESTORE, as_service=True),
    Harm("a folder cannot be written", lambda p: (p.home / TOWN / "incoming").chmod(0o500), "incoming", "chmod -R u", never=RESTORE, as_service=True),
    Harm("the identity belongs to another account", lambda p: (_owned(p.home / "beffroi.json", 0), (p.home / "beffroi.json").chmod(0o600))[0], "beffroi.json", "chown", never=RESTORE, as_service=True),
    Harm("a full disk", _filled, "disque .*plein", "libérez", never=RESTORE, mounted="size=24m"),
    Harm("no file more on the disk", _no_more_files, "inodes", "libérez", never=RESTORE, mounted="size=24m,nr_inodes=400"),
    Harm("a read-only disk", _read_only, "lecture seule", "remount", never=RESTORE, mounted="size=24m"),
    Harm("an instance open to other accounts", lambda p: p.home.chmod(0o755), "D'autres comptes", "chmod -R go=", never=RESTORE),
    Harm("a process that a signal stopped", _stopped_process, "(?i)ne répond pas", "systemctl restart", never=RESTORE),
    Harm("a process that answers nobody", _deaf_process, "(?i)ne répond pas", "systemctl restart", never=RESTORE),
    Harm("the database held by another program", _locked, "base .*tenue", "fermez-le", never=RESTORE),
    Harm("a ledger line of the next century", _later, "(?i)registre", r"timedatectl|(?i:restau)"),
    # Settings
    Harm("a guide that cannot be read", _guide, "a-nous.toml", "guides check", alone=True, never=RESTORE),
    Harm("a reserve that is not a number", lambda p: None, "BEFFROI_RESERVE", "(?i)nombre|Mo", never=RESTORE, environment={"BEFFROI_RESERVE": "beaucoup"}),
    Harm("a setting misspelt", lambda p: None, "BEFFROI_RESERVES", "(?i)corrigez|retirez|inconnu", never=RESTORE, environment={"BEFFROI_RESERVES": "500"}),
    Harm("a repository that is not there", lambda p: None, "(?i)dépôt", "repository init", never=RESTORE, environment={"BEFFROI_BACKUP_REPOSITORY": "/nulle/part", "BEFFROI_BACKUP_KEY_FILE": "/etc/hostname"}),
    Harm("the key of the repository is not there", lambda p: None, "clé du dépôt", "Remettez celle", never=RESTORE, environment={"BEFFROI_BACKUP_REPOSITORY": "/nulle/part", "BEFFROI_BACKUP_KEY_FILE": "/nulle/cle"}),
)  # fmt: skip


def _a_rule(place: Place) -> str:
    return _named(place, "trigger", "platform_ledgerline")


def _an_index(place: Place) -> str:
    return _named(place, "index", "platform_ledgerline")


def _named(place: Place, kind: str, table: str) -> str:
    with closing(sqlite3.connect(place.home / "db.sqlite3")) as base:
        sql = (
            "SELECT name FROM sqlite_master WHERE type = ? AND tbl_name = ? AND sql IS NOT NULL ORDER BY name"
        )
        return str(base.execute(sql, [kind, table]).fetchone()[0])


def _lax(place: Place) -> None:
    rule = _a_rule(place)
    place.database(
        f'DROP TRIGGER "{rule}"',
        f'CREATE TRIGGER "{rule}" BEFORE UPDATE ON platform_ledgerline BEGIN SELECT 1; END',
    )

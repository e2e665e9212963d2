"""Backup and restore: a whole instance, identical elsewhere, or nothing at all."""

import gzip
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from beffroi.home import Home, HomeError
from beffroi.lake import catalogue_migration, catalogues
from beffroi.lake.readers import stage
from beffroi.lake.store import Lake
from blank import blank
from commands import beffroi, python
from lake.lakes import in_postgresql
from postgres import shared
from support.clock import date_file

CODE = """
import os, sys, json
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
home = Home(Path(sys.argv[1])); setup_django(home)
"""


def in_home(home: Home, code: str) -> str:
    """Run site code on a home in a process of its own, as a command does."""
    done = python(CODE + code, home.path)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def living(made: Path, tmp_path: Path) -> Home:
    """A copy of the instance, for a test to do what it wants with."""
    shutil.copytree(made, tmp_path / "vivante")
    return Home(tmp_path / "vivante")


@pytest.fixture(scope="module")
def saved(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance's backup, by the command; copy it to change it."""
    return backed_up(Home(made), tmp_path_factory.mktemp("sauvée") / "copie.tar.gz")


def backed_up(home: Home, target: Path) -> Path:
    done = beffroi("backup", target, "--home", home.path)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real instance with a lake of two deliveries, a kept file and a ledger of a few lines."""
    folder = tmp_path_factory.mktemp("made")
    home = blank(folder / "vivante", demo=False)
    source = folder / "eau.csv"
    source.write_text("commune;date;m3\nÉcully;01/02/2024;12,5\nLyon;02/02/2024;7,25\n", "utf-8")
    tables, refused = stage(source, folder / "staging")
    assert refused == []
    with Lake(home.lake("lyon", "lasting")) as lake:
        lake.write("eau", tables[0], delivery=1, act="un", mode="replace")
        lake.write("eau", tables[0], delivery=2, act="deux", mode="append")
    kept = home.incoming("lyon") / "eau.csv"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(source.read_bytes())
    date_file(kept)
    in_home(
        home,
        """
from beffroi.web.tenancy.services import *
t = found_territory(NewTerritory(code="69123", name="Lyon", kind="commune", population=1))
invite(t, "a@example.org", "A", ["administrator"], by=None)
""",
    )
    return home.path


@pytest.mark.requirement("R75")
def test_a_backup_restored_on_a_blank_home_is_identical(living: Home, saved: Path, tmp_path: Path):
    from beffroi.web.operations.backup import checksums, restore

    blank = Home(tmp_path / "ailleurs" / "neuve")
    restored = restore(saved, blank)

    assert restored.checksums == checksums(living.path) == checksums(blank.path)
    assert list(restored.checksums) == ["territories/lyon/lasting"]
    ledger = "from beffroi.web.platform.models import *; from beffroi.web.platform import ledger as l\nprint(*[l.verify(t) for t in (None, *Territory.objects.all())])"
    assert in_home(blank, ledger) == in_home(living, ledger)
    assert (blank.path / "secret.key").read_bytes() == (living.path / "secret.key").read_bytes()
    assert (blank.incoming("lyon") / "eau.csv").read_bytes() == (
        living.incoming("lyon") / "eau.csv"
    ).read_bytes()
    assert blank.identity() == living.identity()


def test_a_backup_asked_for_from_its_page_is_made_by_a_job_and_noted_in_the_log(living: Home, tmp_path: Path):
    from beffroi.web.operations import backup_log
    from beffroi.web.operations.backup import restore

    (living.backups / "log.json").unlink(missing_ok=True)
    assert backup_log.read(living).made is None
    asked = """
from beffroi.web.operations import backup_jobs
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.models import Person, Territory
town, person = Territory.objects.get(), Person.objects.get()
with scope.inside(town):
    job = backup_jobs.start(town, person)
    assert backup_jobs.start(town, person) == job
    job = jobs.run(job)
    print(job.state, job.location, job.message)
    from beffroi.web.operations import backup_download
    from beffroi.web.tenancy import hosting
    with scope.nowhere():
        hosting.set_host_operator(person, active=True, by=None)
    with backup_download.open_last(town, person) as file:
        print(file.name)
import os
os.environ["BEFFROI_BACKUP_REPOSITORY"] = "/nowhere"
with scope.inside(town):
    print(jobs.run(backup_jobs.start(town, person)).state)
"""
    done, downloaded, failed = in_home(living, asked).splitlines()
    assert done.startswith("done /t/lyon/reglages/sauvegarde/")
    made = backup_log.read(living).made
    assert made is not None and made.whole
    assert failed == "failed" and "BEFFROI_BACKUP_KEY_FILE" in backup_log.read(living).failed.why
    assert downloaded == made.file
    assert list(restore(Path(made.file), Home(tmp_path / "neuve")).checksums) == ["territories/lyon/lasting"]
    # A log that was lost is read again from the files that are there.
    (living.backups / "log.json").unlink()
    assert backup_log.read(living).made.file == made.file


def test_a_backup_whose_checksums_are_of_the_former_algorithm_is_still_restored(
    living: Home, saved: Path, tmp_path: Path
):
    from beffroi.web.operations.backup import checksums, restore

    any_former = {lake: dict.fromkeys(sums, "0" * 64) for lake, sums in checksums(living.path).items()}
    former = checksums(living.path, like=any_former)
    assert not any(":" in sum_ for sums in former.values() for sum_ in sums.values())
    for recorded, expected in ((former, None), (any_former, "pas identiques")):
        file = Path(shutil.copy(saved, tmp_path))
        _rewrite(file, tmp_path, lambda root, sums=recorded: _say(root / "manifest.json", checksums=sums))
        if expected is None:
            assert restore(file, Home(tmp_path / "neuve")).checksums == former
        else:
            with pytest.raises(HomeError, match=expected):
                restore(file, Home(tmp_path / "autre"))


def test_a_restored_lake_still_knows_its_history_and_takes_new_deliveries(saved: Path, tmp_path: Path):
    from beffroi.web.operations.backup import restore

    blank = Home(tmp_path / "neuve")
    restore(saved, blank)
    with Lake(blank.lake("lyon", "lasting")) as lake:
        first = lake.version_of_act("un")
        assert first is not None
        assert (lake.count("eau", first), lake.count("eau")) == (2, 4)
        lake.restore("eau", first, act="trois")
        assert lake.count("eau") == 2


def test_a_lake_of_postgresql_comes_back_without_it_and_no_password_leaves(living: Home, tmp_path: Path):
    from beffroi.web.operations.backup import checksums, restore

    lake = living.lake("lyon", "lasting")
    before = checksums(living.path)
    catalogue_migration.migrate_catalogue(lake, in_postgresql(shared()))
    saved = backed_up(living, tmp_path / "copie.tar.gz")
    with tarfile.open(saved) as archive:
        names = archive.getnames()
    assert "territories/lyon/lasting/catalog.sqlite" in names
    assert not any(name.endswith(catalogues.POSTGRESQL) for name in names)
    blank = Home(tmp_path / "neuve")
    restored = restore(saved, blank)
    assert restored.checksums == before == checksums(living.path) == checksums(blank.path)
    # And on to another PostgreSQL.
    catalogue_migration.migrate_catalogue(blank.lake("lyon", "lasting"), in_postgresql(shared()))
    assert checksums(blank.path) == before
    with Lake(blank.lake("lyon", "lasting")) as moved:
        first = moved.version_of_act("un")
        assert first is not None
        assert (moved.count("eau", first), moved.count("eau")) == (2, 4)


def test_a_backup_is_readable_by_its_owner_only(saved: Path):
    assert saved.stat().st_mode & 0o077 == 0


@pytest.mark.django_db
def test_a_backup_never_overwrites_a_file(living: Home, tmp_path: Path):
    from beffroi.web.operations.backup import backup

    target = tmp_path / "copie.tar.gz"
    target.write_text("précieux")
    with pytest.raises(HomeError, match="existe déjà"):
        backup(living, target)
    assert target.read_text() == "précieux"


def test_a_home_that_holds_something_is_never_restored_over(living: Home, saved: Path):
    from beffroi.web.operations.backup import restore

    before = sorted(living.path.rglob("*"))
    with pytest.raises(HomeError, match="n'est pas vide"):
        restore(saved, living)
    assert sorted(living.path.rglob("*")) == before


@pytest.mark.parametrize(
    "harm", ["cut", "flipped", "lacking", "added", "not a backup", "newer", "test version"]
)
def test_a_harmed_backup_is_refused_and_puts_nothing_in_place(saved: Path, tmp_path: Path, harm: str):
    from beffroi.web.operations.backup import restore

    file = Path(shutil.copy(saved, tmp_path))
    whole = file.read_bytes()
    if harm == "cut":
        file.write_bytes(whole[: len(whole) // 2])
    elif harm == "not a backup":
        file.write_bytes(b"PK\x03\x04 rien")
    elif harm == "flipped":
        _rewrite(file, tmp_path, lambda root: (root / "secret.key").write_text("autre"))
    elif harm == "lacking":
        _rewrite(file, tmp_path, lambda root: next(root.rglob("eau.csv")).unlink())
    elif harm == "added":
        _rewrite(file, tmp_path, lambda root: (root / "autre.key").write_text("autre"))
    else:
        made_by = {"newer": 99, "test version": 1}[harm]
        _rewrite(file, tmp_path, lambda root: _say(root / "manifest.json", format=made_by))
    blank = Home(tmp_path / "neuve")
    with pytest.raises(HomeError, match="Rien n'a été mis en place"):
        restore(file, blank)
    assert not blank.path.exists()


def _say(manifest: Path, **facts) -> None:
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | facts))


def _rewrite(file: Path, tmp_path: Path, change) -> None:
    root = tmp_path / "ouverte"
    shutil.rmtree(root, ignore_errors=True)
    with tarfile.open(file) as archive:
        archive.extractall(root, filter="data")
    change(root)
    with gzip.open(file, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
        for path in sorted(p for p in root.rglob("*") if p.is_file()):
            archive.add(path, arcname=path.relative_to(root).as_posix())


def test_a_backup_that_would_escape_its_folder_is_refused(tmp_path: Path):
    from beffroi.web.operations.backup import restore

    file = tmp_path / "piege.tar.gz"
    (tmp_path / "x").write_text("x")
    with tarfile.open(file, "w:gz") as archive:
        archive.add(tmp_path / "x", arcname="../../sorti")
    with pytest.raises(HomeError):
        restore(file, Home(tmp_path / "neuve"))
    assert not (tmp_path.parent / "sorti").exists()

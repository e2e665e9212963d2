"""Copies read by the real restic and borg: a healthy one is proven and never touched, a harmed one says what is wrong.

These tests start processes: what the programs say of a damaged repository is the real thing.
"""

import hashlib
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from beffroi.web.continuity.backups import proving, services, staleness
from beffroi.web.continuity.backups.board import State, lines
from beffroi.web.continuity.backups.reading.readable_repository import Unreachable
from beffroi.web.continuity.backups.reading.secrets import CopyAccess
from beffroi.web.continuity.backups.systems import register_guide
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import BackupCopy, CopySecret, RememberedFile, RestoreProof
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory

from . import backup_repositories
from .backup_repositories import PASSWORD, Made

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.xdist_group("backup repositories"),  # made once for all of them
    pytest.mark.skipif(
        not (shutil.which("restic") and shutil.which("borg")), reason="apt install restic borgbackup"
    ),
]
KINDS = ("restic", "borg")
LONG = pytest.mark.long


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    return {kind: backup_repositories.make(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


@pytest.fixture
def system(territory: Territory, secretary: Person) -> RegisterEntry:
    values = {"name": "Serveur de fichiers", "limit_hours": "24"}
    return registers.save_entry(territory, secretary, register_guide(), values)


@pytest.fixture
def opened(territory: Territory, tmp_path: Path, settings) -> Path:
    """The folder that the operator opened to the territory."""
    settings.SOURCE_FOLDERS = [f"{territory.slug}={tmp_path}"]
    settings.RESERVE = 0
    return tmp_path


def declared(made: Made, system: RegisterEntry, by: Person, **more) -> BackupCopy:
    values = {"name": "NAS", "kind": made.kind, "medium": "nas", "place": "same", "address": str(made.folder)}
    return services.declare(system, by, access=CopyAccess(password=PASSWORD), **{**values, **more})


def digest_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("kind", [pytest.param("restic", marks=LONG), "borg"])
def test_a_healthy_copy_is_proven_and_nothing_is_written_in_it(kind, healthy, opened, system, secretary):
    made = backup_repositories.duplicate(healthy[kind], opened / "copie")
    before = digest_of(made.folder)
    copy = declared(made, system, secretary)
    assert lines(system.territory)[0].state is State.UNKNOWN
    proof = proving.look(copy)
    assert proof is not None and proof.ok, proof.faults
    assert (proof.files, proof.compared, proof.share) == (backup_repositories.FILES + 2, 0, 1.0)
    assert digest_of(made.folder) == before
    assert lines(system.territory)[0].state is State.PROVEN
    # Asked again: every file that has not changed is compared with what was restored before.
    again = proving.look(copy, by=secretary)
    assert again is not None and again.ok and again.compared == again.files
    assert again.seed != proof.seed
    # Not due before a week: only the age is read.
    assert proving.look(copy) is None
    assert copy.readings.count() == 3 and copy.snapshots == 2
    written = str(list(ledger.lines_of(system.territory).values()))
    assert "backup.proof" in written and "acte [" not in written and PASSWORD not in written


@pytest.mark.parametrize("kind", ["restic", pytest.param("borg", marks=LONG)])
@pytest.mark.requirement("R75")
def test_a_flipped_byte_is_a_failed_proof(
    kind, healthy, opened, system, secretary, mailoutbox, settings, django_capture_on_commit_callbacks
):
    settings.MAIL_HOST = "courrier.example"
    made = backup_repositories.duplicate(healthy[kind], opened / "copie")
    copy = declared(made, system, secretary)
    assert proving.look(copy).ok
    biggest = max(
        (made.folder / "data").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0
    )
    content = bytearray(biggest.read_bytes())
    content[len(content) // 2] ^= 0x40
    biggest.chmod(0o600)
    biggest.write_bytes(content)
    with django_capture_on_commit_callbacks(execute=True):
        proof = proving.look(copy, by=secretary)
    assert not proof.ok and "octets du dépôt ont changé" in proof.faults[0], proof.faults
    assert lines(system.territory)[0].state is State.DAMAGED
    (told,) = [mail for mail in mailoutbox if "ne se restaure pas" in mail.subject]
    assert "acte" not in told.body and f"/copies/{copy.pk}/" in told.body


def test_content_that_changed_without_a_new_date_is_told(healthy, opened, system, secretary):
    made = backup_repositories.duplicate(healthy["restic"], opened / "copie")
    copy = declared(made, system, secretary)
    assert proving.look(copy).ok
    rotten = made.source / "dossier 1" / "acte [1] été.txt"
    stat = rotten.stat()
    content = bytearray(rotten.read_bytes())
    content[100] ^= 1
    rotten.write_bytes(content)
    os.utime(rotten, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    made.back_up("nuit-3")
    proof = proving.look(copy, by=secretary)
    assert (
        not proof.ok and "sans changer de date" in proof.faults[0] and "acte [1] été.txt" in proof.faults[0]
    )
    # Said to be wanted, it is the new reference.
    assert services.forget_checksums(copy, secretary) > 10
    assert proving.look(copy, by=secretary).ok


@LONG
def test_a_list_of_the_town_is_compared(healthy, opened, system, secretary):
    made = backup_repositories.duplicate(healthy["borg"], opened / "copie")
    copy = declared(made, system, secretary)
    good = subprocess.run(
        ["sha256sum", "dossier 1/acte [1] été.txt"], cwd=made.source, capture_output=True, text=True
    ).stdout
    services.list_expected(copy, secretary, good)
    proof = proving.look(copy)
    assert proof.ok and proof.compared == 1
    services.list_expected(
        copy, secretary, good + f"{'0' * 64}  dossier 2/acte [2] été.txt\n{'1' * 64}  paie.db\n"
    )
    proof = proving.look(copy, by=secretary)
    assert [("liste" in fault) for fault in proof.faults] == [True, True]
    with pytest.raises(ContinuityError, match="ligne 2"):
        services.list_expected(copy, secretary, good + "pas une empreinte")


@LONG
def test_sums_in_the_backup_are_compared_but_not_what_changed_since(opened, system, secretary):
    made = backup_repositories.make("restic", opened / "copie")
    (made.source / "SHA256SUMS").write_text(
        f"{'0' * 64}  dossier 0/nouveau.txt\n{'0' * 64}  ../ailleurs.txt\n", "utf-8"
    )
    later = (made.source / "SHA256SUMS").stat().st_mtime + 10
    os.utime(made.source / "dossier 0" / "nouveau.txt", (later, later))
    made.back_up()
    copy = declared(made, system, secretary)
    assert proving.look(copy).ok
    os.utime(made.source / "dossier 0" / "nouveau.txt", (1, 1))
    made.back_up()
    proof = proving.look(copy, by=secretary)
    assert not proof.ok and "n'a pas l'empreinte de la liste" in proof.faults[0]


def test_a_secret_is_sealed_and_a_wrong_one_is_told(healthy, opened, system, secretary, tmp_path):
    made = backup_repositories.duplicate(healthy["restic"], opened / "copie")
    copy = declared(made, system, secretary)
    assert PASSWORD not in CopySecret.objects.of(copy.territory).get().sealed
    services.change_secret(copy, secretary, CopyAccess(password="une autre"))
    proof = proving.look(copy)
    assert not proof.ok and "mot de passe" in proof.faults[0]
    services.change_secret(copy, secretary, CopyAccess(password=PASSWORD))
    assert proving.look(copy).ok and copy.failed_since is None
    services.withdraw(copy, secretary)
    assert not CopySecret.objects.of(copy.territory).exists()


def test_folders_and_hosts_are_those_of_the_operator(opened, system, secretary, settings, tmp_path_factory):
    other = tmp_path_factory.mktemp("ailleurs")
    (opened / "lien").symlink_to(other)
    for address, why in (
        (str(other), "exploitant"),
        (str(opened / "lien"), "exploitant"),
        (f"{opened}/../{other.name}", "exploitant"),
        ("sftp:-oProxyCommand=x@serveur:/depot", "adresse"),
        ("sftp:compte@serveur.example:/depot", "BEFFROI_ALLOWED_HOSTS_OUT"),
        ("rest:https://compte:secret@serveur.example/", "adresse"),
        ("s3:https://169.254.169.254/x", "exploitant"),
        ("--repo=/etc", "adresse"),
    ):
        with pytest.raises(ContinuityError, match=why):
            services.declare(
                system, secretary, name="NAS", kind="restic", medium="nas", place="same", address=address,
                access=CopyAccess(password=PASSWORD),
            )  # fmt: skip
    assert not BackupCopy.objects.of(system.territory).exists()


@LONG
def test_an_unplugged_disk_is_no_trouble_and_an_absent_share_is(healthy, opened, system, secretary):
    made = backup_repositories.duplicate(healthy["borg"], opened / "disque")
    usb = declared(made, system, secretary, offline=True, medium="usb", name="Disque du coffre")
    nas = declared(made, system, secretary)
    assert proving.look(usb).ok and proving.look(nas).ok
    made.folder.rename(opened / "débranché")
    for copy, troubled in ((usb, False), (nas, True)):
        with pytest.raises(Unreachable):
            proving.look(copy)
        copy.refresh_from_db()
        assert bool(copy.trouble) is troubled and copy.failed_since is None


@LONG
def test_a_copy_too_old_is_told_once_and_forgiven(
    healthy, opened, system, secretary, mailoutbox, settings, django_capture_on_commit_callbacks
):
    settings.MAIL_HOST = "courrier.example"
    copy = declared(backup_repositories.duplicate(healthy["restic"], opened / "c"), system, secretary)
    proving.look(copy)
    BackupCopy.objects.of(copy.territory).filter(pk=copy.pk).update(
        last_backup_at=timezone.now() - timedelta(hours=25)
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert (staleness.refresh(copy.territory), staleness.refresh(copy.territory)) == (1, 0)
    assert lines(copy.territory)[0].state is State.TOO_OLD
    assert len([mail for mail in mailoutbox if "trop vieille" in mail.subject]) == 1
    proving.look(BackupCopy.objects.of(copy.territory).get(pk=copy.pk))
    staleness.refresh(copy.territory)
    assert lines(copy.territory)[0].state is State.PROVEN


@LONG
def test_what_is_remembered_is_bounded_and_leaves_with_the_files(
    healthy, opened, system, secretary, monkeypatch
):
    made = backup_repositories.duplicate(healthy["restic"], opened / "copie")
    copy = declared(made, system, secretary)
    proving.look(copy)
    rows = RememberedFile.objects.of(copy.territory)
    assert rows.count() == backup_repositories.FILES + 2
    shutil.rmtree(made.source / "dossier 2")
    made.back_up()
    monkeypatch.setattr(proving, "MOST_REMEMBERED", 5)
    assert proving.look(copy, by=secretary).ok
    assert rows.count() == 5 and not rows.filter(path__contains="dossier 2").exists()
    assert RestoreProof.objects.of(copy.territory).count() == 2

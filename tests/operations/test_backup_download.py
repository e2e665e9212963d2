"""Download of a backup from its page: whole, to who runs the machine after a fresh proof; a file with another town's data to nobody."""

import io
import json
import os
import tarfile
import time
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.web.operations import backup_log
from beffroi.web.platform import ledger, scope
from beffroi.web.tenancy import hosting
from beffroi.web.tenancy.services import NewTerritory, found_territory
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(home):
    with scope.nowhere():
        return found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=900))


@pytest.fixture
def chief(town):
    person = a_person(town, "administrator", email="chief@example.org")
    with scope.nowhere():
        hosting.set_host_operator(person, active=True, by=None)
    return person


def backed_up(home, *others, chains=("host", "territory/valbruyere")):
    """A file with the manifest of a backup, of this town and of `others`, noted as the last one."""
    names = [
        "db.sqlite3",
        *(f"territories/{slug}/lasting/data/a.parquet" for slug in ("valbruyere", *others)),
    ]
    manifest = {
        "made_at": "2026-11-29T10:00:00+00:00",
        "holdings": {"lakes": {}, "chains": dict.fromkeys(chains, 3)},
        "files": dict.fromkeys(names, "0" * 64),
    }
    home.backups.mkdir(exist_ok=True)
    file = home.backups / "beffroi-20261129T100000Z.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        for name, content in (
            ("manifest.json", json.dumps(manifest).encode()),
            ("db.sqlite3", os.urandom(300_000)),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    backup_log.record(home, file, whole=True)
    return file


def downloaded(town, person):
    return strongly(Client(), person).post(reverse("backup-download", args=[town.slug]))


def page(town, person):
    return strongly(Client(), person).get(reverse("backup", args=[town.slug])).content.decode()


def test_who_runs_the_machine_downloads_the_backup_and_the_ledger_says_so(town, chief, home):
    assert "n'est pas chiffrée" in page(town, chief)  # before there is any
    file = backed_up(home)
    assert "Télécharger (" in page(town, chief)
    answer = downloaded(town, chief)
    assert b"".join(answer.streaming_content) == file.read_bytes()
    assert answer.headers["Content-Length"] == str(file.stat().st_size)
    assert "no-store" in answer.headers["Cache-Control"]
    assert file.name in answer.headers["Content-Disposition"]
    with scope.inside(town):
        line = ledger.lines_of(town).last()
    assert (line.act, line.actor) == ("backup.download", f"person:{chief.pk}")
    assert strongly(Client(), chief).get(reverse("backup-download", args=[town.slug])).status_code == 405


def test_a_proof_given_long_ago_is_given_again_first(town, chief, home):
    backed_up(home)
    client = strongly(Client(), chief)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 3600
    session.save()
    answer = client.post(reverse("backup-download", args=[town.slug]))
    assert (answer.status_code, answer.streaming) == (302, False)


@pytest.mark.parametrize(
    "who", ["not operator", "agent", "operator without role", "demonstration", "stranger"]
)
def test_nobody_else_downloads_it(town, chief, home, who):
    backed_up(home)
    roles = {"agent": "agent", "operator without role": "agent"}
    person = a_person(town, roles.get(who, "administrator"), email="other@example.org")
    if who in ("operator without role", "demonstration"):
        with scope.nowhere():
            hosting.set_host_operator(person, active=True, by=None)
    if who == "demonstration":
        person.simulated = True
        person.save(update_fields=["simulated"])
    if who == "stranger":
        answer = Client().post(reverse("backup-download", args=[town.slug]))
    else:
        answer = downloaded(town, person)
    expected = {"agent": 404, "operator without role": 404, "stranger": 302}
    assert (answer.status_code, answer.streaming) == (expected.get(who, 403), False)
    if who in ("not operator", "demonstration"):
        assert "Télécharger (" not in page(town, person)


@pytest.mark.parametrize("backup", ["served", "folder", "chain", "silent"])
def test_a_backup_that_may_hold_another_town_is_downloaded_by_nobody(town, chief, home, backup):
    others = {"folder": ["bourg"]}.get(backup, [])
    chains = {"chain": ("host", "territory/valbruyere", "territory/bourg"), "silent": ()}
    backed_up(home, *others, chains=chains.get(backup, ("host", "territory/valbruyere")))
    if backup == "served":
        hosted = a_territory("Bourg", code="99T06", fictional=False)
        assert downloaded(hosted, a_person(hosted, "administrator", email="b@example.org")).status_code == 403
        assert "Télécharger (" not in page(town, chief)
    answer = downloaded(town, chief)
    assert (answer.status_code, answer.streaming) == (403, False)


@pytest.mark.parametrize("harm", ["link", "elsewhere", "not a backup"])
def test_only_a_backup_of_the_folder_is_ever_sent(town, chief, home, tmp_path, harm):
    file = backed_up(home)
    if harm == "link":
        file.rename(tmp_path / "outside.tar.gz")
        file.symlink_to(tmp_path / "outside.tar.gz")
    elif harm == "elsewhere":
        backup_log.record(home, file.rename(tmp_path / "outside.tar.gz"), whole=True)
    else:
        file.write_bytes(b"a secret")
    answer = downloaded(town, chief)
    assert not answer.streaming
    assert answer.status_code in (302, 403)


def test_a_backup_in_a_repository_is_shown_and_never_downloaded(town, chief, home):
    backed_up(home)
    backup_log.record(home, "sftp:backup:/srv", whole=True, snapshot="1a2b3c4d", outside=True)
    backup_log.record_trial(home, backup_log.Tried("1a2b3c4d", datetime.now(UTC), 12, 3.0))
    text = page(town, chief)
    for shown in (
        "Elle est chiffrée",
        "1a2b3c4d",
        "sftp:backup:/srv",
        "à l'identique",
        "à chaque sauvegarde",
    ):
        assert shown in text.replace("&#x27;", "'")
    assert "Télécharger (" not in text and "Noter cette copie" not in text
    answer = downloaded(town, chief)
    assert (answer.status_code, answer.streaming) == (403, False)

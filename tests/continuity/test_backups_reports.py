"""Copies that others report on or attest: a key writes on one copy and reads nothing; a restore bears its evidence, and ages."""

import base64
import json
import re
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.continuity.backups import (
    board,
    home_lines,
    keys,
    kit_pages,
    proving,
    reading_jobs,
    report_views,
    services,
)
from beffroi.web.continuity.backups.board import State
from beffroi.web.continuity.backups.reading import file_sample, own_backups, sample_restore
from beffroi.web.continuity.backups.reading.file_sample import Listing
from beffroi.web.continuity.backups.reading.own_backups import OwnBackups, OwnTrial, Provider
from beffroi.web.continuity.backups.reading.readable_repository import FileNode
from beffroi.web.continuity.backups.systems import register_guide
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import BackupCopy, CopyReading, RestoreProof
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform import scope
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.platform.models import Person, Territory
from places import a_person, strongly

pytestmark = pytest.mark.django_db
ADDRESS = "/machines/sauvegarde"


@pytest.fixture
def system(territory: Territory, secretary: Person) -> RegisterEntry:
    values = {"name": "Logiciel de l'état civil", "limit_hours": "24", "proof_days": "30"}
    return registers.save_entry(territory, secretary, register_guide(), values)


@pytest.fixture
def copy(system: RegisterEntry, secretary: Person) -> BackupCopy:
    return services.declare(
        system, secretary, name="Bande", kind="report", medium="tape", place="off-site", offline=True
    )


@pytest.fixture
def secret(copy: BackupCopy, secretary: Person) -> str:
    report_views.rate_limit._counts.clear()
    return keys.create(copy, by=secretary).secret


def post(client: Client, secret: str, **values):
    credentials = base64.b64encode(f"beffroi:{secret}".encode()).decode()
    return client.post(
        ADDRESS,
        json.dumps(values),
        content_type="application/json",
        HTTP_AUTHORIZATION=f"Basic {credentials}",
    )


def ago(**delta: float) -> str:
    return (timezone.now() - timedelta(**delta)).isoformat()


def state(copy: BackupCopy) -> State:
    return board.lines(copy.territory)[0].state


def test_a_report_gives_the_age_and_never_the_green(client, copy, secret, secretary):
    answer = post(
        client, secret, system="logiciel de l'etat civil", ended_at=ago(hours=2), ok=True, size=12_000
    )
    assert (answer.status_code, answer.content.decode()) == (200, "Compte rendu reçu.\n")
    copy.refresh_from_db()
    assert copy.size == 12_000 and state(copy) is State.NEVER
    assert 1.9 < services.known_ages(copy.territory)["Logiciel de l'état civil"] < 2.1
    (left,) = home_lines.without_proof(secretary, copy.territory)
    assert left.badge == "sauvegardée, jamais restaurée" and left.url.endswith("/sauvegardes/")
    # It says that it restored, then that it failed.
    assert post(client, secret, ended_at=ago(hours=1), ok=True, restored_at=ago(days=1)).status_code == 200
    assert (
        post(client, secret, ended_at=ago(hours=1), ok=True, restored_at=ago(days=1, minutes=1)).status_code
        == 200
    )
    assert state(copy) is State.PROVEN and RestoreProof.objects.of(copy.territory).count() == 1
    assert list(home_lines.without_proof(secretary, copy.territory)) == []
    assert post(client, secret, ended_at=ago(minutes=1), ok=False, message="disque plein").status_code == 200
    copy.refresh_from_db()
    assert (
        "disque plein" in copy.trouble
        and services.known_ages(copy.territory)["Logiciel de l'état civil"] > 0.9
    )


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"ok": True}, "ended_at"),
        ({"ended_at": "2026-11-29T02:10:00", "ok": True}, "fuseau"),
        ({"ended_at": "hier", "ok": True}, "moment"),
        ({"ended_at": "2099-01-01T00:00:00+01:00", "ok": True}, "avenir"),
        ({"ended_at": "2026-11-29T02:10:00+01:00", "ok": 1}, "ok"),
        ({"ended_at": "2026-11-29T02:10:00+01:00", "ok": True, "size": -1}, "size"),
        ({"ended_at": "2026-11-29T02:10:00+01:00", "ok": True, "system": "Paie"}, "Paie"),
        ({"ended_at": "2026-11-29T02:10:00+01:00", "ok": True, "message": []}, "message"),
    ],
)
def test_a_report_that_cannot_be_believed_is_refused_whole(client, copy, secret, values, why):
    answer = post(client, secret, **values)
    assert answer.status_code == 400 and why in answer.content.decode()
    assert not CopyReading.objects.of(copy.territory).exists()


def test_a_key_is_told_once_limited_and_revoked_for_ever(client, copy, secret, secretary):
    assert client.post(ADDRESS).status_code == 401
    assert post(client, "bfs_inconnue", ended_at=ago(hours=1), ok=True).status_code == 401
    assert client.get(ADDRESS).status_code == 405
    codes = [post(client, secret, ended_at=ago(hours=1), ok=True).status_code for _ in range(11)]
    assert codes == [200] * 10 + [429]
    key = copy.keys.get()
    assert secret not in key.digest and key.last_used == timezone.localdate()
    report_views.rate_limit._counts.clear()
    keys.revoke(key, by=secretary)
    assert post(client, secret, ended_at=ago(hours=1), ok=True).status_code == 401
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.keys.update(revoked_at=None)
    read = services.declare(copy.entry, secretary, name="NAS", kind="attestation", medium="nas", place="same")
    with pytest.raises(ContinuityError, match="pas besoin de clé"):
        keys.create(read, by=secretary)
    again = keys.create(copy, by=secretary).secret
    services.withdraw(copy, secretary)
    assert post(client, again, ended_at=ago(hours=1), ok=True).status_code == 401


def test_an_attested_restore_bears_its_evidence_and_ages(copy, secretary, mayor, monkeypatch):
    today = timezone.localdate()
    services.attest(copy, secretary, what="backup", day=today, how="Bande mise au coffre par Léa")
    with pytest.raises(ContinuityError, match="preuve"):
        services.attest(copy, secretary, what="restore", day=today, how="Essai")
    with pytest.raises(ContinuityError, match="jour passé"):
        services.attest(copy, secretary, what="backup", day=today + timedelta(days=1), how="Essai")
    with pytest.raises(PermissionDenied):
        services.attest(copy, a_person(copy.territory, "auditor"), what="backup", day=today, how="Essai")
    assert state(copy) is State.NEVER
    file = SimpleUploadedFile("compte-rendu.txt", b"412 fichiers compares")
    proof = services.attest(
        copy, secretary, what="restore", day=today, how="Prestataire, poste de test", file=file
    )
    assert proof.evidence.sha256 and proof.by == secretary and state(copy) is State.PROVEN
    with pytest.raises(IntegrityError), transaction.atomic():
        RestoreProof.objects.of(copy.territory).update(ok=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        proof.delete()
    real = timezone.now
    BackupCopy.objects.of(copy.territory).update(last_backup_at=real() + timedelta(days=31))
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=31))
    assert state(copy) is State.LAPSED


def test_who_attests_comes_back_to_the_copy_and_a_day_to_come_stays_in_the_form(client, copy, secretary):
    strongly(client, secretary)
    address = reverse("backup-attest", args=[copy.territory.slug, copy.pk])
    today = timezone.localdate()
    typed = {"what": "backup", "ok": "yes", "how": "Bande mise au coffre"}
    refused = client.post(address, typed | {"day": str(today + timedelta(days=1))})
    assert refused.status_code == 422 and "Bande mise au coffre" in refused.content.decode()
    done = client.post(address, typed | {"day": str(today)})
    assert done.url == reverse("backup-copy", args=[copy.territory.slug, copy.pk])


def test_three_two_one_counts_only_copies_that_would_serve(system, secretary, copy):
    line = board.lines(system.territory)[0]
    assert not any(there for _, there in line.rules)
    today = timezone.localdate()
    nas = services.declare(system, secretary, name="NAS", kind="attestation", medium="nas", place="same")
    services.attest(nas, secretary, what="backup", day=today, how="Vu")
    assert [there for _, there in board.lines(system.territory)[0].rules] == [False] * 4
    services.attest(copy, secretary, what="backup", day=today, how="Vu")
    assert [there for _, there in board.lines(system.territory)[0].rules] == [True] * 4
    services.attest(
        copy,
        secretary,
        what="restore",
        day=today,
        how="Illisible",
        ok=False,
        file=SimpleUploadedFile("p.txt", b"x"),
    )
    line = board.lines(system.territory)[0]
    assert line.state is State.DAMAGED and not line.three and not line.off_site


def test_the_restore_tried_last_decides_whoever_says_another_one_later(client, copy, secret, secretary):
    today = timezone.localdate()

    def restored(days_ago: int, *, ok: bool) -> None:
        file = SimpleUploadedFile("p.txt", b"x")
        day = today - timedelta(days=days_ago)
        services.attest(copy, secretary, what="restore", day=day, how="Essai", ok=ok, file=file)

    post(client, secret, ended_at=ago(hours=1), ok=True)
    restored(2, ok=False)
    restored(5, ok=True)
    assert state(copy) is State.DAMAGED, "an older restore hides no newer failure"
    post(client, secret, ended_at=ago(hours=1), ok=True, restored_at=ago(days=4))
    assert state(copy) is State.DAMAGED
    restored(1, ok=True)
    assert state(copy) is State.PROVEN
    restored(3, ok=False)
    assert state(copy) is State.PROVEN, "nor an older failure a newer restore"


def test_the_age_limit_of_a_copy_goes_before_that_of_its_system(system, secretary):
    day = timezone.localdate() - timedelta(days=3)
    for name, limit, expected in (("Bande", 192, State.NEVER), ("NAS", None, State.TOO_OLD)):
        made = services.declare(
            system, secretary, name=name, kind="attestation", medium="tape", place="same", limit_hours=limit
        )
        services.attest(made, secretary, what="backup", day=day, how="Vu")
        assert state(made) is expected


def test_a_restore_is_tried_each_week_and_each_day_until_every_part_was_read(system, secretary):
    own = services.declare(system, secretary, name="Beffroi", kind="own", medium="disk", place="same")
    now = timezone.now()

    def proven(days_ago: int, **part: int) -> None:
        at = now - timedelta(days=days_ago)
        RestoreProof.objects.create(territory=own.territory, copy=own, origin="read", ok=True, at=at, **part)

    assert proving.is_due(own, now)
    proven(6)
    assert not proving.is_due(own, now) and proving.is_due(own, now + timedelta(days=1))
    proven(1, part=0, parts=2)
    assert proving.is_due(own, now)
    proven(0, part=1, parts=2)
    assert not proving.is_due(own, now)


def test_the_clock_reads_a_copy_once_while_its_job_waits(system, secretary):
    own = services.declare(system, secretary, name="Beffroi", kind="own", medium="disk", place="same")
    started = []
    for _ in range(2):
        BackupCopy.objects.of(own.territory).update(next_at=timezone.now())
        with scope.nowhere():
            started.append(reading_jobs.start_due())
    assert started == [1, 0]


def test_own_backups_follow_the_trial_of_the_instance(system, secretary, monkeypatch):
    now = timezone.now()
    trial = OwnTrial("", now - timedelta(days=1), "", 1.0, 41, 12.0)
    known = [OwnBackups(now - timedelta(hours=3), "", trial)]
    provider = Provider(lambda territory: known[-1], lambda: None)
    monkeypatch.setattr(own_backups, "_provider", provider)
    own = services.declare(system, secretary, name="Beffroi", kind="own", medium="disk", place="same")
    with pytest.raises(ContinuityError, match="déjà"):
        services.declare(system, secretary, name="Encore", kind="own", medium="disk", place="same")
    assert proving.look(own).ok and proving.look(own) is None
    assert state(own) is State.PROVEN
    # A trouble that lasts is counted from its first day: after two, nobody knows.
    known.append(OwnBackups(now - timedelta(hours=2), "La copie distante est refusée.", trial))
    proving.look(own)
    since = own.trouble_since
    assert since is not None
    proving.look(own)
    assert own.trouble_since == since and "refusée" in own.trouble and state(own) is State.PROVEN
    own.trouble_since = since - timedelta(hours=49)
    own.save(update_fields=["trouble_since"])
    assert state(own) is State.UNKNOWN
    known.append(OwnBackups(now, "", OwnTrial("", now, "Un fichier manque.", 1.0, 0, 1.0)))
    assert proving.look(own).faults == ["Un fichier manque."] and state(own) is State.DAMAGED


def test_pages_show_the_worst_first_and_export_it(client, territory, system, copy, secretary):
    strongly(client, secretary)
    here = f"/t/{territory.slug}/continuite/sauvegardes/"
    registers.save_entry(territory, secretary, register_guide(), {"name": "Sans copie"})
    services.attest(copy, secretary, what="backup", day=timezone.localdate(), how="Vu")
    page = client.get(here).content.decode()
    assert page.index("Sans copie") < page.index("état civil") and "jamais restaurée" in page
    assert "badge good" not in page
    for form in ("csv", "xlsx"):
        answer = client.get(f"{here}{form}.fichier/")
        assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    assert client.get(f"{here}exe.fichier/").status_code == 404
    form = {
        "name": "NAS",
        "kind": "restic",
        "medium": "nas",
        "place": "same",
        "address": "/etc",
        "password": "motdepasse-x",
        "ssh_key": "-----BEGIN cle-x",
    }
    answer = client.post(f"{here}systemes/{system.pk}/ajouter/", form)
    page = answer.content.decode()
    assert answer.status_code == 422 and "motdepasse-x" not in page and "cle-x" not in page
    issued = client.post(f"{here}copies/{copy.pk}/cle/").content.decode()
    assert "bfs_" in issued and "curl" in issued
    assert "bfs_" not in client.get(f"{here}copies/{copy.pk}/").content.decode()
    assert "Logiciel" in client.get(f"{here}systemes/{system.pk}/").content.decode()
    (kit,) = kit_pages.pages(territory)
    assert "Sans copie" in kit.body and "bande, ailleurs, hors ligne" in kit.body and kit.as_of is not None
    assert any(task.name == "backups" for task in periodic_tasks.planned())


def listing_of(nodes: Iterable[FileNode], seed: str, wanted: Collection[str] = ()) -> Listing:
    listing = Listing(seed, wanted)
    for node in nodes:
        listing.add(node)
    return listing


def test_a_large_backup_is_sampled_with_a_seed_and_a_whole_folder():
    nodes = [FileNode(f"/d{n // 7}/f{n}", 90_000, "") for n in range(5000)]
    wanted = [node.path for node in nodes[:300]]
    listing = listing_of(nodes, "abc", set(wanted))
    ages = {path: float(n) for n, path in enumerate(wanted)}
    chosen = file_sample.choose(listing, ages)
    assert chosen == file_sample.choose(listing_of(nodes, "abc", set(wanted)), ages)
    assert chosen != file_sample.choose(listing_of(nodes, "abd", set(wanted)), ages)
    assert (
        len(chosen) == file_sample.SAMPLE_FILES
        and sum(node.size for node in chosen) <= file_sample.SAMPLE_BYTES
    )
    assert {f"/d0/f{n}" for n in range(5)} <= {node.path for node in chosen}, "the oldest known ones first"
    folder = chosen[0].path.rpartition("/")[0]
    assert {node.path for node in nodes if node.path.startswith(f"{folder}/")} <= {
        node.path for node in chosen
    }
    assert file_sample.choose(listing_of([FileNode("/dump", 1 << 40, "")], "a"), {}) == []
    assert (
        sample_restore.parts_of(None),
        sample_restore.parts_of(2 << 30),
        sample_restore.parts_of(5 << 30),
    ) == (1, 1, 3)


def test_an_attested_backup_has_a_day_and_no_hour_and_its_age_counts_from_the_end_of_it(
    client, territory, system, copy, secretary, monkeypatch
):
    today = timezone.localdate() + timedelta(days=1)  # eight in the evening is still to come
    midnight, at_eight = (timezone.make_aware(datetime.combine(today, time(hour))) for hour in (0, 20))
    passed = (at_eight.astimezone(UTC) - midnight.astimezone(UTC)) / timedelta(
        hours=1
    )  # 19 to 21, by the clocks
    monkeypatch.setattr(timezone, "now", lambda: at_eight)
    services.attest(copy, secretary, what="backup", day=today - timedelta(days=1), how="Bande mise au coffre")
    line = board.lines(territory)[0]
    assert line.copies[0].is_a_day and abs(line.age - passed) < 0.1 and line.state is State.NEVER
    monkeypatch.undo()
    strongly(client, secretary)
    page = client.get(f"/t/{territory.slug}/continuite/sauvegardes/copies/{copy.pk}/").content.decode()
    kit = "".join(each.body for each in kit_pages.pages(territory))
    words = re.sub(r"[\xa0\u202f]|&nbsp;", " ", page + kit)
    assert "Dernière sauvegarde le" in words and "23 h 59" not in words and "à 12 h 00" not in words


def test_a_copy_is_declared_by_its_kind_first_and_asked_only_what_its_kind_has(
    client, territory, system, secretary
):
    strongly(client, secretary)
    url = reverse("backup-declare", args=[territory.slug, system.pk])
    page = client.get(url).content.decode()
    assert (
        page.index("une personne atteste") < page.index("Beffroi le lit, et en")
        and 'name="address"' not in page
    )
    attested = client.get(f"{url}?kind=attestation").content.decode()
    assert (
        'name="medium"' in attested and 'name="address"' not in attested and 'name="password"' not in attested
    )
    assert 'name="password"' in client.get(f"{url}?kind=borg").content.decode()
    values = {"kind": "attestation", "name": "Bande", "medium": "tape", "place": "off-site"}
    answer = client.post(url, values, follow=True)
    page = answer.content.decode()
    assert re.search(r'<details class="fold" open><summary><h2>Attester', page), "nothing is known of it yet"
    made = BackupCopy.objects.of(territory).get(name="Bande")
    services.attest(made, secretary, what="backup", day=timezone.localdate(), how="Vu")
    assert not re.search(
        r'<details class="fold" open><summary><h2>Attester',
        client.get(answer.redirect_chain[-1][0]).content.decode(),
    )

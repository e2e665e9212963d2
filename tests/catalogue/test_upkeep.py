"""What is no longer to be kept goes, says so and is written down; what was promised stays; nothing else changes."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from deliveries import FAMILIES, FEBRUARY, JANUARY, poured, received, staged
from django.utils import timezone

from beffroi.lake.store import Lake
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError, NotGranted
from beffroi.web.catalogue.grants import consultation, grant, processing
from beffroi.web.catalogue.lifecycle import retention
from beffroi.web.catalogue.lifecycle.file_storage import stored_file
from beffroi.web.catalogue.models import Delivery, Snapshot
from beffroi.web.catalogue.row_queries import page_of_rows
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.models import Job
from places import strongly
from support.clock import date_file

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=40)
FAMILIES_LATER = FAMILIES.replace("Léa", "Lou")


def lines_of_act(town, act):
    return [line for line in ledger.lines_of(town) if line.act == act]


def versions(home, town, kind):
    with Lake(home.lake(town.slug, kind), read_only=True) as lake:
        return {v for (v,) in lake.query_rows("SELECT snapshot_id FROM ducklake_snapshots('lake')")}


def rows(dataset, agent):
    return page_of_rows(agent, dataset, consultation(dataset.territory), 1).total


def aged(days, *snapshots):
    """As if these deliveries had come that many days earlier."""
    for snapshot in snapshots:
        at = snapshot.at - timedelta(days=days)
        Snapshot.objects.filter(pk=snapshot.pk).update(at=at)
        Delivery.objects.filter(pk=snapshot.delivery_id).update(at=at)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("5 ans", 1826.25),
        ("Un an", 365.25),
        ("18 mois", 549),
        ("six mois après la fin", 183),
        ("30 jours", 30),
    ],
)
def test_a_card_states_the_retention_in_french(text, days):
    assert retention.duration(text) == timedelta(days=days)


@pytest.mark.parametrize(
    "text", ["", "illimitée", "5 ans puis 10 ans aux archives", "voir le tableau de gestion"]
)
def test_an_unclear_retention_of_a_card_is_decided_by_nobody(text):
    assert retention.duration(text) is None


def test_ordinary_data_without_a_retention_keep_every_state(town, agent, home):
    first = poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    done = lifecycle.run_upkeep(town, now=timezone.now() + timedelta(days=4000))
    assert done.cut == 0
    opened = grant(agent, first.dataset, consultation(town), snapshot=first)
    with Lake(home.lake(town.slug, "lasting"), read_only=True) as lake:
        assert lake.relation(opened).count().execute() == 4


def test_a_state_older_than_the_retention_of_its_dataset_goes_and_the_one_in_force_stays(town, agent, home):
    first = poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    second = poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    third = poured(town, agent, "Cantines mars 2025.csv", FEBRUARY.replace("/02/", "/03/"))
    dataset = first.dataset
    assert third.dataset == dataset
    dataset.retention = "1 an"
    dataset.save()
    now = timezone.now()
    aged(900, first)
    aged(400, second)
    done = lifecycle.run_upkeep(town, now=now)
    assert done.cut == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.cut_at is not None and second.cut_at is None
    assert len(lines_of_act(town, "lake.cut")) == 1
    assert ledger.verify(town).ok
    with pytest.raises(NotGranted, match="n'est plus conservé"):
        grant(agent, dataset, consultation(town), snapshot=first)
    lifecycle.undo(third, agent)
    assert rows(dataset, agent) == second.rows_total


def test_personal_states_are_forgotten_within_thirty_days_and_the_current_rows_stay(
    town, agent, steward, home
):
    first = poured(town, agent, "Familles 2024.csv", FAMILIES)
    second = poured(town, agent, "Familles 2025.csv", FAMILIES_LATER)
    dataset = first.dataset
    assert second.dataset == dataset
    folder = home.lake(town.slug, "personal")
    old = versions(home, town, "personal")
    done = lifecycle.run_upkeep(town, now=timezone.now() + MONTH, grace=timedelta(0))
    assert done.cut == 1
    second.refresh_from_db()
    assert versions(home, town, "personal") & old == {second.lake_version} & old
    purpose = processing(
        town,
        "aide",
        title="Aide",
        purpose="Aider",
        legal_basis="Mission",
        covers_personal=True,
        datasets=[dataset],
        person=steward,
    )
    opened = grant(steward, dataset, purpose)
    with Lake(folder, read_only=True) as lake:
        names = lake.relation(opened).to_pyarrow().column("prenom").to_pylist()
    assert "Lou" in names and len(names) == second.rows_total
    with pytest.raises(CatalogueError, match="n'est plus conservé"):
        lifecycle.undo(second, steward)
    assert dataset.current == second


def test_another_datasets_old_state_does_not_hold_back_what_was_forgotten(town, agent, home):
    """Two personal datasets share a lake: the one that never changes is read at a newer version."""
    quiet = poured(town, agent, "Familles 2024.csv", FAMILIES)
    other = "Nom;Prénom;Courriel;Loyer\n" + "".join(
        f"Nom{n};Prénom{n};p{n}@example.org;{n}\n" for n in range(400, 420)
    )
    busy = poured(town, agent, "Logements.csv", other)
    assert busy.dataset != quiet.dataset
    before = quiet.lake_version
    lifecycle.run_upkeep(town, now=timezone.now() + MONTH)
    quiet.refresh_from_db()
    assert quiet.cut_at is None
    assert quiet.lake_version > before
    assert before not in versions(home, town, "personal")
    with Lake(home.lake(town.slug, "personal"), read_only=True) as lake:
        assert lake.count(quiet.dataset.table, quiet.lake_version) == 4


def test_the_page_of_a_forgotten_state_reports_it(town, agent, client):
    first = poured(town, agent, "Familles 2024.csv", FAMILIES)
    poured(town, agent, "Familles 2025.csv", FAMILIES_LATER)
    lifecycle.run_upkeep(town, now=timezone.now() + MONTH)
    answer = strongly(client, agent).get(f"/t/{town.slug}/donnees/jeux/{first.dataset.slug}/livraisons/1/")
    assert answer.status_code == 200
    assert "L'état de cette livraison n'est plus conservé" in answer.content.decode().replace("&#x27;", "'")


def test_delivered_files_go_at_their_time_with_one_ledger_line_each(town, agent):
    ordinary = poured(town, agent, "Cantines janvier 2025.csv", JANUARY).delivery
    personal = poured(town, agent, "Familles 2024.csv", FAMILIES).delivery
    waiting = staged(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    done = lifecycle.run_upkeep(town, now=timezone.now() + MONTH)
    assert done.files_erased == 1
    assert [line.thing for line in lines_of_act(town, "delivery.erase")] == [f"delivery:{personal.pk}"]
    assert not stored_file(personal).parent.exists()
    assert stored_file(ordinary).is_file() and stored_file(waiting).is_file()
    assert lifecycle.run_upkeep(town, now=timezone.now() + timedelta(days=366)).files_erased == 2
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert list(stored_file(ordinary).parent.parent.iterdir()) == []


def test_a_card_lengthens_no_file_of_personal_data_and_shortens_any(town, agent):
    years, days = (
        poured(town, agent, name, text)
        for name, text in (("Familles 2024.csv", FAMILIES), ("Cantines.csv", JANUARY))
    )
    for snapshot, words in ((years, "5 ans"), (days, "15 jours")):
        snapshot.dataset.retention = words
        snapshot.dataset.save()
    assert lifecycle.run_upkeep(town, now=timezone.now() + timedelta(days=20)).files_erased == 1
    assert stored_file(years.delivery).is_file() and not stored_file(days.delivery).exists()
    assert lifecycle.run_upkeep(town, now=timezone.now() + timedelta(days=31)).files_erased == 1
    assert not stored_file(years.delivery).exists()


def test_what_a_stop_left_in_incoming_and_staging_goes_and_nothing_else(town, agent, home):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    half = home.incoming(town.slug) / "0123456789abcdef"
    half.mkdir()
    (half / ".grand.csv.partial").write_bytes(b"a")
    date_file(half)
    never = home.staging(town.slug) / "987654"
    never.mkdir(parents=True)
    assert lifecycle.run_upkeep(town).left_over == 1  # what is being received is left alone
    os.utime(half, (0, 0))
    assert lifecycle.run_upkeep(town).left_over == 1
    assert not half.exists() and not never.exists()
    (snapshot,) = lifecycle.pour(delivery, agent)
    assert rows(snapshot.dataset, agent) == 4


def test_a_file_being_received_without_a_row_is_never_taken(town, agent, home):
    received(town, agent, "janvier.csv", JANUARY)
    lifecycle.run_upkeep(town, now=timezone.now() - timedelta(days=3))
    assert [
        path.name for folder in home.incoming(town.slug).iterdir() for path in Path(folder).iterdir()
    ] == ["janvier.csv"]


def test_a_pour_cut_short_is_settled_before_anything_is_forgotten(town, agent):
    from test_reconcile import committed

    snapshot = committed(staged(town, agent, "janvier.csv", JANUARY), agent)
    done = lifecycle.run_upkeep(town, now=timezone.now() + MONTH)
    snapshot.refresh_from_db()
    assert (done.settled, snapshot.state) == (1, "done")
    assert rows(snapshot.dataset, agent) == 4


def test_the_clock_starts_one_upkeep_a_day_and_a_worker_does_it(town, agent):
    from beffroi.web.catalogue import delivery_jobs

    poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    with scope.nowhere():
        assert (delivery_jobs.start_upkeeps(), delivery_jobs.start_upkeeps()) == (1, 1)
    (job,) = Job.objects.of(town).filter(kind=delivery_jobs.UPKEEP)
    job = jobs.run(job)
    assert job.state == "done", job.message
    assert job.message.endswith("Mo rendus.") or "Rien à faire" in job.message

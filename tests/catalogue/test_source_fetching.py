"""A source is read: from a real folder, from a real server, into its dataset, or waits for a person and says why."""

from datetime import timedelta

import pytest
from deliveries import FAMILIES, dataset_of, poured, staged
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from source_helpers import (
    FEBRUARY,
    JANUARY,
    JANUARY_COMPLETE,
    again,
    finish,
    make_due,
    online,
    owed,
    put,
    rows,
    served,
    turn,
    watched,
)

from beffroi.lake.sources import Secret
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.models import Dataset, Delivery, Fetch, Source
from beffroi.web.catalogue.sources import fetch_jobs, source_registry
from beffroi.web.catalogue.sources.fetching import pause_after
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.models import Job
from beffroi.web.tenancy import departure
from places import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings, town):
    settings.SOURCE_FOLDERS = [f"{town.slug}={tmp_path / 'depots'}"]
    return tmp_path / "depots"


@pytest.fixture
def site(settings):
    with served() as site:
        settings.ALLOWED_HOSTS_OUT = [f"127.0.0.1:{site.port}"]
        yield site


def states(source):
    return [fetch.state for fetch in source.fetches.order_by("pk")]


# The way in


def test_the_first_arrival_opens_the_dataset_and_the_next_ones_follow_the_rhythm(
    town, agent, steward, folder
):
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder, owner=agent)
    assert source.next_at <= timezone.now()
    (job,) = turn(town)
    assert (job.state, job.kind) == ("done", "catalogue.fetch")
    source = again(source)
    assert source.dataset.title == "Repas servis"
    assert rows(source.dataset) == 4
    assert source.fetches.get().delivery.by == agent
    assert source.next_at > timezone.now()
    assert turn(town) == []


def test_what_enters_by_a_source_is_recorded_in_the_ledger_as_a_deposit(town, steward, folder):
    put(folder, "cantines.csv", JANUARY)
    watched(town, steward, folder)
    turn(town)
    acts = [line.act for line in ledger.lines_of(town)]
    assert acts[-3:] == ["source.add", "dataset.deposit", "dataset.pour"]


def test_the_same_content_again_makes_no_new_snapshot(town, steward, site):
    site.files["/repas.csv"] = JANUARY.encode()
    source = online(town, steward, site.url("/repas.csv"))
    turn(town)
    make_due(source)
    turn(town)
    assert states(source) == ["poured", "unchanged"]
    assert again(source).dataset.snapshots.count() == 1
    assert Delivery.objects.of(town).count() == 1


def test_new_content_replaces_the_rows_and_new_files_of_a_folder_add_to_them(town, steward, site, folder):
    site.files["/repas.csv"] = JANUARY.encode()
    whole = online(town, steward, site.url("/repas.csv"))
    put(folder, "cantines_janvier.csv", JANUARY)
    sequel = watched(town, steward, folder, title="Suite", dataset_title="Repas par mois", mode="append")
    turn(town)
    site.files["/repas.csv"] = JANUARY_COMPLETE.encode()
    put(folder, "cantines_fevrier.csv", FEBRUARY)
    make_due(whole)
    make_due(sequel)
    turn(town)
    assert rows(again(whole).dataset) == 5
    assert rows(again(sequel).dataset) == 7


def test_several_files_of_a_folder_arrive_as_one_delivery(town, steward, folder):
    dataset = dataset_of(town, steward)
    put(folder, "fevrier.csv", FEBRUARY)
    put(folder, "mars.csv", FEBRUARY.replace("/02/", "/03/"))
    source = watched(town, steward, folder, dataset=dataset, dataset_title="", mode="append")
    turn(town)
    assert states(source) == ["poured"]
    assert rows(again(source).dataset) == 4 + 3 + 3
    assert source.fetches.get().delivery.snapshots.count() == 2


def test_the_secret_travels_and_is_stored_sealed(town, steward, site):
    site.files["/repas.csv"] = JANUARY.encode()
    source = online(town, steward, site.url("/repas.csv"), Secret(token="jeton-de-la-regie"))
    turn(town)
    assert "jeton-de-la-regie" in site.requests[-1][1]
    assert "jeton-de-la-regie" not in source.sealed_secret
    lines = str([line.__dict__ for line in ledger.lines_of(town)])
    assert "jeton-de-la-regie" not in lines and "127.0.0.1" not in lines


# What is in doubt waits


def test_columns_that_changed_wait_for_a_person_and_the_source_with_them(town, steward, site, settings):
    settings.MAIL_HOST = "mail.example"
    site.files["/repas.csv"] = JANUARY.encode()
    source = online(town, steward, site.url("/repas.csv"))
    turn(town)
    site.files["/repas.csv"] = JANUARY.replace("Prix moyen", "Convives").encode()
    make_due(source)
    (job,) = turn(town)
    fetch = source.fetches.first()
    assert fetch.state == "waiting"
    assert "« Prix moyen » n'est plus là ; « Convives » lui ressemble." in fetch.message
    assert job.location.endswith(f"/livraisons/{fetch.delivery.pk}/")
    assert rows(again(source).dataset) == 4
    assert "attend votre confirmation" in mail.outbox[-1].subject
    make_due(source)
    assert turn(town) == []
    with pytest.raises(CatalogueError, match="attend votre confirmation"):
        fetch_jobs.request_fetch(again(source), steward)


def test_once_confirmed_by_a_person_the_delivery_counts_and_the_source_goes_on(town, steward, site):
    site.files["/repas.csv"] = JANUARY.encode()
    source = online(town, steward, site.url("/repas.csv"))
    turn(town)
    site.files["/repas.csv"] = JANUARY.replace("Prix moyen", "Convives").encode()
    make_due(source)
    turn(town)
    delivery = source.fetches.first().delivery
    (plan,) = catalogue.load_plans(delivery)
    answers = {change.key: change.choices[0] for change in plan.changes}
    catalogue.pour(delivery, steward, [catalogue.Choice(0, again(source).dataset.slug, answers=answers)])
    assert source.fetches.first().state == "poured"
    make_due(source)
    turn(town)
    assert states(source) == ["poured", "poured", "unchanged"]


def test_a_file_that_lost_most_of_its_rows_is_not_poured_by_itself(town, steward, site):
    site.files["/repas.csv"] = JANUARY.encode()
    source = online(town, steward, site.url("/repas.csv"))
    turn(town)
    site.files["/repas.csv"] = "\n".join(JANUARY.splitlines()[:2]).encode() + b"\n"
    make_due(source)
    turn(town)
    assert source.fetches.first().state == "waiting"
    assert "moins de la moitié" in source.fetches.first().message
    assert rows(again(source).dataset) == 4


def test_rows_that_would_count_twice_wait_for_a_person(town, steward, folder):
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder, mode="append")
    turn(town)
    put(folder, "cantines.csv", JANUARY_COMPLETE)
    make_due(source)
    turn(town)
    assert states(source) == ["poured", "waiting"]
    assert "lignes déjà versées" in source.fetches.first().message
    assert rows(again(source).dataset) == 4


def test_a_first_arrival_about_people_waits_for_a_person(town, steward, site):
    site.files["/familles.csv"] = FAMILIES.encode()
    source = online(town, steward, site.url("/familles.csv"))
    turn(town)
    assert states(source) == ["waiting"]
    assert "porter sur des personnes" in source.fetches.get().message
    assert not Dataset.objects.of(town).exists()


def test_a_cancelled_delivery_is_not_fetched_again_by_the_clock_but_a_person_may_request_it(
    town, steward, site
):
    site.files["/familles.csv"] = FAMILIES.encode()
    source = online(town, steward, site.url("/familles.csv"))
    turn(town)
    catalogue.cancel(source.fetches.get().delivery, steward)
    make_due(source)
    turn(town)
    assert states(source) == ["given_up", "unchanged"]
    fetch_jobs.request_fetch(again(source), steward)
    finish(town)
    assert states(source) == ["given_up", "unchanged", "waiting"]


def test_an_undone_delivery_pauses_its_source_which_goes_back_to_where_it_was(town, steward, folder):
    put(folder, "janvier.csv", JANUARY)
    source = watched(town, steward, folder, mode="append")
    turn(town)
    before = again(source).cursor
    put(folder, "fevrier.csv", FEBRUARY)
    make_due(source)
    turn(town)
    assert again(source).cursor != before
    catalogue.undo(again(source).dataset.current, steward)
    source = again(source)
    assert (source.state, source.cursor, source.next_at) == ("paused", before, None)
    assert "annulée" in source.note
    source_registry.resume(source, steward)
    assert again(source).state == "active"


def test_a_file_that_is_no_table_is_refused_with_its_reason(town, steward, site):
    site.files["/photo.csv"] = bytes(range(256)) * 40
    source = online(town, steward, site.url("/photo.csv"))
    (job,) = turn(town)
    assert job.state == "failed" and states(source) == ["refused"]
    assert again(source).trouble == source.fetches.get().message != ""


# Failures


def test_a_failure_is_reported_in_french_and_tried_again_later_each_time(town, steward, site):
    source = online(town, steward, site.url("/absent.csv"))
    for attempt in (1, 2, 3):
        (job,) = turn(town)
        assert job.state == "failed"
        source = again(source)
        assert source.failures == attempt
        pause = source.next_at - source.last_at
        assert pause == pause_after(attempt) == timedelta(minutes=5) * 2 ** (attempt - 1)
        assert source.trouble == job.message
        make_due(source)
    assert states(source) == ["failed"] * 3


def test_the_owner_is_notified_after_three_failures_once_and_of_the_recovery(town, steward, site, settings):
    settings.MAIL_HOST = "mail.example"
    site.files["/repas.csv"] = JANUARY.encode()
    site.broken = True
    source = online(town, steward, site.url("/repas.csv"))
    for _ in range(5):
        turn(town)
        make_due(source)
    assert [m.subject for m in mail.outbox] == [f"[{town.name}] « Dossier de la régie » ne répond plus"]
    assert mail.outbox[0].to == [steward.email]
    site.broken = False
    turn(town)
    assert again(source).failures == 0
    assert rows(again(source).dataset) == 4
    assert "répond à nouveau" in mail.outbox[-1].subject


def test_an_address_that_the_operator_did_not_allow_is_never_called(town, steward, site, settings):
    settings.ALLOWED_HOSTS_OUT = []
    site.files["/repas.csv"] = JANUARY.encode()
    source = online(town, steward, site.url("/repas.csv"))
    turn(town)
    assert "n'a pas autorisé" in again(source).trouble
    assert site.requests == []


def test_a_folder_of_another_territory_is_not_read(town, steward, tmp_path, settings):
    settings.SOURCE_FOLDERS = [f"ailleurs={tmp_path / 'a'}", f"*={tmp_path / 'tous'}"]
    put(tmp_path / "a", "x.csv", JANUARY)
    put(tmp_path / "tous" / "ailleurs", "x.csv", JANUARY)
    put(tmp_path / "tous" / town.slug, "x.csv", JANUARY)
    messages = {}
    for name in ("a", "tous/ailleurs", f"tous/{town.slug}"):
        source = watched(town, steward, tmp_path / name, title=name, dataset_title=name)
        turn(town)
        messages[name] = states(source)
    assert messages == {"a": ["failed"], "tous/ailleurs": ["failed"], f"tous/{town.slug}": ["poured"]}


def test_an_owner_who_may_no_longer_deposit_stops_the_source_before_anything_is_read(
    town, agent, steward, site
):
    site.files["/repas.csv"] = JANUARY.encode()
    source = online(town, steward, site.url("/repas.csv"), owner=agent)
    departure.suspend(town, agent, by=None, reason="Parti")
    turn(town)
    assert "autre responsable" in again(source).trouble
    assert site.requests == [] and not Delivery.objects.of(town).exists()


def test_a_paused_source_is_not_fetched(town, steward, folder):
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder)
    source_registry.pause(source, steward)
    assert turn(town) == []
    source_registry.resume(source, steward)
    make_due(source)
    assert len(turn(town)) == 1


# One at a time, and who may ask


def test_two_clicks_and_the_clock_are_one_fetch(town, steward, folder):
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder)
    first, second = fetch_jobs.request_fetch(source, steward), fetch_jobs.request_fetch(source, steward)
    assert first == second
    turn(town)
    assert states(source) == ["poured"]
    assert [line.act for line in ledger.lines_of(town)].count("source.fetch") == 1


def test_the_owner_may_have_it_read_now_and_another_agent_may_not(town, agent, steward, folder):
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder, owner=agent)
    assert fetch_jobs.request_fetch(source, agent).started_by == agent
    other = a_person(town, "agent", email="autre@example.org")
    with pytest.raises(PermissionDenied):
        fetch_jobs.request_fetch(source, other)


def test_a_fetch_whose_worker_died_too_often_is_closed_and_tried_later(town, steward, folder):
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder)
    job = fetch_jobs.request_fetch(source, steward)
    Job.objects.of(town).filter(pk=job.pk).update(state=Job.State.FAILED, message=jobs.ABANDONED)
    make_due(source)
    assert turn(town) == []
    assert states(source) == ["failed"]
    make_due(source)
    turn(town)
    assert states(source) == ["failed", "poured"]


def test_a_source_is_not_deleted_while_it_is_read_and_is_once_that_work_is_cancelled(town, steward, folder):
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder)
    job = fetch_jobs.request_fetch(source, steward)
    with pytest.raises(CatalogueError, match="Une relève est en cours"):
        source_registry.remove(source, steward)
    jobs.cancel(job, steward)
    source_registry.remove(source, steward)
    assert not Source.objects.of(town).exists()


# What somebody owes


def test_a_file_owed_and_deposited_is_poured_when_nothing_is_in_doubt(town, agent, steward):
    source = owed(town, steward)
    delivery = catalogue.receive(town, agent, "repas.csv", [JANUARY.encode()])
    job = fetch_jobs.deposited(source, delivery, agent)
    jobs.run(job)
    source = again(source)
    assert rows(source.dataset) == 4
    assert source.arrived_at is not None and source.next_at is None
    assert source.fetches.get().by_hand


def test_a_file_poured_by_hand_into_the_dataset_of_a_source_counts_as_its_delivery(town, steward):
    dataset = dataset_of(town, steward)
    source = owed(town, steward, dataset=dataset, dataset_title="")
    assert source.arrived_at is None
    poured(town, steward, "Cantines fevrier 2025.csv", FEBRUARY)
    fetch = source.fetches.get()
    assert (fetch.state, fetch.by_hand, fetch.rows) == (Fetch.State.POURED, True, 3)
    assert again(source).arrived_at == fetch.at


def test_a_file_that_waits_for_its_confirmation_is_received_all_the_same(town, agent, steward):
    source = owed(town, steward)
    delivery = catalogue.receive(town, agent, "familles.csv", [FAMILIES.encode()])
    jobs.run(fetch_jobs.deposited(source, delivery, agent))
    assert states(source) == ["waiting"]
    assert again(source).arrived_at is not None
    catalogue.cancel(source.fetches.get().delivery, agent)
    assert again(source).arrived_at is None


def test_what_is_owed_cannot_be_read_by_the_house(town, steward):
    source = owed(town, steward)
    with pytest.raises(CatalogueError, match="remis par quelqu'un"):
        fetch_jobs.request_fetch(source, steward)


def test_a_deposit_in_another_dataset_does_not_touch_the_sources(town, steward):
    source = owed(town, steward)
    staged(town, steward, "autre.csv", JANUARY)
    assert Source.objects.of(town).get() == source
    assert not source.fetches.exists()

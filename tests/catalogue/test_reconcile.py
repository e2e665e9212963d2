"""The machine stops between two steps of a pour or of an undo: the next start finishes the act, or it never was."""

import pytest
from deliveries import FEBRUARY, JANUARY, poured, staged

from beffroi.lake.store import Lake
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.lake_access import open_lake, reuse_open_lakes
from beffroi.web.catalogue.lifecycle.lake_commits import undo_in_lake
from beffroi.web.catalogue.lifecycle.pouring import act_of, intend
from beffroi.web.catalogue.lifecycle.undoing import intend_undo
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.catalogue.planning.drift_review import ReviewedTable
from beffroi.web.catalogue.planning.table_plans import load_plans
from beffroi.web.platform import ledger, scope

pytestmark = pytest.mark.django_db


def intended(delivery, person):
    """Go as far as the intent, then the machine stops."""
    (plan,) = load_plans(delivery)
    dataset = Dataset.objects.of(delivery.territory).filter(slug=plan.match.dataset or "").first()
    return intend(
        delivery, person, ReviewedTable(plan.staged, plan, plan.choice), act_of(delivery, 0), dataset
    )


def committed(delivery, person):
    """Go as far as the lake's commit, then the machine stops."""
    snapshot, table = intended(delivery, person)
    with open_lake(snapshot.dataset) as lake:
        lake.write(snapshot.dataset.table, table, delivery=delivery.pk, act=snapshot.act, mode=snapshot.mode)
    return snapshot


def settled():
    """What a start of the house does, in no territory."""
    with scope.nowhere():
        return lifecycle.reconcile()


def acts(town):
    return [line.act for line in ledger.lines_of(town)]


def count(home, dataset):
    with Lake(home.lake(dataset.territory.slug, "lasting"), read_only=True) as lake:
        return lake.count(dataset.table)


def test_a_stop_before_the_lake_drops_the_intent_and_its_empty_dataset(town, agent):
    intended(staged(town, agent, "janvier.csv", JANUARY), agent)
    assert settled() == 1
    assert not Snapshot.objects.of(town).exists()
    assert not Dataset.objects.of(town).exists()
    assert "dataset.pour" not in acts(town)


def test_a_stop_before_the_lake_leaves_an_older_dataset_as_it_was(town, agent):
    first = poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    intended(staged(town, agent, "Cantines fevrier 2025.csv", FEBRUARY), agent)
    assert first.dataset.current == first
    settled()
    assert list(first.dataset.snapshots.all()) == [first]


def test_a_stop_after_the_lake_finishes_the_act_with_its_ledger_line(town, agent, home):
    snapshot = committed(staged(town, agent, "janvier.csv", JANUARY), agent)
    assert snapshot.dataset.current is None
    assert settled() == 1
    snapshot.refresh_from_db()
    assert (snapshot.state, snapshot.rows_total) == ("done", 4)
    assert count(home, snapshot.dataset) == 4
    assert acts(town).count("dataset.pour") == 1


def test_reconciling_twice_changes_nothing_more(town, agent):
    committed(staged(town, agent, "janvier.csv", JANUARY), agent)
    settled()
    assert settled() == 0
    assert acts(town).count("dataset.pour") == 1


def test_the_job_taken_again_after_a_stop_pours_once(town, agent, home):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    snapshot = committed(delivery, agent)
    assert lifecycle.pour(delivery, agent) == [snapshot]
    assert count(home, snapshot.dataset) == 4
    assert acts(town).count("dataset.pour") == 1


def test_the_job_taken_again_after_a_stop_before_the_lake_pours_once(town, agent, home):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    intended(delivery, agent)
    (snapshot,) = lifecycle.pour(delivery, agent)
    assert count(home, snapshot.dataset) == 4
    assert Snapshot.objects.of(town).count() == 1


def test_another_pour_first_settles_the_one_cut_short(town, agent):
    committed(staged(town, agent, "Cantines janvier 2025.csv", JANUARY), agent)
    second = poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    assert (second.number, second.rows_total) == (2, 7)


def test_an_undo_stopped_before_the_lake_is_finished(town, agent, steward, home):
    first = poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    second = poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    intend_undo(second)
    assert first.dataset.current == first
    assert settled() == 1
    second.refresh_from_db()
    assert second.state == "undone"
    assert count(home, first.dataset) == 4


def test_an_undo_stopped_after_the_lake_is_finished_once(town, agent, steward, home):
    poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    second = poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    intend_undo(second)
    with open_lake(second.dataset) as lake:
        undo_in_lake(second, lake)
    assert settled() == 1
    assert count(home, second.dataset) == 4
    assert acts(town).count("dataset.undo") == 1


def test_a_reused_open_lake_sees_what_others_pour_meanwhile(town, agent):
    first = poured(town, agent, "janvier.csv", JANUARY)
    with reuse_open_lakes():
        with open_lake(first.dataset) as lake:
            before = lake.count(first.dataset.table)
        with Lake(lake.path) as other:
            other.restore(first.dataset.table, None, act="elsewhere")
        with open_lake(first.dataset) as again:
            assert again is lake
            assert before
            assert first.dataset.table not in again.tables()

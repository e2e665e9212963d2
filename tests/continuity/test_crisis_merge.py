"""Journals kept off line: three devices merged, nothing lost nor reordered; a hostile file changes nothing."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.web.continuity.crisis import cell, journal, journal_merge, kit_pages
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import Crisis, JournalLine, JournalMerge
from beffroi.web.continuity.offline_pages.journal_lines import MOST_BYTES, Journal, dump
from beffroi.web.platform.models import Person, Territory
from continuity.crisis_samples import a_crisis, altered, stick_file, stick_lines
from places import a_territory, elsewhere

DEVICES = ("aaaaaaa1", "aaaaaaa2", "aaaaaaa3")


def merged(crisis: Crisis, by: Person, raw: bytes) -> JournalMerge:
    return journal_merge.merge(crisis, by, raw, journal_merge.preview(crisis, by, raw).sha256)


def test_three_devices_are_merged_with_nothing_lost_nor_reordered(
    territory: Territory, secretary: Person
) -> None:
    crisis = a_crisis(territory, secretary)
    here = crisis.lines.count()
    sticks = {device: stick_lines(device, 40) for device in DEVICES}
    # The third device's clock goes back an hour half-way: its order stays that of its lines.
    back = timezone.localtime(timezone.now() - timedelta(hours=4))
    sticks[DEVICES[2]] += stick_lines(DEVICES[2], 40, begins=back, before=sticks[DEVICES[2]][-1])
    for device, lines in sticks.items():
        found = merged(crisis, secretary, stick_file(crisis, device, lines))
        assert (found.added, found.known, found.refused) == (len(lines), 0, [])
    rows = journal.rows_in_order(crisis)
    assert len(rows) == here + 160
    for device, lines in sticks.items():
        assert [str(row.uuid) for row in rows if row.device == device] == [line.id for line in lines]
    assert all(row.merge_id for row in rows if row.device in DEVICES)
    assert any("reculé" in fault for fault in journal.faults(crisis))
    assert any("reculé" in fault for fault in JournalMerge.objects.of(territory).last().faults)


def test_a_file_brought_twice_adds_nothing(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    lines = stick_lines(DEVICES[0], 5)
    merged(crisis, secretary, stick_file(crisis, DEVICES[0], lines))
    before = JournalLine.objects.count()
    again = merged(crisis, secretary, stick_file(crisis, DEVICES[0], lines))
    assert (again.added, again.known) == (0, 5) and JournalLine.objects.count() == before
    longer = merged(
        crisis,
        secretary,
        stick_file(crisis, DEVICES[0], [*lines, *stick_lines(DEVICES[0], 2, before=lines[-1])]),
    )
    assert (longer.added, longer.known) == (2, 5)


def test_the_journal_goes_to_the_stick_and_comes_back(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    carried = journal_merge.read_file(crisis, journal_merge.export(crisis))
    more = stick_lines(DEVICES[0], 3)
    row = merged(crisis, secretary, stick_file(crisis, DEVICES[0], [*carried.lines, *more]))
    assert (row.added, row.known) == (3, len(carried.lines)) and journal.faults(crisis) == []
    journal.write_line(crisis, secretary, text="Et l'on continue ici.")
    assert journal.faults(crisis) == []


def test_a_broken_chain_is_reported_and_its_lines_stay(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    lines = stick_lines(DEVICES[0], 6)
    lines[2] = replace(lines[2], text="Récrit après coup")
    del lines[4]
    raw = stick_file(crisis, DEVICES[0], lines)
    told = " ".join(journal_merge.preview(crisis, secretary, raw).messages)
    assert "modifiée" in told and "manque" in told
    assert merged(crisis, secretary, raw).added == 5
    assert any("modifiée" in fault for fault in journal.faults(crisis))


def test_two_texts_under_one_identifier_are_both_stored(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    lines = stick_lines(DEVICES[0], 3)
    merged(crisis, secretary, stick_file(crisis, DEVICES[0], lines))
    forged = [replace(lines[0], text="Une autre histoire"), *lines[1:]]
    row = merged(crisis, secretary, stick_file(crisis, DEVICES[0], forged))
    assert row.added == 0 and [each["text"] for each in row.refused] == ["Une autre histoire"]
    assert crisis.lines.get(uuid=lines[0].id).text == lines[0].text
    assert any("autre texte" in fault for fault in row.faults)


def test_a_clock_that_is_ahead_is_reported_and_both_hours_stay(
    territory: Territory, secretary: Person
) -> None:
    crisis = a_crisis(territory, secretary)
    ahead = timezone.localtime(timezone.now() + timedelta(days=2))
    lines = stick_lines(DEVICES[0], 1, begins=ahead)
    raw = stick_file(crisis, DEVICES[0], lines)
    assert journal_merge.preview(crisis, secretary, raw).clocks == [DEVICES[0]]
    merged(crisis, secretary, raw)
    row = crisis.lines.get(device=DEVICES[0])
    assert row.content["fact_at"] == lines[0].fact_at and row.at < row.entered_at


def test_a_closed_crisis_still_takes_the_journal_of_a_stick(territory: Territory, secretary: Person) -> None:
    crisis = cell.close(a_crisis(territory, secretary), secretary)
    assert merged(crisis, secretary, stick_file(crisis, DEVICES[0], stick_lines(DEVICES[0], 2))).added == 2


def test_a_file_of_another_crisis_or_of_an_exercise_is_refused(
    territory: Territory, secretary: Person
) -> None:
    crisis, exercise = a_crisis(territory, secretary), a_crisis(territory, secretary, is_exercise=True)
    raw = stick_file(exercise, DEVICES[0], stick_lines(DEVICES[0], 2))
    with pytest.raises(ContinuityError, match="autre crise"):
        journal_merge.preview(crisis, secretary, raw)
    with pytest.raises(ContinuityError, match="exercice"):
        journal_merge.preview(crisis, secretary, altered(raw, crisis=str(crisis.uuid)))
    assert not JournalMerge.objects.of(territory).exists()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"format": 1}',
        b'{"a": NaN}',
        b" " * (MOST_BYTES + 1),
    ],
    ids=["empty", "cut", "list", "bytes", "deep", "short", "nan", "huge"],
)
def test_a_hostile_file_changes_nothing(territory: Territory, secretary: Person, raw: bytes) -> None:
    crisis = a_crisis(territory, secretary)
    before = JournalLine.objects.count()
    with pytest.raises(ContinuityError, match="rien n'a été repris"):
        journal_merge.preview(crisis, secretary, raw)
    assert JournalLine.objects.count() == before


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "order"},
        {"n": -1},
        {"n": True},
        {"device": "../../et"},
        {"fact_at": "hier"},
        {"text": "a\u0000b"},
        {"hash": "0"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_line_that_cannot_be_read_refuses_its_file(
    territory: Territory, secretary: Person, change: dict[str, object]
) -> None:
    crisis = a_crisis(territory, secretary)
    content = json.loads(stick_file(crisis, DEVICES[0], stick_lines(DEVICES[0], 2)))
    content["lines"][1] |= change
    with pytest.raises(ContinuityError, match="ligne 2"):
        journal_merge.preview(crisis, secretary, json.dumps(content).encode())


def test_lines_under_this_platforms_mark_do_not_move_its_chain(
    territory: Territory, secretary: Person
) -> None:
    crisis = a_crisis(territory, secretary)
    last = journal.stored_lines(crisis)[-1]
    forged = stick_lines(crisis.device, 1, before=replace(last, n=999_999))
    merged(crisis, secretary, stick_file(crisis, DEVICES[0], forged))
    row = journal.write_line(crisis, secretary, text="La suite est écrite ici.")
    assert row.n < 100 and row.previous == crisis.lines.get(n=row.n - 1).hash


def test_another_file_than_the_one_that_was_read_is_refused(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    read = journal_merge.preview(
        crisis, secretary, stick_file(crisis, DEVICES[0], stick_lines(DEVICES[0], 1))
    )
    with pytest.raises(ContinuityError, match="pas le fichier"):
        journal_merge.merge(
            crisis, secretary, stick_file(crisis, DEVICES[0], stick_lines(DEVICES[0], 1)), read.sha256
        )


def test_a_journal_begun_before_the_platform_was_back_is_that_of_the_crisis_activated_after(
    territory: Territory, secretary: Person
) -> None:
    a_crisis(territory, secretary, label="Une autre, plus ancienne")
    seed = kit_pages.journal_seed(territory)
    assert seed["crisis"] == str(Crisis.objects.of(territory).get().uuid), (
        "one is under way: the stick continues it"
    )
    cell.close(Crisis.objects.of(territory).get(), secretary)
    seed = kit_pages.journal_seed(territory)
    lines = tuple(stick_lines(DEVICES[0], 3))
    raw = dump(Journal(seed["crisis"], False, DEVICES[0], lines))
    a_crisis(territory, secretary, is_exercise=True)
    crisis = a_crisis(territory, secretary)
    assert merged(crisis, secretary, raw).added == 3


def test_the_same_number_in_two_towns_is_two_identifiers(territory: Territory) -> None:
    other = a_territory("Montreuil", code="99T02")
    with elsewhere(other):
        found = cell.next_uuid(other)
    assert found != cell.next_uuid(territory) != cell.next_uuid(territory, is_exercise=True)

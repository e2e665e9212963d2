"""The journal: lines are written once, chained, read with both hours; a decision leaves its hash, and no word, in the ledger."""

import csv
import io
import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from beffroi.web.continuity.crisis import journal, journal_files
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import JournalLine
from beffroi.web.continuity.offline_pages.journal_lines import parse
from beffroi.web.platform import ledger
from beffroi.web.platform.models import LedgerDetail, Person, Territory
from continuity.crisis_samples import a_crisis
from places import a_person


def test_a_line_keeps_both_hours_and_follows_the_one_before(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    at = timezone.now() - timedelta(hours=2)
    journal.write_line(crisis, secretary, text="Le réseau est débranché.", fact_at=at, author="M. Faure")
    journal.write_line(
        crisis, secretary, text="La cantine passe au papier.", kind="decision", role="Directeur de crise"
    )
    lines = sorted(journal.stored_lines(crisis), key=lambda line: line.n)
    assert [line.n for line in lines] == [1, 2, 3, 4] and all(line.is_intact for line in lines)
    assert all(after.previous == before.hash for before, after in pairwise(lines))
    late = crisis.lines.get(n=3)
    assert late.author == "M. Faure" and late.is_late and late.entered_at - late.fact_at > timedelta(hours=1)
    assert journal.faults(crisis) == []


def test_a_decision_is_in_the_ledger_by_its_hash_and_nothing_else_is(
    territory: Territory, secretary: Person
) -> None:
    crisis = a_crisis(territory, secretary)
    before = ledger.lines_of(territory).count()
    journal.write_line(crisis, secretary, text="Un fait dont personne ne doit lire le mot secret.")
    assert ledger.lines_of(territory).count() == before
    row = journal.write_line(crisis, secretary, text="Décision au mot secret.", kind="decision")
    line = ledger.lines_of(territory).last()
    assert line is not None and line.act == "crisis.decision"
    details = str([detail.payload for detail in LedgerDetail.objects.all()])
    assert row.hash in details and "secret" not in details


def test_nothing_is_changed_deleted_or_replaced(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    row = journal.write_line(crisis, secretary, text="Le réseau est débranché.")
    for act in (lambda: JournalLine.objects.filter(pk=row.pk).update(text="Autre"), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    if connection.vendor == "sqlite":
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT OR REPLACE INTO continuity_journalline SELECT * FROM continuity_journalline WHERE id = %s",
                [row.pk],
            )
    row.refresh_from_db()
    assert row.text == "Le réseau est débranché."


def test_a_correction_is_a_new_line_beside_the_corrected_one(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    row = journal.write_line(crisis, secretary, text="Débranché à 8 h.")
    first = journal.write_line(crisis, secretary, text="À 9 h.", kind="correction", corrects=row)
    journal.write_line(crisis, secretary, text="À 9 h 05.", kind="correction", corrects=first)
    found = next(each for each in journal.entries(journal.rows_in_order(crisis)) if each.row == row)
    assert found.row.text == "Débranché à 8 h." and [each.text for each in found.corrections] == [
        "À 9 h.",
        "À 9 h 05.",
    ]
    with pytest.raises(ContinuityError, match="depuis la ligne"):
        journal.write_line(crisis, secretary, text="Rien.", kind="correction")


def test_filters_leave_what_is_looked_for(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    journal.write_line(crisis, secretary, text="On passe au papier.", kind="decision", author="Mme Roussel")
    rows = journal.rows_in_order(crisis)
    assert [each.row.author for each in journal.entries(rows, kinds=["decision"], author="Mme Roussel")] == [
        "Mme Roussel"
    ]
    assert [each.row.text for each in journal.entries(rows, words="PAPIER")] == ["On passe au papier."]


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_a_line_says_something_in_4000_signs(territory: Territory, secretary: Person, text: str) -> None:
    crisis = a_crisis(territory, secretary)
    with pytest.raises(ContinuityError, match="4 000"):
        journal.write_line(crisis, secretary, text=text)


def test_who_may_not_write_and_an_hour_to_come_are_refused(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary)
    with pytest.raises(PermissionDenied):
        journal.write_line(crisis, a_person(territory, "auditor"), text="Un fait")
    for at in (timezone.now() + timedelta(hours=1), timezone.now() - timedelta(days=400)):
        with pytest.raises(ContinuityError, match="heure"):
            journal.write_line(crisis, secretary, text="Un fait", fact_at=at)


def test_files_say_what_the_journal_says(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary, is_exercise=True)
    journal.write_line(crisis, secretary, text="=HYPERLINK(1)", kind="decision")
    rows = list(csv.reader(io.StringIO(journal_files.csv(crisis).decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == list(journal_files.HEADINGS) and len(rows) == 4
    assert "'=HYPERLINK(1)" in rows[3] and all(row[-1] == "EXERCICE, données simulées" for row in rows[1:])
    read = parse(journal_files.FORMS["json"][1](crisis), crisis=str(crisis.uuid), exercise=True)
    assert [line.text for line in read.lines] == [row.text for row in journal.rows_in_order(crisis)]
    assert json.loads(journal_files.FORMS["json"][1](crisis))["device"] == crisis.device
    assert journal_files.xlsx(crisis)[:2] == b"PK" and journal_files.pdf(crisis)[:4] == b"%PDF"
    assert journal_files.file_name(crisis, "journal").startswith("exercice-journal-")

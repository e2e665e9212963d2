"""Paper forms typed again: what is refused and what stays of it, double entry, totals, erasure, files that leave."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import FormEntry, NumberEnd, RefusedEntry, RekeyedForm
from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.paper_forms.sheet_numbers import SheetCode, SheetNumber
from beffroi.web.continuity.rekeying import batches, entries, exporting
from beffroi.web.continuity.rekeying.pending import pending
from beffroi.web.continuity.rekeying.typed_sheets import Sheet, SheetError
from beffroi.web.platform.models import LedgerLine, Person, Territory
from places import a_person

from .sheets import DAY, allotted, canteen, opened, report, water

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "agent")


def refused(batch, by, number, sheet, words: str) -> RefusedEntry:
    """It is refused with these words, nothing of it counts, and what was typed is there."""
    before = RekeyedForm.objects.of(batch.territory).count()
    with pytest.raises(entries.EntryRefused, match=words) as error:
        entries.enter(batch, by, number, sheet)
    assert RekeyedForm.objects.of(batch.territory).count() == before
    draft = RefusedEntry.objects.of(batch.territory).get(pk=error.value.draft.pk)
    assert Sheet.from_json(draft.values) == Sheet(sheet.values, list(sheet.rows))
    return draft


def test_a_sheet_is_read_with_the_form_s_own_questions(territory: Territory, secretary: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_report")
    batch = opened(territory, secretary, form, 1)
    done = entries.enter(batch, secretary, f"{sheets[0].rank:04}{sheets[0].check}", report())
    assert done.state == RekeyedForm.State.DONE
    assert done.answers["values"] == {
        "day": "2026-11-20", "place": "12 rue des Saules", "kind": "road", "what": "Un trou", "urgency": "later",
    }  # fmt: skip
    assert NumberEnd.objects.of(territory).get(rank=1).outcome == "entered"
    assert LedgerLine.objects.filter(act="rekeying.enter").count() == 1


def test_a_qr_code_is_as_good_as_a_typed_number(territory: Territory, secretary: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_report")
    batch = opened(territory, secretary, form, 1)
    code = SheetCode(territory.code, form.key, sheets[2])
    assert entries.enter(batch, secretary, str(code), report()).number == str(sheets[2])
    other = SheetCode("99999", form.key, sheets[3])
    refused(batch, secretary, str(other), report(), "autre collectivité")


def test_what_is_refused_says_why_and_stays_as_a_draft(territory: Territory, secretary: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_report")
    _, others = allotted(territory, secretary, "form_water")
    _, elsewhere = allotted(territory, secretary, "form_report", counter="B")
    _, exercise = allotted(territory, secretary, "form_report", 2, is_exercise=True)
    batch = opened(territory, secretary, form, 5)
    entries.enter(batch, secretary, str(sheets[0]), report())
    numbers.end_number(territory, sheets[1], "void", "rature, remplacée", secretary)
    for number, sheet, words in (
        (str(sheets[0]), report(), "déjà été saisie dans ce lot"),
        (str(sheets[1]), report(), "déjà annulée"),
        (str(SheetNumber("SIG", "A", 900)), report(), "jamais été attribué"),
        (str(others[0]), report(), "autre formulaire"),
        (str(elsewhere[0]), report(), "guichet B"),
        (str(exercise[0]), report(), "exercice"),
        ("SIG-A-0003-0", report(), "dernier signe"),
        (str(sheets[2]), report(place=""), "Il manque « Lieu »"),
        (str(sheets[2]), report(kind="9"), "réponses proposées"),
        (str(sheets[2]), report(day="21112026"), "autre jour que le lot"),
        (str(sheets[2]), report(day="32112026"), "écrivez une date"),
    ):
        refused(batch, secretary, number, sheet, words)
    assert batches.progress_of(batch).drafts == 11


def test_an_impossible_reading_is_refused_and_its_draft_taken_up_again(
    territory: Territory, secretary: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 1)
    draft = refused(batch, secretary, str(sheets[0]), water(index="99999999"), "hors de ce qui est possible")
    with pytest.raises(entries.EntryRefused) as again:
        entries.enter(batch, secretary, str(sheets[0]), water(index="-1"), draft=draft)
    assert again.value.draft.pk == draft.pk
    entries.enter(batch, secretary, str(sheets[0]), water(), draft=draft)
    assert not batch.refused.exists()


def test_rows_of_a_sheet_are_counted_and_a_code_stands_once(territory: Territory, secretary: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_canteen")
    batch = opened(territory, secretary, form, 3)
    refused(batch, secretary, str(sheets[0]), canteen(["1A01", "1A02"], row_count="3"), "3 lignes annoncées")
    refused(batch, secretary, str(sheets[0]), canteen(["1A01", "1A02", "1A01"]), "écrit 2 fois")
    refused(batch, secretary, str(sheets[0]), canteen(["1A01", "0000"]), "Ligne 2 : Il manque")
    outside = canteen(["1A01", "0000", "0000"])
    rows = [dict(row) for row in outside.rows]
    rows[1]["name"], rows[2]["name"] = "Camille", "Sacha"
    assert entries.enter(batch, secretary, str(sheets[0]), Sheet(outside.values, rows)).state == "second"


def test_the_second_typing_is_blind_and_the_same_answers_settle_the_sheet(
    territory: Territory, secretary: Person, agent: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 1)
    sheet = entries.enter(batch, secretary, str(sheets[0]), water())
    assert sheet.answers is None
    sheet = entries.enter_again(sheet, agent, water())
    assert sheet.state == RekeyedForm.State.DONE
    assert sheet.answers["values"]["index"] == 1007


def test_money_takes_two_persons(territory: Territory, secretary: Person, agent: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_receipt")
    batch = opened(territory, secretary, form, 1, Decimal("12.50"))
    typed = Sheet(
        {
            "day": "20112026",
            "desk": "Piscine",
            "payer": "Mme Dune",
            "what": "Entrées",
            "amount": "12,50",
            "means": "2",
        }
    )
    sheet = entries.enter(batch, secretary, str(sheets[0]), typed)
    with pytest.raises(ContinuityError, match="autre personne"):
        entries.enter_again(sheet, secretary, typed)
    assert entries.enter_again(sheet, agent, typed).state == RekeyedForm.State.DONE
    assert batches.progress_of(batch).total == Decimal("12.50")


def test_two_typings_that_differ_wait_for_a_look_field_by_field(
    territory: Territory, secretary: Person, agent: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 1)
    sheet = entries.enter(batch, secretary, str(sheets[0]), water())
    sheet = entries.enter_again(sheet, agent, water(index="1070", remark="portail"))
    assert sheet.state == RekeyedForm.State.DIFFERS
    assert [(each.place, each.first, each.second) for each in entries.differences_of(sheet)] == [
        ("index", "1\u00a0007 m³", "1\u00a0070 m³"), ("remark", "–", "portail"),
    ]  # fmt: skip
    with pytest.raises(ContinuityError, match="chaque écart"):
        entries.settle(sheet, secretary, {"index": 1007})
    with pytest.raises(SheetError, match="hors de ce qui est possible"):
        entries.settle(sheet, secretary, {"index": "9999999", "remark": "portail"})
    sheet = entries.settle(sheet, secretary, {"index": "1007", "remark": "portail"})
    assert (sheet.state, sheet.answers["values"]["index"]) == ("done", 1007)
    assert list(sheet.entries.values_list("turn", flat=True)) == ["first", "second", "settled"]


def test_what_a_person_typed_is_never_changed(territory: Territory, secretary: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_report")
    batch = opened(territory, secretary, form, 1)
    sheet = entries.enter(batch, secretary, str(sheets[0]), report())
    entry = sheet.entries.get()
    for change in ({"answers": {"values": {}}}, {"by": secretary, "turn": "second"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            FormEntry.objects.of(territory).filter(pk=entry.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        sheet.delete()
    sheet = entries.correct(sheet, secretary, report(place="14 rue des Saules"), "lu 12, c'est 14")
    assert sheet.answers["values"]["place"].startswith("14")
    assert entry.answers["values"]["place"].startswith("12")


def test_a_batch_whose_total_differs_stays_open_until_it_is_found_or_explained(
    territory: Territory, secretary: Person, agent: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 3, Decimal(3043))
    for rank in (1, 2):
        sheet = entries.enter(batch, secretary, str(sheets[rank - 1]), water(rank))
        entries.enter_again(sheet, agent, water(rank))
    with pytest.raises(ContinuityError, match=r"3.feuilles annoncées, 2.saisies.*3.043 annoncé, 2.021 saisi"):
        batches.close(batch, secretary)
    third = entries.enter(batch, secretary, str(sheets[2]), water(3, index="1022"))
    with pytest.raises(ContinuityError, match="1 à saisir une seconde fois"):
        batches.close(batch, secretary, "je ferme quand même")
    entries.enter_again(third, agent, water(3, index="1022"))
    batches.close(batch, secretary)
    batch.refresh_from_db()
    assert batch.closed_by == secretary and batch.closing_note == ""
    with pytest.raises(ContinuityError, match="fermé"):
        entries.enter(batch, secretary, str(sheets[3]), water(4))


def test_a_real_difference_is_explained_and_a_recount_is_written(
    territory: Territory, secretary: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_report")
    batch = opened(territory, secretary, form, 4)
    entries.enter(batch, secretary, str(sheets[0]), report())
    batches.change_announced(batch, secretary, 2, None)
    batches.close(batch, secretary, "feuille 0002 perdue, déclarée")
    batch.refresh_from_db()
    assert batch.closing_note.startswith("feuille 0002")


def test_what_was_typed_is_erased_and_the_numbers_stay(territory: Territory, secretary: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_report")
    batch = opened(territory, secretary, form, 1)
    entries.enter(batch, secretary, str(sheets[0]), report())
    with pytest.raises(ContinuityError, match="ouvert"):
        batches.erase(batch, secretary)
    batches.close(batch, secretary)
    assert batches.erase(batch, secretary) == 1
    sheet = RekeyedForm.objects.of(territory).get()
    assert (sheet.answers, sheet.number) == (None, str(sheets[0]))
    assert list(sheet.entries.values_list("answers", "by")) == [(None, secretary.pk)]
    assert FormEntry.objects.of(territory).filter(answers__isnull=True).count() == 1
    assert LedgerLine.objects.filter(act="rekeying.erase").count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        RekeyedForm.objects.of(territory).update(answers={"values": {}})


@pytest.mark.requirement("R87")
def test_settled_sheets_leave_as_a_table_one_line_a_row(
    territory: Territory, secretary: Person, agent: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_canteen", is_exercise=True)
    batch = opened(territory, secretary, form, 2, is_exercise=True)
    first = entries.enter(batch, secretary, str(sheets[0]), canteen(["1A01", "1A02"]))
    entries.enter_again(first, agent, canteen(["1A01", "1A02"]))
    entries.enter(batch, secretary, str(sheets[1]), canteen(["1A03"]))
    heading, rows = exporting.table_of(batch, form, exporting.settled_sheets(batch))
    assert len(rows) == 2 and {row[heading.index("Numéro de l'enfant")] for row in rows} == {"1A01", "1A02"}
    assert {row[-1] for row in rows} == {"EXERCICE"}
    text = exporting.export(batch, secretary, "csv").content.decode()
    assert "EXERCICE" in text and "simulées" in text and "1A03" not in text
    with pytest.raises(ContinuityError, match=r"Fermez|exercice"):
        exporting.deposit(batch, secretary)


def test_a_closed_batch_is_delivered_to_the_catalogue(territory: Territory) -> None:
    officer = a_person(territory, "agent", "data_officer")
    form, sheets = allotted(territory, officer, "form_report")
    batch = opened(territory, officer, form, 1)
    entries.enter(batch, officer, str(sheets[0]), report())
    batches.close(batch, officer)
    batch.refresh_from_db()
    assert exporting.deposit(batch, officer).file_name == "report-A-2026-11-20.csv"


def test_what_waits_is_counted_and_exercises_are_apart(
    territory: Territory, secretary: Person, agent: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 4)
    entries.enter(batch, secretary, str(sheets[0]), water())
    entries.enter_again(entries.enter(batch, secretary, str(sheets[1]), water(2)), agent, water(3))
    refused(batch, secretary, "9999X", water(), "dernier signe")
    allotted(territory, secretary, "form_water", 3, is_exercise=True)
    opened(territory, secretary, form, 9, is_exercise=True)
    found = pending(territory)
    assert (found.batches, found.sheets, found.second, found.differing, found.drafts) == (1, 2, 1, 1, 1)


def test_who_only_reads_types_nothing(territory: Territory, secretary: Person) -> None:
    form, sheets = allotted(territory, secretary, "form_report")
    batch = opened(territory, secretary, form, 1)
    reader = a_person(territory, "auditor")
    with pytest.raises(PermissionDenied):
        entries.enter(batch, reader, str(sheets[0]), report())
    assert batch.day == DAY


def test_who_made_the_first_typing_takes_it_up_again_and_the_second_is_compared_with_the_last(
    territory: Territory, secretary: Person, agent: Person
) -> None:
    form, sheets = allotted(territory, secretary, "form_water")
    batch = opened(territory, secretary, form, 1)
    sheet = entries.enter(batch, secretary, str(sheets[0]), water(1, index="9"))
    with pytest.raises(ContinuityError, match="Seule la personne"):
        entries.type_first_again(sheet, agent, water(1))
    entries.type_first_again(sheet, secretary, water(1))
    assert entries.enter_again(sheet, agent, water(1)).state == RekeyedForm.State.DONE
    assert [entry.turn for entry in sheet.entries.all()] == ["first", "first", "second"]
    with pytest.raises(ContinuityError, match="n'attend plus"):
        entries.type_first_again(sheet, secretary, water(1))

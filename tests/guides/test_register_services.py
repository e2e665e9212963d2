"""Writing in a register: several hands, imports that say before they do, removals undone, one ledger line an act."""

import pytest
from django.core.exceptions import PermissionDenied
from guide_samples import tools

from beffroi.guides import Register
from beffroi.web.guides.errors import FaultsError, GuideError, RowsError, StaleEntryError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from places import a_person

pytestmark = pytest.mark.django_db
TOOLS = tools()


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "agent")


def names(territory: Territory) -> list[str]:
    return [entry.values["name"] for entry in registers.entries_of(territory, TOOLS)]


def acts(territory: Territory) -> list[str]:
    return [line.act for line in ledger.lines_of(territory) if line.act.startswith("register.")]


def test_each_change_of_an_entry_is_a_revision_and_the_same_values_are_none(
    territory: Territory, agent: Person
) -> None:
    entry = registers.save_entry(territory, agent, TOOLS, {"name": "ESET", "cost": "1234567,5"})
    registers.save_entry(territory, agent, TOOLS, {"name": "ESET", "cost": "1234567,5"}, entry=entry)
    registers.save_entry(territory, agent, TOOLS, {"name": "ESET", "cost": "60"}, entry=entry)
    assert [row.values["cost"] for row in entry.revisions.all()] == [60, 1234567.5]
    assert acts(territory) == ["register.save", "register.save"]


def test_an_entry_that_somebody_changed_meanwhile_is_not_overwritten(
    territory: Territory, agent: Person
) -> None:
    entry = registers.save_entry(territory, agent, TOOLS, {"name": "ESET"})
    other = RegisterEntry.objects.of(territory).get()
    registers.save_entry(territory, agent, TOOLS, {"name": "ESET", "cost": "40"}, entry=other, seen=1)
    with pytest.raises(StaleEntryError):
        registers.save_entry(territory, agent, TOOLS, {"name": "ESET", "cost": "50"}, entry=entry, seen=1)
    assert RegisterEntry.objects.of(territory).get().values["cost"] == 40


def test_two_entries_may_not_have_one_name(territory: Territory, agent: Person) -> None:
    registers.save_entry(territory, agent, TOOLS, {"name": "ESET"})
    with pytest.raises(GuideError, match="porte déjà ce nom"):
        registers.save_entry(territory, agent, TOOLS, {"name": "eset"})


def test_lines_typed_together_are_saved_together_or_not_at_all(territory: Territory, agent: Person) -> None:
    with pytest.raises(RowsError) as refusal:
        registers.add_entries(
            territory, agent, TOOLS, [{"name": "ESET"}, {"name": ""}, {"name": "Eset", "cost": "dix"}]
        )
    assert [(row, fault.question) for row, fault in refusal.value.faults] == [(1, "name"), (2, "cost")]
    assert names(territory) == []
    registers.add_entries(territory, agent, TOOLS, [{"name": "ESET"}, {"name": "Borg"}])
    assert names(territory) == ["Borg", "ESET"] and acts(territory) == ["register.import"]


def test_a_removed_entry_comes_back_unless_its_name_was_taken(territory: Territory, agent: Person) -> None:
    entry = registers.save_entry(territory, agent, TOOLS, {"name": "ESET", "cost": "40"})
    registers.remove_entry(entry, agent, TOOLS)
    registers.remove_entry(entry, agent, TOOLS)
    assert names(territory) == []
    registers.put_back(entry, agent, TOOLS)
    assert [row.values for row in entry.revisions.all()] == [entry.values, None, entry.values]
    registers.remove_entry(entry, agent, TOOLS)
    registers.save_entry(territory, agent, TOOLS, {"name": "eset"})
    with pytest.raises(GuideError, match="porte déjà ce nom"):
        registers.put_back(entry, agent, TOOLS)


def test_an_import_says_what_it_would_do_then_does_that_and_nothing_else(
    territory: Territory, agent: Person
) -> None:
    registers.save_entry(territory, agent, TOOLS, {"name": "ESET", "cost": "40", "owner": "Mme Roy"})
    registers.save_entry(territory, agent, TOOLS, {"name": "Borg"})
    heading = ["Logiciel", "Coût d'une année", "Couleur"]
    rows = [["ESET", "60 €"], ["Borg", ""], ["Restic", "0"], ["Duplicati", "beaucoup"], ["", ""], ["restic"]]
    report = registers.import_table(territory, agent, TOOLS, heading, rows, apply=False)
    assert [values["name"] for values in report.created] == ["Restic"]
    assert [(before["cost"], after["cost"], after["owner"]) for before, after in report.changed] == [
        (40, 60, "Mme Roy")
    ]
    assert (report.same, report.unknown_columns) == (1, ["Couleur"])
    assert [row for row, _ in report.faults] == [4, 6]
    assert names(territory) == ["Borg", "ESET"]
    other = registers.save_entry(territory, agent, TOOLS, {"name": "Restic"})
    with pytest.raises(StaleEntryError):
        registers.import_table(territory, agent, TOOLS, heading, rows, apply=True, expected=report.sha256)
    registers.remove_entry(other, agent, TOOLS)
    registers.import_table(territory, agent, TOOLS, heading, rows, apply=True, expected=report.sha256)
    assert names(territory) == ["Borg", "ESET", "Restic"]
    assert ledger.lines_of(territory).last().detail.payload["changed"] == 1


def test_the_guides_own_rows_wait_for_a_person_and_a_removed_one_stays_out(
    territory: Territory, agent: Person
) -> None:
    assert registers.begin_with_rows(territory, agent, TOOLS) == 2
    first, second = registers.entries_of(territory, TOOLS)
    assert first.is_unconfirmed and second.is_unconfirmed
    registers.confirm_entry(first, agent, TOOLS)
    registers.confirm_entry(first, agent, TOOLS)
    registers.remove_entry(second, agent, TOOLS)
    assert registers.begin_with_rows(territory, agent, TOOLS) == 0
    (only,) = registers.entries_of(territory, TOOLS)
    assert (only.revision, only.is_unconfirmed) == (2, False)
    assert acts(territory) == ["register.import", "register.save", "register.remove"]


def test_a_machine_fills_what_nobody_wrote(territory: Territory, agent: Person) -> None:
    registers.save_entry(territory, agent, TOOLS, {"name": "PC-1", "cost": "40"})
    entry = registers.report_entry(territory, TOOLS, {"name": "pc-1", "cost": 10, "kind": "antivirus"})
    assert entry.values == {"name": "PC-1", "kind": "antivirus", "cost": 40}
    again = registers.report_entry(territory, TOOLS, {"name": "pc-1", "kind": "antivirus"})
    assert (again.revision, again.by, acts(territory)) == (2, None, ["register.save"])


def test_what_a_person_corrects_of_a_machine_stays_and_the_rest_follows_it(
    territory: Territory, agent: Person
) -> None:
    reported = {"name": "pc-1", "cost": 10, "kind": "antivirus"}
    entry = registers.report_entry(territory, TOOLS, reported)
    assert registers.is_reported_only(entry)
    registers.confirm_entry(entry, agent, TOOLS)
    registers.save_entry(
        territory, agent, TOOLS, entry.values | {"name": "Accueil", "kind": "backup"}, entry=entry
    )
    after = registers.report_entry(territory, TOOLS, reported | {"cost": 20}, entry)
    assert after.values == {"name": "Accueil", "kind": "backup", "cost": 20} and after.pk == entry.pk
    assert not registers.is_reported_only(after)


def test_an_entry_that_was_removed_comes_back_with_its_machine_and_never_takes_anothers_name(
    territory: Territory, agent: Person
) -> None:
    entry = registers.report_entry(territory, TOOLS, {"name": "pc-1"})
    registers.remove_entry(entry, agent, TOOLS)
    back = registers.report_entry(territory, TOOLS, {"name": "pc-1"}, entry)
    assert (back.pk, back.removed_at) == (entry.pk, None)
    registers.save_entry(territory, agent, TOOLS, {"name": "pc-2"})
    assert registers.report_entry(territory, TOOLS, {"name": "PC-2"}, entry).identity == "pc 1"
    assert len(registers.entries_of(territory, TOOLS)) == 2


def test_who_only_reads_may_not_write(territory: Territory, agent: Person) -> None:
    auditor = a_person(territory, "auditor")
    entry = registers.save_entry(territory, agent, TOOLS, {"name": "ESET"})
    for write in (
        lambda: registers.save_entry(territory, auditor, TOOLS, {"name": "Borg"}),
        lambda: registers.add_entries(territory, auditor, TOOLS, [{"name": "Borg"}]),
        lambda: registers.remove_entry(entry, auditor, TOOLS),
        lambda: registers.confirm_entry(entry, auditor, TOOLS),
        lambda: registers.begin_with_rows(territory, auditor, TOOLS),
        lambda: registers.import_table(territory, auditor, TOOLS, ["Logiciel"], [["Borg"]], apply=False),
    ):
        with pytest.raises(PermissionDenied):
            write()
    with pytest.raises(FaultsError, match="Il manque"):
        registers.save_entry(territory, agent, TOOLS, {"name": " "})


def test_a_register_of_bodies_names_nobody_and_one_field_of_another_register_does_not_count(
    territory: Territory,
) -> None:
    """« name » is a body in the contacts and a person in the list of families."""
    officer = a_person(territory, "security_officer")
    calls = guide(Register, "who_to_call")
    known = {"source": "contrat", "verified_on": "2026-11-01"}
    registers.save_entry(
        territory, officer, calls, {"name": "Prestataire", "phone": "01 99 00 00 01"} | known
    )
    assert not registers.names_people(territory)
    registers.save_entry(territory, officer, calls, {"name": "Assureur", "person": "Camille Roussel"} | known)
    assert registers.names_people(territory)

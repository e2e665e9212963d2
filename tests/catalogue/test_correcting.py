"""A person corrects a reading; what they said is kept for the next file of the same dataset, told, and taken back."""

import zipfile
from dataclasses import replace
from datetime import date

import pytest
from deliveries import FAMILIES, JANUARY, dataset_of, poured, received, staged
from django.core.exceptions import PermissionDenied

from beffroi.lake.readers.corrections import NONE, Corrections
from beffroi.web.catalogue import delivery_jobs, lifecycle
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.lifecycle import load_plans
from beffroi.web.catalogue.models import Delivery, SavedCorrections, Snapshot
from beffroi.web.catalogue.planning.table_plans import TablePlan
from beffroi.web.catalogue.reading_form import ReadingForm
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.models import Job
from places import a_person

pytestmark = pytest.mark.django_db

MARCH = "Dossier;Jour;Repas\n12;03/04/2025;112\n7;05/06/2025;64\n9;05/07/2025;NC\n"
APRIL = "Dossier;Jour;Repas\n31;01/08/2025;12\n44;02/08/2025;64\n"
CORRECTIONS = {"orders": {"jour": "month"}, "types": {"dossier": "code"}}


def corrected(delivery, person, table=0, **requested):
    return lifecycle.correct(delivery, person, {table: Corrections.from_dict(requested)})


def only(delivery) -> TablePlan:
    (plan,) = load_plans(delivery)
    return plan


def types(plan: TablePlan) -> dict[str, str]:
    return {column.name: column.type for column in plan.staged.columns}


@pytest.fixture
def march(town, agent):
    return staged(town, agent, "permis mars 2025.csv", MARCH)


def test_a_correction_gives_a_new_reading_counted_again_and_lists_what_changed(agent, march):
    plan = only(corrected(march, agent, **CORRECTIONS))
    assert types(plan)["dossier"] == "code"
    assert plan.peek["rows"][0] == ["12", "2025-03-04", "112"]
    assert "« Dossier » : code (avant : nombre entier)." in plan.changed
    assert any(sentence.startswith("Format de « Jour » : MM/JJ/AAAA") for sentence in plan.changed)


def test_the_rows_that_a_correction_rejects_are_counted_and_none_is_lost(agent, march):
    before = only(march).staged
    plan = only(corrected(march, agent, values={"repas": True}, types={"repas": "integer"}))
    assert plan.staged.rows_read == before.rows_read == 3
    assert (plan.staged.rows_kept, plan.staged.rows_quarantined) == (2, 1)
    assert "2 lignes gardées (avant : 3) et 1 ligne écartée (avant : 0)." in plan.changed


def test_correcting_writes_one_ledger_line_with_identifiers_only(town, agent, march):
    before = ledger.lines_of(town).count()
    corrected(march, agent, missing=["Madame Martin"], **CORRECTIONS)
    assert ledger.lines_of(town).count() == before + 1
    line = ledger.lines_of(town).last()
    assert (line.act, line.detail.payload["kinds"]) == ("delivery.correct", ["missing", "orders", "types"])
    assert "Martin" not in str(line.detail.payload)


def test_the_same_correction_requested_twice_takes_effect_once(town, agent, march):
    corrected(march, agent, **CORRECTIONS)
    lines, folder = ledger.lines_of(town).count(), only(march).staged.parquet
    corrected(march, agent, **CORRECTIONS)
    assert ledger.lines_of(town).count() == lines
    assert only(march).staged.parquet == folder


@pytest.mark.parametrize(
    ("requested", "sentence"),
    [
        ({"header": 99}, "La ligne 99 ne peut pas être l'en-tête"),
        ({"separator": "|"}, "aucun signe « barre verticale »"),
    ],
)
def test_a_correction_that_cannot_be_leaves_the_reading_and_the_ledger_as_they_were(
    town, agent, march, requested, sentence
):
    march.refresh_from_db()
    before, lines = march.tables, ledger.lines_of(town).count()
    with pytest.raises(CatalogueError, match=sentence):
        corrected(march, agent, **requested)
    march.refresh_from_db()
    assert march.tables == before
    assert only(march).at_hand
    assert ledger.lines_of(town).count() == lines


def test_going_back_to_the_automatic_reading_undoes_the_correction(agent, march):
    before = types(only(march))
    corrected(march, agent, **CORRECTIONS)
    lifecycle.correct(march, agent, {0: NONE})
    assert types(only(march)) == before
    assert only(march).corrections == NONE


def test_who_may_not_deposit_may_not_correct(town, march):
    with pytest.raises(PermissionDenied):
        corrected(march, a_person(town, "auditor"), **CORRECTIONS)


def test_a_poured_delivery_is_not_corrected_any_more(agent, march):
    lifecycle.pour(march, agent)
    with pytest.raises(CatalogueError, match="n'attend pas de confirmation"):
        corrected(march, agent, **CORRECTIONS)


def test_one_table_of_an_archive_is_corrected_without_touching_the_others(town, agent, tmp_path):
    path = tmp_path / "lot.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("permis.csv", MARCH)
        archive.writestr("cantines.csv", JANUARY)
    delivery = lifecycle.receive(town, agent, "lot.zip", [path.read_bytes()])
    lifecycle.stage(delivery)
    permits, other = load_plans(delivery)
    assert permits.staged.origin == "lot.zip!permis.csv"
    corrected(delivery, agent, **CORRECTIONS)
    changed, same = load_plans(delivery)
    assert same.staged.parquet == other.staged.parquet
    assert same.at_hand
    assert types(changed)["dossier"] == "code"


def test_reading_the_file_again_keeps_its_corrections(agent, march):
    corrected(march, agent, **CORRECTIONS)
    lifecycle.stage(march)
    assert types(only(march))["dossier"] == "code"


# Kept for the next delivery


@pytest.fixture
def permits(agent, march):
    """The dataset of March, poured as corrected."""
    (snapshot,) = lifecycle.pour(corrected(march, agent, **CORRECTIONS), agent)
    return snapshot.dataset


def test_corrections_are_saved_with_the_dataset_when_it_is_poured(town, agent, permits):
    saved = SavedCorrections.objects.get(dataset=permits)
    assert (saved.corrections, saved.by, saved.snapshot.number) == (CORRECTIONS, agent, 1)
    assert saved.snapshot.corrections == CORRECTIONS


def test_the_next_file_is_read_as_the_last_one_was_corrected_and_names_it(town, agent, permits):
    plan = only(staged(town, agent, "permis avril 2025.csv", APRIL))
    assert types(plan)["dossier"] == "code"
    assert plan.peek["rows"][0][1] == "2025-01-08"
    assert plan.match.dataset == permits.slug
    assert (plan.applied.dataset, plan.applied.number) == (permits.title, 1)
    assert plan.corrections == Corrections.from_dict(CORRECTIONS)
    assert all(guess.certain for guess in plan.staged.guesses if guess.about == "order")


def test_the_century_answered_on_the_page_is_read_so_in_the_next_file(town, agent):
    year = date.today().year
    text = f"Contrat;Signé\nA;18/10/{(year + 30) % 100:02}\nB;25/01/{(year + 31) % 100:02}\n"
    delivery = staged(town, agent, "contrats 2024.csv", text)
    form = ReadingForm(only(delivery), (), examples=True)
    (asked,) = [field for field in form.questions if "l'année" in field.label]
    assert asked.label == f"Dans « Signé », l'année « {(year + 30) % 100:02} » : {year - 70} ou {year + 30} ?"
    answers = [text for _, text in asked.field.choices]
    assert f"{year - 70} : les années vont de {year - 99} à {year} (lu ainsi)" in answers
    assert f"{year + 30} : les années vont de {year - 59} à {year + 40}" in answers
    answered = ReadingForm(only(delivery), (), examples=True, data={asked.html_name: "planned"})
    assert answered.is_valid()
    lifecycle.pour(lifecycle.correct(delivery, agent, {0: answered.corrections}), agent)
    plan = only(staged(town, agent, "contrats 2025.csv", text + f"C;25/01/{(year + 33) % 100:02}\n"))
    assert [row[1][:4] for row in plan.peek["rows"]] == [f"{year + 30}", f"{year + 31}", f"{year + 33}"]
    assert all(guess.certain for guess in plan.staged.guesses if guess.about == "century")


def test_the_next_file_pours_after_the_first_without_a_new_row_of_corrections(town, agent, permits):
    poured(town, agent, "permis avril 2025.csv", APRIL)
    assert permits.current.rows_total == 5
    assert SavedCorrections.objects.get(dataset=permits).snapshot.number == 1


def test_a_file_read_wrong_by_itself_is_still_recognised_by_the_corrections_of_its_name(town, agent):
    first = "Export du logiciel;Version\nCode;Valeur\nx;y\nz;t\n"
    delivery = corrected(staged(town, agent, "tarifs 2024.csv", first), agent, header=2)
    lifecycle.pour(delivery, agent)
    plan = only(staged(town, agent, "tarifs 2025.csv", first.replace("x;y", "u;v")))
    assert [column.label for column in plan.staged.columns] == ["Code", "Valeur"]
    assert plan.match.dataset == "tarifs"
    assert plan.applied is not None


def test_a_missing_column_is_reported_not_dropped_in_silence(town, agent, permits):
    plan = only(
        staged(town, agent, "permis mai 2025.csv", "Jour;Repas;Lieu\n01/08/2025;12;a\n02/08/2025;13;b\n")
    )
    assert plan.match.dataset == permits.slug
    assert plan.notes == (
        "« Dossier » : Cette colonne n'est pas dans le fichier : ce qui a été dit d'elle n'a pas pu être appliqué.",
    )
    assert plan.peek["rows"][0][0] == "2025-01-08"


def test_saved_corrections_that_no_longer_apply_are_reported_and_the_file_is_read_without_them(town, agent):
    delivery = staged(town, agent, "tarifs 2024.csv", "Code;Valeur\nx;y\nz;t\n")
    lifecycle.pour(corrected(delivery, agent, separator=";"), agent)
    plan = only(staged(town, agent, "tarifs 2025.csv", "Code,Valeur\nu,v\nw,r\n"))
    assert [column.label for column in plan.staged.columns] == ["Code", "Valeur"]
    assert "n'ont pas pu être appliquées" in plan.notes[0]
    assert "point-virgule" in plan.notes[0]
    assert any(guess.about == "unfit" for guess in plan.staged.guesses)


def test_a_person_may_decline_them_for_one_file_and_they_stay_for_the_others(town, agent, permits):
    delivery = staged(town, agent, "permis avril 2025.csv", APRIL)
    lifecycle.correct(delivery, agent, {0: NONE})
    assert types(only(delivery))["dossier"] == "integer"
    lifecycle.stage(delivery)
    assert only(delivery).applied is None
    assert SavedCorrections.objects.filter(dataset=permits).exists()


def test_a_new_correction_of_the_same_files_takes_the_place_of_the_former(town, agent, permits):
    delivery = corrected(staged(town, agent, "permis avril 2025.csv", APRIL), agent, orders={"jour": "day"})
    # « Dossier » is no longer said to be a code: the dataset is asked to widen, as for any change of its columns.
    (change,) = only(delivery).changes
    choice = replace(only(delivery).choice, answers={change.key: change.choices[0]})
    lifecycle.pour(delivery, agent, [choice])
    saved = SavedCorrections.objects.get(dataset=permits)
    assert (saved.corrections, saved.snapshot.number) == ({"orders": {"jour": "day"}}, 2)


def test_forgotten_corrections_are_not_applied_any_more_and_the_ledger_records_it(town, agent, permits):
    lifecycle.forget_corrections(SavedCorrections.objects.get(dataset=permits), agent)
    assert only(staged(town, agent, "permis avril 2025.csv", APRIL)).applied is None
    line = ledger.lines_of(town).filter(act="dataset.uncorrect").last()
    assert line.detail.payload["kinds"] == ["orders", "types"]


def test_who_may_not_deposit_may_not_forget_corrections(town, permits):
    with pytest.raises(PermissionDenied):
        lifecycle.forget_corrections(SavedCorrections.objects.get(dataset=permits), a_person(town, "auditor"))


def test_a_dataset_without_corrections_reads_as_before(town, agent):
    dataset_of(town, agent)
    plan = only(staged(town, agent, "Cantines fevrier 2025.csv", JANUARY.replace("01/2025", "02/2025")))
    assert (plan.applied, plan.corrections) == (None, NONE)


def test_an_interrupted_pour_saves_its_corrections_once_it_is_finished(town, agent, march):
    """The corrections are written with the act's end, whoever finishes it."""
    (snapshot,) = lifecycle.pour(corrected(march, agent, **CORRECTIONS), agent)
    SavedCorrections.objects.all().delete()
    Snapshot.objects.filter(pk=snapshot.pk).update(state=Snapshot.State.INTENDED)
    with scope.nowhere():
        lifecycle.reconcile()
    assert SavedCorrections.objects.get().corrections == CORRECTIONS


# The job, what is stored


def test_the_job_explains_why_a_correction_was_refused_and_leads_back_when_it_was_not(town, agent, march):
    refused = jobs.run(delivery_jobs.start_correct(march, agent, {0: Corrections(header=99)}))
    assert refused.state == Job.State.FAILED
    assert "La ligne 99" in refused.message
    done = jobs.run(delivery_jobs.start_correct(march, agent, {0: Corrections.from_dict(CORRECTIONS)}))
    assert done.location.endswith(f"/livraisons/{march.pk}/")


def test_no_text_of_the_file_goes_into_the_database_with_the_questions(town, agent):
    text = FAMILIES.replace("Quotient", "Né le").replace("812", "03/04/1975").replace("640", "05/06/1980")
    text = text.replace("1204", "07/08/1990").replace("455", "01/02/1991")
    delivery = staged(town, agent, "familles.csv", text)
    assert any(guess.about == "order" for guess in only(delivery).staged.guesses)
    delivery.refresh_from_db()
    assert "1975" not in str(delivery.tables)
    assert only(delivery).peek["asked"]["order:ne_le"] == ["03/04/1975", "05/06/1980"]


def test_a_delivery_read_before_corrections_existed_still_opens_and_pours(town, agent, march):
    for sentence in march.tables:
        for later in ("said", "kept", "changed", "notes", "prefer", "draft"):
            del sentence[later]
        sentence["staged"]["guesses"] = [
            {key: guess[key] for key in ("what", "value", "why", "certain")}
            for guess in sentence["staged"]["guesses"]
        ]
    march.save()
    assert only(Delivery.objects.get(pk=march.pk)).corrections == NONE
    (snapshot,) = lifecycle.pour(march, agent)
    assert snapshot.rows_stored == 3


def test_the_lines_of_a_file_received_and_never_read_hold_no_correction(town, agent):
    assert received(town, agent, "mars.csv", MARCH).corrections == {}

"""A file's way into a dataset: received whole, read, confirmed, poured once; and the way back."""

import zipfile

import pytest
from deliveries import FAMILIES, FEBRUARY, JANUARY, JANUARY_COMPLETE, WITH_TOTAL, poured, received, staged
from django.core.exceptions import PermissionDenied

from beffroi.lake import catalogues
from beffroi.lake.store import Lake
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.lifecycle import Choice, load_plans
from beffroi.web.catalogue.lifecycle.file_storage import staging_folder, stored_file
from beffroi.web.catalogue.lifecycle.receiving import find_duplicates
from beffroi.web.catalogue.models import Dataset, Delivery, Snapshot
from beffroi.web.platform import ledger
from places import a_person, a_territory, elsewhere

pytestmark = pytest.mark.django_db


def acts(town):
    return [line.act for line in ledger.lines_of(town)]


def rows_in_lake(settings, dataset):
    with Lake(settings.HOME.lake(dataset.territory.slug, dataset.lake_kind), read_only=True) as lake:
        return lake.count(dataset.table)


def test_a_file_is_stored_as_it_came_and_the_ledger_records_it(town, agent):
    delivery = received(town, agent, "Cantines janvier.csv", JANUARY)
    assert stored_file(delivery).read_text() == JANUARY
    assert delivery.size == len(JANUARY.encode())
    assert acts(town)[-1] == "dataset.deposit"


def test_a_name_that_climbs_out_of_the_folder_is_tamed(town, agent, settings):
    delivery = received(town, agent, "../../../etc/cron.d/tâche.csv", JANUARY)
    assert delivery.file_name == "tâche.csv"
    assert stored_file(delivery).resolve().is_relative_to(settings.HOME.incoming(town.slug).resolve())


def test_a_file_larger_than_permitted_leaves_nothing_behind(town, agent, settings):
    settings.BEFFROI_MAX_UPLOAD = 50
    with pytest.raises(CatalogueError, match="dépasse la taille permise"):
        received(town, agent, "gros.csv", JANUARY)
    assert not Delivery.objects.of(town).exists()
    assert not any(settings.HOME.incoming(town.slug).iterdir())


def test_an_empty_file_is_refused_at_once(town, agent):
    with pytest.raises(CatalogueError, match="est vide"):
        received(town, agent, "vide.csv", "")
    assert not Delivery.objects.of(town).exists()


def test_an_upload_cut_short_leaves_nothing_behind(town, agent, settings):
    def cut():
        yield b"a;b\n"
        raise ConnectionResetError

    with pytest.raises(CatalogueError, match="n'a pas été gardé"):
        lifecycle.receive(town, agent, "coupé.csv", cut())
    assert not Delivery.objects.of(town).exists()
    assert not any(settings.HOME.incoming(town.slug).iterdir())


def test_the_same_file_delivered_twice_is_recognised(town, agent):
    first = received(town, agent, "janvier.csv", JANUARY)
    assert find_duplicates(received(town, agent, "janvier (1).csv", JANUARY)) == [first]


def test_an_auditor_may_not_deposit(town):
    with pytest.raises(PermissionDenied):
        received(town, a_person(town, "auditor"), "janvier.csv", JANUARY)


def test_what_is_not_a_table_is_refused_with_its_reason(town, agent):
    delivery = lifecycle.stage(
        lifecycle.receive(town, agent, "photo.jpg", [b"\xff\xd8\xff\xe0" + bytes(400)])
    )
    assert delivery.state == Delivery.State.REFUSED
    assert delivery.reason
    assert acts(town)[-1] == "delivery.refuse"


def test_reading_proposes_a_new_dataset_without_the_date_in_its_title(town, agent):
    (plan,) = load_plans(staged(town, agent, "Cantines janvier 2025.csv", JANUARY))
    assert (plan.match.dataset, plan.match.title) == (None, "Cantines")
    assert plan.staged.rows_kept == 4
    assert len(plan.peek["rows"]) == 4


def test_pouring_makes_the_dataset_and_counts_every_row(town, agent, settings):
    snapshot = poured(town, agent, "Cantines janvier 2025.csv", WITH_TOTAL)
    assert snapshot.rows_read == snapshot.rows_stored + snapshot.rows_quarantined
    assert snapshot.rows_stored == snapshot.rows_total == rows_in_lake(settings, snapshot.dataset) == 3
    assert snapshot.rows_quarantined >= 2
    assert snapshot.dataset.current == snapshot
    assert snapshot.dataset.simulated is True
    assert acts(town)[-1] == "dataset.pour"


def test_the_staged_rows_go_away_once_poured_and_the_file_stays(town, agent):
    delivery = poured(town, agent, "janvier.csv", JANUARY).delivery
    assert not staging_folder(delivery).exists()
    assert stored_file(delivery).exists()


def test_next_month_joins_its_dataset_and_adds_to_it(town, agent, settings):
    first = poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    delivery = staged(town, agent, "cantines-fevrier-2025.csv", FEBRUARY)
    (plan,) = load_plans(delivery)
    assert (plan.match.dataset, plan.match.mode) == (first.dataset.slug, "append")
    (second,) = lifecycle.pour(delivery, agent)
    assert second.dataset == first.dataset
    assert (second.number, second.rows_total) == (2, 7)
    assert rows_in_lake(settings, first.dataset) == 7


def test_a_newer_edition_replaces_the_one_before(town, agent):
    first = poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    second = poured(town, agent, "Cantines janvier 2025 v2.csv", JANUARY_COMPLETE)
    assert (second.dataset, second.mode, second.rows_total) == (first.dataset, "replace", 5)


def test_the_very_same_file_is_not_proposed_again(town, agent):
    poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    delivery = staged(town, agent, "Cantines janvier 2025 (1).csv", JANUARY)
    assert load_plans(delivery)[0].match.skip
    with pytest.raises(CatalogueError, match="rien à verser"):
        lifecycle.pour(delivery, agent)


def test_a_file_with_other_columns_opens_another_dataset(town, agent):
    poured(town, agent, "Cantines 2024.csv", JANUARY)
    other = "Rue;Commune;Luminaires\nDes Lilas;Valbruyère;12\nDu Port;Valbruyère;9\nHaute;Valbruyère;3\n"
    match = load_plans(staged(town, agent, "Cantines 2025.csv", other))[0].match
    assert (match.dataset, match.title) == (None, "Cantines 2025")


def test_a_person_may_choose_another_dataset_and_mode_than_proposed(town, agent):
    first = poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    delivery = staged(town, agent, "export_logiciel.csv", FEBRUARY)
    assert load_plans(delivery)[0].match.dataset is None
    (second,) = lifecycle.pour(delivery, agent, [Choice(0, first.dataset.slug, mode="replace")])
    assert (second.dataset, second.rows_total) == (first.dataset, 3)


def test_a_dataset_of_another_territory_cannot_be_chosen(town, agent):
    other = a_territory("Ailleurs", code="99T02")
    with elsewhere(other):
        foreign = poured(
            other, a_person(other, "agent", email="ailleurs@example.org"), "janvier.csv", JANUARY
        )
        slug = foreign.dataset.slug
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    with pytest.raises(CatalogueError, match="n'existe pas dans ce territoire"):
        lifecycle.pour(delivery, agent, [Choice(0, slug)])


def test_pouring_twice_takes_effect_once(town, agent):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    choices = [Choice(0, None, "Cantines", "replace")]
    first = lifecycle.pour(delivery, agent, choices)
    assert lifecycle.pour(delivery, agent, choices) == first
    assert acts(town).count("dataset.pour") == 1


def test_personal_columns_are_found_and_go_to_the_protected_lake(town, agent, settings):
    snapshot = poured(town, agent, "familles.csv", FAMILIES)
    assert snapshot.dataset.sensitivity == Dataset.Sensitivity.PERSONAL
    assert {"courriel"} <= snapshot.personal_columns
    assert catalogues.has_catalogue(settings.HOME.lake(town.slug, "personal"))
    assert rows_in_lake(settings, snapshot.dataset) == 4


def test_examples_of_personal_columns_are_never_stored_in_the_database(town, agent):
    snapshot = poured(town, agent, "familles.csv", FAMILIES)
    assert "lea.martin" not in str(snapshot.profile)
    assert "lea.martin" not in str(Delivery.objects.get(pk=snapshot.delivery_id).tables)


def test_personal_columns_never_slip_into_an_ordinary_dataset(town, agent):
    ordinary = poured(town, agent, "janvier.csv", JANUARY).dataset
    delivery = staged(town, agent, "familles.csv", FAMILIES)
    with pytest.raises(CatalogueError, match="données personnelles"):
        lifecycle.pour(delivery, agent, [Choice(0, ordinary.slug, mode="replace")])
    assert ordinary.snapshots.count() == 1


def test_an_agent_may_not_lift_the_protection_of_a_column(town, agent):
    delivery = staged(town, agent, "familles.csv", FAMILIES)
    with pytest.raises(CatalogueError, match="responsable de données"):
        lifecycle.pour(delivery, agent, [Choice(0, None, "Familles", personal={"courriel": False})])
    assert not Dataset.objects.of(town).exists()


def test_a_steward_may_declare_a_column_not_personal_and_it_is_recorded(town, agent, steward):
    delivery = staged(town, agent, "familles.csv", FAMILIES)
    lifted = {column.name: False for column in load_plans(delivery)[0].staged.columns}
    (snapshot,) = lifecycle.pour(delivery, steward, [Choice(0, None, "Lieux", personal=lifted)])
    assert snapshot.dataset.sensitivity == Dataset.Sensitivity.ORDINARY
    assert any(guess["why"].startswith("Corrigé par") for guess in snapshot.guesses)


def test_anyone_may_declare_a_column_personal(town, agent):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    (snapshot,) = lifecycle.pour(delivery, agent, [Choice(0, None, "Cantines", personal={"ecole": True})])
    assert snapshot.dataset.sensitivity == Dataset.Sensitivity.PERSONAL
    assert snapshot.profile["ecole"]["examples"] == []


def test_a_column_known_as_personal_stays_so_when_a_new_file_does_not_show_it(town, agent):
    poured(town, agent, "familles.csv", FAMILIES)
    without = FAMILIES.replace("@example.org", "")
    delivery = staged(town, agent, "familles 2025.csv", without)
    (snapshot,) = lifecycle.pour(delivery, agent, [Choice(0, "familles", mode="replace")])
    assert "courriel" in snapshot.personal_columns


def test_undoing_puts_the_dataset_back_as_it_was(town, agent, steward, settings):
    first = poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    second = poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    lifecycle.undo(second, steward)
    assert first.dataset.current == first
    assert rows_in_lake(settings, first.dataset) == 4
    assert acts(town)[-1] == "dataset.undo"


def test_undoing_the_only_delivery_empties_the_dataset(town, agent, steward):
    snapshot = poured(town, agent, "janvier.csv", JANUARY)
    lifecycle.undo(snapshot, steward)
    assert snapshot.dataset.current is None


def test_only_the_latest_delivery_may_be_undone(town, agent, steward):
    first = poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    with pytest.raises(CatalogueError, match=r"Seule la dernière livraison .* n° 2"):
        lifecycle.undo(first, steward)
    assert first.dataset.current.number == 2


def test_an_agent_undoes_their_own_delivery_and_not_a_colleagues(town, agent, steward):
    other = poured(town, steward, "janvier.csv", JANUARY)
    with pytest.raises(PermissionDenied):
        lifecycle.undo(other, agent)
    own = poured(town, agent, "fevrier.csv", FEBRUARY)
    lifecycle.undo(own, agent)
    own.refresh_from_db()
    assert own.state == Snapshot.State.UNDONE


def test_whoever_may_no_longer_deposit_may_not_undo_what_they_poured(town, agent):
    snapshot = poured(town, agent, "janvier.csv", JANUARY)
    agent.memberships.all().delete()
    with pytest.raises(PermissionDenied):
        lifecycle.undo(snapshot, agent)


def test_what_was_undone_may_be_poured_again(town, agent, steward, settings):
    snapshot = poured(town, agent, "janvier.csv", JANUARY)
    lifecycle.undo(snapshot, steward)
    delivery = Delivery.objects.get(pk=snapshot.delivery_id)
    (again,) = lifecycle.pour(lifecycle.stage(delivery), agent)
    assert (again.dataset, again.number, again.rows_total) == (snapshot.dataset, 2, 4)
    assert rows_in_lake(settings, again.dataset) == 4


def test_an_append_after_an_undo_starts_from_what_is_in_force(town, agent, steward, settings):
    poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    lifecycle.undo(poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY), steward)
    march = FEBRUARY.replace("/02/", "/03/")
    third = poured(town, agent, "Cantines mars 2025.csv", march)
    assert third.rows_total == 7
    assert set(Snapshot.objects.values_list("state", flat=True)) == {"done", "undone"}


def test_a_cancelled_delivery_leaves_no_file(town, agent):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    lifecycle.cancel(delivery, agent)
    assert delivery.state == Delivery.State.CANCELLED
    assert not stored_file(delivery).exists()
    assert not staging_folder(delivery).exists()


def test_a_poured_delivery_is_undone_not_cancelled(town, agent):
    delivery = poured(town, agent, "janvier.csv", JANUARY).delivery
    with pytest.raises(CatalogueError, match="déjà versée"):
        lifecycle.cancel(delivery, agent)
    assert stored_file(delivery).exists()


def test_two_files_read_before_either_is_poured_still_join_one_dataset(town, agent):
    january = staged(town, agent, "Cantines janvier 2025.csv", JANUARY)
    february = staged(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    lifecycle.pour(january, agent)
    (second,) = lifecycle.pour(february, agent)
    assert (second.number, second.mode, second.rows_total) == (2, "append", 7)


def test_a_replacement_decided_on_an_outdated_proposal_is_refused(town, agent):
    dataset = poured(town, agent, "Cantines janvier 2025.csv", JANUARY).dataset
    newer = staged(town, agent, "Cantines janvier 2025 v2.csv", JANUARY_COMPLETE)
    poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    with pytest.raises(CatalogueError, match="depuis la lecture"):
        lifecycle.pour(newer, agent, [Choice(0, dataset.slug, mode="replace")])
    assert dataset.current.rows_total == 7


def test_no_example_of_a_dataset_about_people_is_stored_even_from_its_other_columns(town, agent):
    snapshot = poured(town, agent, "familles.csv", FAMILIES)
    assert snapshot.profile["quotient"]["examples"] == []
    assert snapshot.profile["quotient"]["missing"] == 0


def test_a_delivery_of_several_tables_may_be_partly_undone_and_poured_again(town, agent, steward, tmp_path):
    archive = tmp_path / "envoi.zip"
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("cantines.csv", JANUARY)
        writing.writestr("rues.csv", "Rue;Commune;Points\nHaute;Valbruyère;12\nBasse;Valbruyère;9\n")
    delivery = lifecycle.stage(lifecycle.receive(town, agent, "envoi.zip", [archive.read_bytes()]))
    first, second = lifecycle.pour(delivery, agent)
    lifecycle.undo(second, steward)
    delivery.refresh_from_db()
    lifecycle.stage(delivery)
    assert [plan.match.skip for plan in load_plans(delivery)] == [True, False]
    (again,) = lifecycle.pour(delivery, agent)
    assert (again.dataset, again.number) == (second.dataset, 2)
    assert first.dataset.current == first


def test_an_agent_may_not_give_up_a_colleagues_delivery(town, agent):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    with pytest.raises(PermissionDenied):
        lifecycle.cancel(delivery, a_person(town, "agent", email="collegue@example.org"))
    assert stored_file(delivery).exists()


def test_columns_that_a_newer_edition_lost_are_reported(town, agent):
    poured(town, agent, "Cantines janvier 2025.csv", JANUARY)
    without = "\n".join(line.rpartition(";")[0] for line in JANUARY.splitlines()) + "\n"
    match = load_plans(staged(town, agent, "Cantines janvier 2025 v2.csv", without))[0].match
    assert (match.dataset, match.certain) == ("cantines", False)
    assert "Colonnes absentes du nouveau fichier : « Prix moyen »." in match.why

"""A whole folder gathered: every file becomes deliveries or a line that says why not, nothing in between."""

import zipfile

import pytest
from deliveries import FEBRUARY, JANUARY

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.models import Dataset

pytestmark = pytest.mark.django_db


def test_files_of_any_depth_and_of_archives_join_their_datasets(town, agent, tmp_path):
    folder = tmp_path / "exports"
    (folder / "2025" / "janvier").mkdir(parents=True)
    (folder / "2025" / "janvier" / "Cantines_janvier.csv").write_text(JANUARY)
    with zipfile.ZipFile(folder / "envoi.zip", "w") as archive:
        archive.writestr("Cantines_fevrier.csv", FEBRUARY)
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(300))
    report = lifecycle.deposit_folder(town, folder, agent)
    assert [snapshot.file for snapshot in report.snapshots] == [
        "2025/janvier/Cantines_janvier.csv",
        "envoi.zip!Cantines_fevrier.csv",
    ]
    assert Dataset.objects.of(town).get().current.rows_total == 7
    assert [refused.file for refused in report.refused] == ["photo.jpg"]


def test_the_same_folder_twice_pours_nothing_twice(town, agent, tmp_path):
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "Cantines.csv").write_text(JANUARY)
    lifecycle.deposit_folder(town, tmp_path / "exports", agent)
    again = lifecycle.deposit_folder(town, tmp_path / "exports", agent)
    assert again.snapshots == []
    assert "déjà versé" in again.refused[0].reason


def test_a_link_out_of_the_folder_is_not_followed(town, agent, tmp_path):
    (tmp_path / "exports").mkdir()
    (tmp_path / "ailleurs.csv").write_text(JANUARY)
    (tmp_path / "exports" / "lien.csv").symlink_to(tmp_path / "ailleurs.csv")
    report = lifecycle.deposit_folder(town, tmp_path / "exports", agent)
    assert (report.snapshots, len(report.refused)) == ([], 1)


def test_an_empty_folder_explains_what_to_do(town, agent, tmp_path):
    (tmp_path / "vide").mkdir()
    with pytest.raises(CatalogueError, match="aucun fichier"):
        lifecycle.deposit_folder(town, tmp_path / "vide", agent)


@pytest.mark.long
@pytest.mark.parametrize("folder", ["nantes-canteens", "montpellier-2014"])
def test_a_real_folder_loses_no_row_and_no_file(town, agent, real_data, folder):
    source = real_data / "open-data" / folder
    report = lifecycle.deposit_folder(town, source, agent)
    assert report.snapshots
    for snapshot in report.snapshots:
        assert snapshot.rows_read == snapshot.rows_stored + snapshot.rows_quarantined
        assert snapshot.state == "done"
    reported = [s.file for s in report.snapshots] + [r.file for r in report.refused]
    for path in source.rglob("*"):
        name = path.relative_to(source).as_posix()
        assert path.is_dir() or any(
            item == name or item.startswith((f"{name}!", f"{name}#")) for item in reported
        )

"""ZIP files that somebody sends: hostile names, flags and sizes are refused where they must be, and break no reader anywhere."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers import archives, stage_parts
from beffroi.lake.tables import StagedTable
from beffroi.zip_entries import Fault, ZipRefused, files_of, open_zip, read_entry
from zips import flagged, renamed, with_wrong_checksum

HOSTILE_NAMES = [
    "",
    ".",
    "..",
    "/",
    "/etc/passwd",
    "../x.csv",
    "a/../../x.csv",
    "a\\b.csv",
    "C:x.csv",
    "x\x07.csv",
]


def archive_of(*names: str, content: bytes = b"ville;habitants\nOrvault;27000\n") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def fault_of(content: bytes, *, most_entries: int = 10, most_bytes: int = 1_000) -> Fault | None:
    try:
        with open_zip(io.BytesIO(content), most_entries=most_entries) as archive:
            for info in files_of(archive).values():
                read_entry(archive, info, most_bytes)
    except ZipRefused as refused:
        return refused.fault
    return None


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_is_no_path_inside_is_refused(name: str) -> None:
    assert fault_of(archive_of("a.csv", name)) == Fault.OUTSIDE


def test_folders_and_the_folder_itself_are_no_fault() -> None:
    assert fault_of(archive_of("./", "dossier/", "./dossier/a.csv", "dossier/b.csv")) is None


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (archive_of("a.csv", "./a.csv"), Fault.TWICE),
        (renamed(archive_of("a.csv", "b.csv_"), b"b.csv_", b"b.csv\0"), Fault.OUTSIDE),
        (flagged(archive_of("a.csv"), 1), Fault.ENCRYPTED),
        (flagged(archive_of("a.csv"), 0x40), Fault.ENCRYPTED),
        (with_wrong_checksum(archive_of("a.csv")), Fault.DAMAGED),
        (archive_of("a.csv")[:-30], Fault.DAMAGED),
        (b"PK\3\4 rien", Fault.DAMAGED),
        (b"", Fault.DAMAGED),
        (archive_of("a.csv", content=b"x" * 1_001), Fault.TOO_LARGE),
        (archive_of(*(f"{n}.csv" for n in range(11))), Fault.TOO_MANY),
        (archive_of(*(f"{n}.csv" for n in range(10))), None),
    ],
)
def test_each_lie_has_its_fault(content: bytes, fault: Fault | None) -> None:
    assert fault_of(content) == fault


def test_a_directory_is_weighed_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says one entry and is as large as a thousand: nothing of it is read."""
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("parsed"))
    padding = b"\0" * 200_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(padding), 0, 0)
    assert fault_of(padding + end) == Fault.TOO_MANY


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_delivered_archive_with_such_a_name_is_read_under_names_of_ours(tmp_path: Path, name: str) -> None:
    path, staging = tmp_path / "livraison.zip", tmp_path / "staging"
    path.write_bytes(archive_of("bonne.csv", name))
    outcomes = list(stage_parts(path, staging))
    assert any(isinstance(one, StagedTable) and one.origin.endswith("!bonne.csv") for one in outcomes)
    assert {each.name for each in tmp_path.iterdir()} <= {"livraison.zip", "staging"}, "nothing outside"


def test_a_delivered_archive_of_too_many_entries_is_refused_in_french(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    path = tmp_path / "livraison.zip"
    path.write_bytes(archive_of(*(f"{n}.csv" for n in range(4))))
    with pytest.raises(UnreadableFile, match="Découpez-la"), archives.open_archive(path):
        pass

"""Files that cannot become tables: refused in plain French, never an exception."""

import io
import random
import re
import zipfile

import pytest

WHAT_TO_DO = re.compile(r"export|redépos|dépos|refai|enregistr|gardez|rien à faire|fermez", re.IGNORECASE)


# The same noise in every process: workers must collect the same tests.
NOISE = random.Random(2024)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vide.csv", b""),
        ("blancs.csv", b"\n\n \n"),
        ("vide.xlsx", b""),
        ("vide.json", b""),
        ("bruit.csv", bytes(range(256)) * 64),
        ("document.pdf", b"%PDF-1.4 rien"),
        ("pdf-deguise.csv", b"%PDF-1.4 rien"),
        ("photo.png", b"\x89PNG\r\n\x1a\n"),
        ("casse.xlsx", b"PK\x03\x04" + NOISE.randbytes(400)),
        ("casse.zip", b"PK\x03\x04" + NOISE.randbytes(400)),
        ("faux.xlsx", b"pas un classeur"),
        ("casse.xls", b"\xd0\xcf\x11\xe0" + NOISE.randbytes(4000)),
        ("casse.parquet", b"PAR1" + NOISE.randbytes(100)),
        ("casse.geojson", b'{"type": "FeatureCollection", "features": ['),
        ("reglage.json", b'{"couleur": "bleu", "taille": {"x": 1}}'),
        ("liste.json", b'["a", "b"]'),
        ("LICENSE", b"MIT License\n\nCopyright (c) 2020\n"),
        ("notes.txt", "Réunion du 3 mars, en mairie.\n\nPrésents : le maire, les adjoints.\nFin, merci.\n".encode()),
        ("page.xls", b"<html><table><tr><td>1</td></tr></table></html>"),
        ("base.sqlite", b"SQLite format 3\0" + bytes(100)),
        ("archive.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50)),
        (".DS_Store", bytes(50)),
        ("couche.prj", b"GEOGCS[]"),
        ("couche.shp", b"\0\0\x27\x0a" + bytes(96)),
        ("casse.csv.gz", b"\x1f\x8b\x08\0" + NOISE.randbytes(50)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_refusal_gives_a_reason_and_a_next_step(refuse, name, content):
    reason = refuse(content, name)
    assert reason[0].isupper()
    assert "imprévue" not in reason
    assert WHAT_TO_DO.search(reason) or "pas repris comme données" in reason


def test_password_protected_zip_is_refused_with_its_reason(refuse_member):
    assert "mot de passe" in refuse_member


@pytest.fixture
def refuse_member(tmp_path):
    from beffroi.lake.readers import stage

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "a;b\n1;2\n")
    content = bytearray(out.getvalue())
    # The encryption bit, in the local header and in the central directory.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path = tmp_path / "secret.zip"
    path.write_bytes(bytes(content))
    tables, refused = stage(path, tmp_path / "staging")
    assert not tables
    assert [line.file for line in refused] == ["secret.zip!a.csv"]
    return refused[0].reason


def test_a_zip_bomb_is_stopped(tmp_path):
    from beffroi.lake.readers import stage

    path = tmp_path / "bombe.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as member:
        for _ in range(128):
            member.write(bytes(1 << 20))
    tables, refused = stage(path, tmp_path / "staging")
    assert not tables
    assert "démesuré" in refused[0].reason
    assert not [left for left in (tmp_path / "staging").rglob("*") if left.is_file()]


def test_a_workbook_that_is_a_bomb_is_stopped(tmp_path):
    from beffroi.lake.readers import stage

    path = tmp_path / "bombe.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/workbook.xml", "w") as member,
    ):
        for _ in range(65):
            member.write(bytes(16 << 20))
    tables, refused = stage(path, tmp_path / "staging")
    assert not tables
    assert "démesuré" in refused[0].reason


def test_archives_nested_without_end_are_stopped(tmp_path, make_zip):
    from beffroi.lake.readers import stage

    content = make_zip({"a.csv": b"a;b\n1;2\n"})
    for depth in range(8):
        content = make_zip({f"{depth}.zip": content})
    path = tmp_path / "poupees.zip"
    path.write_bytes(content)
    tables, refused = stage(path, tmp_path / "staging")
    assert not tables
    assert "l'une dans l'autre" in refused[0].reason


def test_a_member_may_not_climb_out_of_the_archive(tmp_path, make_zip):
    from beffroi.lake.readers import stage

    path = tmp_path / "evil.zip"
    path.write_bytes(make_zip({"../../evade.csv": b"a;b\n1;2\n", "/abs.csv": b"a;b\n1;2\n"}))
    tables, refused = stage(path, tmp_path / "staging")
    assert not refused
    assert [table.origin for table in tables] == ["evil.zip!evade.csv", "evil.zip!abs.csv"]
    assert not list(tmp_path.parent.glob("evade.csv"))
    assert all((tmp_path / "staging") in table.parquet.parents for table in tables)


def test_an_absent_file_is_refused(tmp_path):
    from beffroi.lake.readers import stage

    tables, refused = stage(tmp_path / "absent.csv", tmp_path / "staging")
    assert not tables
    assert len(refused) == 1

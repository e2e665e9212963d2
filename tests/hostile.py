"""Hostile files made on the spot: each is small, or quickly made, and asks its reader for without end, or lies.

`MAKERS` gives, by the name of the file, what writes it in a folder. They write by pieces: making one takes
little memory, whatever reading it would take. `STOPPED` are those that only the end of their process stops: what reads
them has no place of ours where to count.
"""

import gzip
import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MAKERS: dict[str, Callable[[Path], None]] = {}
STOPPED = {
    "dbf-lignes-de-zeros.zip",
    "xls-chaine-sans-fin.xls",
    "xls-dimensions.xls",
    "xls-repertoire-sans-fin.xls",
    "zip-arbre.zip",
}

Maker = Callable[[Path], None]


def _named(name: str) -> Callable[[Maker], Maker]:
    def register(maker: Maker) -> Maker:
        assert name not in MAKERS, name
        MAKERS[name] = maker
        return maker

    return register


def _bytes(name: str, content: Callable[[], bytes]) -> None:
    _named(name)(lambda path: path.write_bytes(content()) and None)


def _pieces(path: Path, pieces: Iterable[bytes]) -> None:
    with path.open("wb") as out:
        out.writelines(pieces)


def make(name: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    MAKERS[name](path)
    return path


# --- delimited and other texts

_bytes("csv-ligne-sans-fin.csv", lambda: b"a;b\n" + b"x" * (40 << 20))
_bytes("csv-cellule-sans-fin.csv", lambda: b'a;b\n1;"' + b"y" * (20 << 20) + b'"\n2;3\n')
_bytes("csv-guillemet-jamais-ferme.csv", lambda: b'a;b\n1;"' + b"x;y\n" * 400_000)
_bytes("csv-un-guillemet-par-ligne.csv", lambda: b"a;b;c\n" + b'1;"x;y\n' * 300_000)
_bytes("csv-guillemets-en-pagaille.csv", lambda: b"a;b\n" + b'"""";"\n""x"";\n' * 150_000)
_bytes("csv-lignes-vides.csv", lambda: b"a;b\n1;2\n" + b"\n" * (8 << 20) + b"3;4\n")
_bytes("csv-lignes-inegales.csv", lambda: b"a;b;c\n1;2;3\n" * 50 + b"1\n1;2;3;4;5\n;\n" * 500_000)
_bytes(
    "csv-cent-mille-colonnes.csv",
    lambda: b";".join(b"c%d" % n for n in range(100_000)) + b"\n" + b";" * 99_999 + b"\n",
)
_bytes(
    "csv-deux-mille-colonnes.csv",
    lambda: b";".join(b"c%d" % n for n in range(2_000)) + b"\n" + (b"1;" * 1_999 + b"1\n") * 300,
)
_bytes("csv-separateurs.csv", lambda: (b";" * 1_000 + b"\n") * 5_000)
_bytes("csv-nuls.csv", lambda: b"a;b\n" + b"1;2\n" * 10 + b"\0" * (1 << 20))
_bytes("csv-utf16-impair.csv", lambda: b"\xff\xfe" + "a;b\n1;2\n".encode("utf-16-le") * 1_000 + b"\xd8")
_bytes("csv-utf32.csv", lambda: b"\xff\xfe\0\0" + "é;b\n".encode("utf-32-le") * 100_000 + b"\xff\xff\xff\xff")
_bytes("csv-utf8-et-cp1252.csv", lambda: "é;à\n".encode() * 50_000 + "é;à\n".encode("cp1252") * 5_000)
_bytes("csv-retours-chariot.csv", lambda: b"a;b\r" + b"1;2\r" * 500_000)
_bytes("csv-en-tete-sans-fin.csv", lambda: b"n" * (1 << 20) + b";b\n1;2\n3;4\n")
# What regular expressions read: each of these made one of them quadratic, or worse.
_LONG = 120_000
_bytes("csv-mot-sans-arobase.csv", lambda: b"nom;b\n" + (b"a" * _LONG + b";1\n") * 4)
_bytes("csv-arobases.csv", lambda: b"nom;b\n" + (b"a@" * _LONG + b";1\n") * 4)
_bytes("csv-arobase-points.csv", lambda: b"nom;b\n" + (b"a@" + b"b." * _LONG + b"1;1\n") * 4)
_bytes("csv-espaces-dans-un-nombre.csv", lambda: b"a;b\n" + (b"1" + b" " * _LONG + b"x;2\n") * 4)
_bytes("csv-chiffres-espaces.csv", lambda: b"a;b\n" + (b"1 " * _LONG + b"x;2\n") * 4)
_bytes("csv-virgules-de-nombre.csv", lambda: b"a;b\n" + (b"1,111" * _LONG + b"x;2\n") * 4)
_bytes("csv-points-de-nombre.csv", lambda: b"a;b\n" + (b"1.111" * _LONG + b",x;2\n") * 4)
_bytes("csv-couple-de-degres.csv", lambda: b"geo;b\n" + (b"43.6" + b" " * _LONG + b"x;2\n") * 4)
_bytes("csv-total-deux-points.csv", lambda: b"a;b\n1;2\n" * 9 + b'"total du' + b" :" * _LONG + b'\nx";\n')
_bytes(
    "csv-sous-total.csv", lambda: b"a;b\nx;2\ny;3\n" * 9 + b'"sous-total' + b" " * _LONG + b'\nx";5\nz;1\n'
)
_bytes("csv-total-de-mots.csv", lambda: b"a;b\n1;2\n" * 9 + b'"total ' + b"montan" * _LONG + b'\nx";\n')
_bytes("csv-personne.csv", lambda: b"nom_complet;prenom\n" + (b"Aa " * _LONG + b"!;Bb\n") * 4)
_bytes("csv-geometrie.csv", lambda: b"geo;b\n" + (b'"{""coordinates"":' + b"[" * _LONG + b'";2\n') * 4)
_bytes("csv-date-sans-fin.csv", lambda: b"date;b\n" + (b"2024-01-01 10:00:00." + b"1" * _LONG + b"x;2\n") * 4)
_bytes("csv-en-tete-dbf.csv", lambda: b'"' + b"a,N," * _LONG + b'";b\n1;2\n3;4\n')
_bytes("csv-cp1252-long-mot.csv", lambda: b"a;b\n" + (b"e" * _LONG + b";\xe9t\xe9\n") * 4)
_bytes("csv-cp1252-une-ligne.csv", lambda: b"\xe9;b\n" + b"e" * (1 << 20) + b" \xff\n")
_bytes(
    "texte-tirets.txt", lambda: b"nom   ville\n" + b"-" * _LONG + b" " * _LONG + b"-x\n" + b"a     b\n" * 30
)
_bytes("texte-largeur-fixe.txt", lambda: (b"nom" + b" " * 60_000 + b"ville" + b" " * 60_000 + b"age\n") * 40)
_bytes("texte-section.txt", lambda: (b"[" + b"a " * _LONG + b"\n") * 4)
_bytes("reseau-lignes.inp", lambda: b"[JUNCTIONS]\n" + b"a\n" * (10 << 20))
_bytes("reseau-parties.inp", lambda: b"[JUNCTIONS]\n" + b"[" + b" " * (4 << 20) + b"x\n" + b"[PIPES]\n1\n")


# --- archives


def _zip(path: Path, members: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)


def _deflated(
    path: Path, name: str, pieces: Iterable[bytes], others: Iterable[tuple[str, bytes]] = ()
) -> None:
    """A zip whose member is written by pieces."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for other, content in others:
            archive.writestr(other, content)
        with archive.open(name, "w") as member:
            for piece in pieces:
                member.write(piece)


def _lie(path: Path, of: int, value: int) -> None:
    """Another size (`of`: 22 of the packed, 24 … in the central directory) than the true one, for the first member."""
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + of : at + of + 4] = struct.pack("<I", value)
    path.write_bytes(bytes(content))


_named("zip-bombe.zip")(lambda path: _deflated(path, "a.csv", (bytes(1 << 20) for _ in range(300))))
_named("zip-bombe-de-lignes.zip")(
    lambda path: _deflated(path, "a.csv", (b"1;2\n" * (1 << 18) for _ in range(200)))
)


@_named("zip-poupees.zip")
def _(path: Path) -> None:
    content = b"a;b\n1;2\n"
    name = "a.csv"
    for depth in range(12):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        content, name = out.getvalue(), f"{depth}.zip"
    path.write_bytes(content)


@_named("zip-arbre.zip")
def _(path: Path) -> None:
    """42.zip: each level holds sixteen times the one below."""
    content, name = b"a;b\n" + b"1;2\n" * 100_000, "a.csv"
    for depth in range(4):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(16):
                archive.writestr(f"{number}-{name}", content)
        content, name = out.getvalue(), f"{depth}.zip"
    path.write_bytes(content)


_named("zip-dix-mille-membres.zip")(
    lambda path: _zip(path, ((f"{n}.csv", b"a;b\n1;2\n") for n in range(9_999)), zipfile.ZIP_STORED)
)
_named("zip-dix-mille-images.zip")(
    lambda path: _zip(path, ((f"{n}.png", b"\x89PNG") for n in range(9_999)), zipfile.ZIP_STORED)
)
_named("zip-noms-sans-fin.zip")(
    lambda path: _zip(path, (("d/" * 30_000 + f"{n}.csv", b"a;b\n1;2\n") for n in range(50)))
)


@_named("zip-membres-superposes.zip")
def _(path: Path) -> None:
    """Every entry of the directory points to the same bytes."""
    one = io.BytesIO()
    with zipfile.ZipFile(one, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.csv", b"a;b\n" + b"1;2\n" * 2_000_000)
    content = one.getvalue()
    at, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    count = 2_000
    directory = b"".join(content[at : at + 46] + b"%05d" % n + content[at + 51 : end] for n in range(count))
    tail = bytearray(content[end:])
    tail[8:12] = struct.pack("<HH", count, count)
    tail[12:20] = struct.pack("<II", len(directory), at)
    path.write_bytes(content[:at] + directory + bytes(tail))


@_named("zip-taille-mensongere.zip")
def _(path: Path) -> None:
    _deflated(path, "a.csv", (b"1;2\n" * (1 << 18) for _ in range(64)))
    _lie(path, 24, 10)


@_named("zip-tronquee.zip")
def _(path: Path) -> None:
    _deflated(path, "a.csv", (b"%d;2\n" % n for n in range(100_000)))
    path.write_bytes(path.read_bytes()[:-400])


_bytes("gz-bombe.csv.gz", lambda: gzip.compress(bytes(200 << 20), 9))
_bytes("gz-poupees.csv.gz.gz.gz.gz.gz.gz", lambda: _gzipped(b"a;b\n1;2\n", 6))
_bytes("gz-tronquee.csv.gz", lambda: gzip.compress(b"a;b\n" + b"1;2\n" * 100_000)[:-50])
_bytes("gz-en-morceaux.csv.gz", lambda: b"".join(gzip.compress(b"1;2\n") for _ in range(50_000)))
_bytes("archive-7z.7z", lambda: b"7z\xbc\xaf\x27\x1c" + b"\xff" * 4096)
_bytes("archive-rar.rar", lambda: b"Rar!\x1a\x07\x01\0" + b"\xff" * 4096)
_bytes("archive-tar.tar.gz", lambda: gzip.compress(bytes(10 << 20)))


def _gzipped(content: bytes, times: int) -> bytes:
    for _ in range(times):
        content = gzip.compress(content)
    return content


# --- GTFS and other XML


_named("gtfs-heures.zip")(
    lambda path: _zip(
        path,
        [
            ("stops.txt", b"stop_id,stop_name\n1," + b"a" * _LONG + b"\n2,b\n"),
            ("routes.txt", b"route_id\n1\n2\n"),
            ("stop_times.txt", b"trip_id,arrival_time\n" + (b"1," + b"9" * _LONG + b":00:00\n") * 4),
        ],
    )
)
_bytes("xml-entites.xml", lambda: b'<?xml version="1.0"?><!DOCTYPE a [' + _laughs() + b"]><a>&z;</a>")
_bytes("xml-profond.kml", lambda: b'<?xml version="1.0"?>' + b"<a>" * 500_000)
_bytes("html-imbrique.xls", lambda: b"<html>" + b"<table><tr><td>" * 300_000)


def _laughs() -> bytes:
    entities = [b'<!ENTITY a "ha">']
    entities += [b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(25)]
    return b"".join(entities)


# --- workbooks

_TYPES = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    b'<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_KIND = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def _around(sheets: int, names: Callable[[int], bytes] = lambda n: b"F%d" % n) -> list[tuple[str, bytes]]:
    """The parts of an XLSX other than its sheets."""
    listed = b"".join(
        b'<sheet name="%s" sheetId="%d" r:id="r%d"/>' % (names(n), n, n) for n in range(1, sheets + 1)
    )
    links = b"".join(
        b'<Relationship Id="r%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>' % (n, _KIND, n)
        for n in range(1, sheets + 1)
    )
    rels = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    return [
        ("[Content_Types].xml", _TYPES),
        (
            "_rels/.rels",
            rels
            + b'<Relationship Id="rId1" Type="%s/officeDocument" Target="xl/workbook.xml"/></Relationships>'
            % _KIND,
        ),
        (
            "xl/workbook.xml",
            b'<workbook %s xmlns:r="%s"><sheets>%s</sheets></workbook>' % (_MAIN, _KIND, listed),
        ),
        ("xl/_rels/workbook.xml.rels", rels + links + b"</Relationships>"),
    ]


def _sheet(body: bytes) -> bytes:
    return b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (_MAIN, body)


def _xlsx(
    name: str, pieces: Callable[[], Iterable[bytes]], others: Callable[[], list[tuple[str, bytes]]] = list
) -> None:
    """One sheet, the inside of its `sheetData` by pieces."""

    def maker(path: Path) -> None:
        opening, closing = _sheet(b"|").split(b"|")
        _deflated(path, "xl/worksheets/sheet1.xml", [opening, *pieces(), closing], [*_around(1), *others()])

    _named(name)(maker)


_ROW = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c><c r="B%d"><v>%d</v></c></row>'


def _row(number: int, text: bytes = b"a") -> bytes:
    return _ROW % (number, number, text, number, number)


_xlsx("xlsx-cellule-cubique.xlsx", lambda: [b"<c " * 20_000 + b' r="A1"' * 20_000 + b"/>"])
_xlsx("xlsx-cellules-ouvertes.xlsx", lambda: [b"<c " * 400_000])
_xlsx("xlsx-attributs.xlsx", lambda: [b'<row r="1"><c ' + b'r="A1" ' * 300_000 + b"/></row>", _row(2)])
_xlsx("xlsx-attribut-sans-fin.xlsx", lambda: [b'<row r="1"><c r="A1" s="' + b"1" * (30 << 20) + b'"/></row>'])
_xlsx("xlsx-dernier-coin.xlsx", lambda: [_row(1), b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'])
_xlsx(
    "xlsx-hors-du-tableur.xlsx", lambda: [_row(1), b'<row r="9999999"><c r="ZZZ9999999"><v>1</v></c></row>']
)
_xlsx(
    "xlsx-hors-du-tableur-sans-rangs.xlsx",
    lambda: [_row(1), b'<row><c r="ZZZZZZ99999999999"><v>1</v></c></row>'],
)
_xlsx("xlsx-ligne-lointaine-sans-cellule.xlsx", lambda: [_row(1), b'<row r="1048576"/>' * 100_000])
_xlsx("xlsx-texte-sans-fin.xlsx", lambda: [_row(1), _row(2, b"x" * (40 << 20))])
_xlsx("xlsx-profond.xlsx", lambda: [b"<x>" * 400_000])
_xlsx(
    "xlsx-formules.xlsx",
    lambda: [
        b'<row r="%d"><c r="A%d"><f>1' % (n, n) + b"+1" * 2_000 + b"</f><v>1</v></c></row>"
        for n in range(1, 4_000)
    ],
)
_xlsx(
    "xlsx-espaces-apres-formule.xlsx",
    lambda: [b'<row r="1"><c r="A1">' + (b"</f>" + b" " * 2_000) * 500 + b"</c></row>"],
)
_xlsx(
    "xlsx-une-ligne-sans-fin.xlsx",
    lambda: [b'<row r="1">', *(b'<c r="A1"><v>%d</v></c>' % n for n in range(1_500_000)), b"</row>"],
)
_xlsx("xlsx-rangs-a-rebours.xlsx", lambda: (_row(n) for n in range(20_000, 0, -1)))
_xlsx(
    "xlsx-textes-partages.xlsx",
    lambda: (b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 100_001)),
    lambda: [("xl/sharedStrings.xml", b"<sst %s><si><t>%s</t></si></sst>" % (_MAIN, b"x" * 32_000))],
)
_xlsx(
    "xlsx-textes-partages-en-morceaux.xlsx",
    lambda: (b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 20_001)),
    lambda: [
        (
            "xl/sharedStrings.xml",
            b"<sst %s><si>%s</si></sst>" % (_MAIN, b"<r><t>xxxxxxxxxx</t></r>" * 100_000),
        )
    ],
)
_xlsx(
    "xlsx-textes-partages-annonces.xlsx",
    lambda: [_row(1), _row(2)],
    lambda: [("xl/sharedStrings.xml", b'<sst count="4294967295" uniqueCount="4294967295" %s/>' % _MAIN)],
)
_xlsx(
    "xlsx-styles.xlsx",
    lambda: [_row(1), _row(2)],
    lambda: [
        (
            "xl/styles.xml",
            b"<styleSheet %s><cellXfs>" % _MAIN
            + b'<xf numFmtId="1"/>' * 1_000_000
            + b"</cellXfs></styleSheet>",
        )
    ],
)
_xlsx(
    "xlsx-entites.xlsx",
    lambda: [_row(1)],
    lambda: [("xl/sharedStrings.xml", b"<!DOCTYPE a [" + _laughs() + b"]><sst>&z;</sst>")],
)
_xlsx(
    "xlsx-entites-loin.xlsx",
    lambda: [_row(1)],
    lambda: [("xl/sharedStrings.xml", b" " * 70_000 + b"<!DOCTYPE a [" + _laughs() + b"]><sst>&z;</sst>")],
)
_named("xlsx-quatre-mille-feuilles.xlsx")(
    lambda path: _zip(
        path,
        [
            *_around(4_000),
            *((f"xl/worksheets/sheet{n}.xml", _sheet(_row(1) + _row(2))) for n in range(1, 4_001)),
        ],
    )
)
_named("xlsx-cent-mille-feuilles-absentes.xlsx")(lambda path: _zip(path, _around(100_000)))
_named("xlsx-meme-partie.xlsx")(
    lambda path: _zip(
        path,
        [
            (
                name,
                content.replace(b"sheet2.xml", b"sheet1.xml")
                if name.endswith("workbook.xml.rels")
                else content,
            )
            for name, content in _around(400)
        ]
        + [("xl/worksheets/sheet1.xml", _sheet(b"".join(_row(n) for n in range(1, 3_000))))],
    )
)
_named("xlsx-sans-feuille.xlsx")(lambda path: _zip(path, _around(0)))


@_named("xlsx-fusions-sans-fin.xlsx")
def _(path: Path) -> None:
    merged = b"<mergeCells>" + b'<mergeCell ref="A1:XFD1"/>' * 300_000 + b"</mergeCells>"
    sheet = _sheet(_row(1) + _row(2) + _row(3)).replace(b"</sheetData>", b"</sheetData>" + merged)
    _zip(path, [*_around(1), ("xl/worksheets/sheet1.xml", sheet)])


@_named("xlsx-tronque.xlsx")
def _(path: Path) -> None:
    MAKERS["xlsx-rangs-a-rebours.xlsx"](path)
    path.write_bytes(path.read_bytes()[:-2_000])


@_named("xlsx-taille-mensongere.xlsx")
def _(path: Path) -> None:
    MAKERS["xlsx-texte-sans-fin.xlsx"](path)
    _lie(path, 24, 100)


@_named("xlsb-enregistrements.xlsb")
def _(path: Path) -> None:
    """Records that announce more than there is."""
    record = b"\x9c\x01\xff\xff\xff\x7f" + b"\xff" * 64
    _zip(path, [*_around(1)[:2], ("xl/workbook.bin", record * 50), ("xl/worksheets/sheet1.bin", record * 50)])


def _ole(path: Path, fat: list[int], directory: bytes = b"") -> None:
    """An OLE file with one sector of allocation table, as given."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 44, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    for place in range(1, 109):
        struct.pack_into("<I", header, 76 + 4 * place, 0xFFFFFFFF)
    table = b"".join(struct.pack("<I", number) for number in (fat + [0xFFFFFFFF] * 128)[:128])
    path.write_bytes(bytes(header) + table + (directory + bytes(512))[:512] + bytes(4096))


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le")
    entry = bytearray(128)
    entry[: len(encoded)] = encoded
    struct.pack_into("<HBB", entry, 64, len(encoded) + 2, kind, 1)
    struct.pack_into("<IIII", entry, 68, 0xFFFFFFFF, 0xFFFFFFFF, 1 if kind == 5 else 0xFFFFFFFF, 0)
    struct.pack_into("<IQ", entry, 116, start, size)
    return bytes(entry)


_named("xls-chaine-sans-fin.xls")(
    lambda path: _ole(
        path,
        [0xFFFFFFFD, 0xFFFFFFFE, 3, 2],
        _entry("Root Entry", 5, 0xFFFFFFFE, 0) + _entry("Workbook", 2, 2, 1 << 31),
    )
)
_named("xls-repertoire-sans-fin.xls")(
    lambda path: _ole(path, [0xFFFFFFFD, 1], _entry("Root Entry", 5, 1, 1 << 31))
)


def _biff(path: Path, records: bytes) -> None:
    """An XLS whose Workbook stream is what is given, in the sectors after the directory."""
    content = records.ljust(4096, b"\0")
    count = (len(content) + 511) // 512
    fat = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + count), 0xFFFFFFFE]
    assert len(fat) <= 128
    _ole(path, fat, _entry("Root Entry", 5, 0xFFFFFFFE, 0) + _entry("Workbook", 2, 2, len(content)))
    path.write_bytes(path.read_bytes()[: 512 * 3] + content.ljust(512 * count, b"\0"))


def _record(kind: int, content: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HH", kind, len(content) if length is None else length) + content


_BOF = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
_SHEET_BOF = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))


def _bound(at: int) -> bytes:
    return _record(0x85, struct.pack("<IBBBB", at, 0, 0, 1, 0) + b"F")


_named("xls-textes-annonces.xls")(
    lambda path: _biff(
        path, _BOF + _record(0xFC, struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF)) + _record(0x0A, b"")
    )
)
_named("xls-dimensions.xls")(
    lambda path: _biff(
        path,
        _BOF + _bound(45) + _record(0x0A, b"") + _SHEET_BOF
        + _record(0x200, struct.pack("<IIHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0))
        + _record(0x203, struct.pack("<HHHd", 65535, 65535, 0, 1.0))
        + _record(0x203, struct.pack("<HHHd", 0, 0, 0, 1.0)) + _record(0x0A, b""),
    )
)  # fmt: skip
_named("xls-feuille-en-boucle.xls")(lambda path: _biff(path, _BOF + _bound(0) * 200 + _record(0x0A, b"")))
_named("xls-enregistrement-tronque.xls")(lambda path: _biff(path, _BOF + _record(0x203, b"", 0xFFFF)))


_ODS_OPEN = (
    b'<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    b'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    b'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
)
_ODS_CLOSE = b"</office:spreadsheet></office:body></office:document-content>"


def _ods(name: str, tables: Callable[[], Iterable[bytes]]) -> None:
    mimetype = ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet")
    manifest = ("META-INF/manifest.xml", b"<manifest/>")
    _named(name)(
        lambda path: _deflated(path, "content.xml", [_ODS_OPEN, *tables(), _ODS_CLOSE], [mimetype, manifest])
    )


def _table(rows: bytes, name: bytes = b"F") -> bytes:
    return b'<table:table table:name="%s">%s</table:table>' % (name, rows)


def _cell(text: bytes, attributes: bytes = b"") -> bytes:
    return b'<table:table-cell office:value-type="string" %s><text:p>%s</text:p></table:table-cell>' % (
        attributes,
        text,
    )


def _line(cells: bytes, attributes: bytes = b"") -> bytes:
    return b"<table:table-row %s>%s</table:table-row>" % (attributes, cells)


_TWO = _line(_cell(b"a") + _cell(b"b")) + _line(_cell(b"1") + _cell(b"2"))
_ods("ods-espaces.ods", lambda: [_table(_TWO + _line(_cell(b'x<text:s text:c="2000000000"/>')))])
_ods(
    "ods-espaces-en-morceaux.ods", lambda: [_table(_TWO + _line(_cell(b'<text:s text:c="30000"/>' * 20_000)))]
)
_ods(
    "ods-espaces-repetees.ods",
    lambda: [
        _table(_TWO + _line(_cell(b'<text:s text:c="30000"/>'), b'table:number-rows-repeated="100000"'))
    ],
)
_ods(
    "ods-espaces-entre-guillemets-simples.ods",
    lambda: [_table(_TWO + _line(_cell(b"x<text:s text:c='2000000000'/>")))],
)
_ods(
    "ods-lignes-repetees.ods",
    lambda: [_table(_TWO + _line(_cell(b"1") + _cell(b"2"), b'table:number-rows-repeated="15000000"'))],
)
_ods(
    "ods-lignes-repetees-guillemets-simples.ods",
    lambda: [_table(_TWO + _line(_cell(b"1"), b"table:number-rows-repeated = '1000000000'"))],
)
_ods(
    "ods-lignes-repetees-autre-prefixe.ods",
    lambda: [
        _table(_TWO)
        .replace(b"<table:table ", b'<table:table xmlns:t="urn:oasis:names:tc:opendocument:xmlns:table:1.0" ')
        .replace(
            b"</table:table>",
            b'<t:table-row t:number-rows-repeated="1000000000"><t:table-cell office:value-type="string"><text:p>1</text:p></t:table-cell></t:table-row></table:table>',
        )
    ],
)
_ods(
    "ods-lignes-repetees-sans-mesure.ods",
    lambda: [_table(_TWO + _line(_cell(b"1"), b'table:number-rows-repeated="' + b"9" * 40 + b'"'))],
)
_ods(
    "ods-colonnes-repetees.ods",
    lambda: [_table(_TWO + _line(_cell(b"1", b'table:number-columns-repeated="16384"')) * 3_000)],
)
_ods(
    "ods-textes-repetes.ods",
    lambda: [_table(_TWO + _line(_cell(b"x" * 30_000), b'table:number-rows-repeated="1000000"'))],
)
_ods(
    "ods-colonnes-de-textes.ods",
    lambda: [_table(_TWO + _line(_cell(b"x" * 30_000, b'table:number-columns-repeated="16000"')) * 20)],
)
_ods(
    "ods-vides-repetees.ods",
    lambda: [
        _table(
            _TWO
            + _line(
                b'<table:table-cell table:number-columns-repeated="16384"/>',
                b'table:number-rows-repeated="1048576"',
            )
            + _line(_cell(b"1"))
        )
    ],
)
_ods("ods-quatre-mille-feuilles.ods", lambda: (_table(_TWO, b"F%d" % n) for n in range(4_000)))
_ods("ods-cent-mille-feuilles.ods", lambda: (_table(b"", b"F%d" % n) for n in range(100_000)))
_ods(
    "ods-feuilles-repetees.ods",
    lambda: (
        _table(_TWO + _line(_cell(b"1"), b'table:number-rows-repeated="1000000"'), b"F%d" % n)
        for n in range(60)
    ),
)
_ods("ods-profond.ods", lambda: [_table(_line(_cell(b"<text:span>" * 400_000)))])
_ods(
    "ods-tableau-dans-tableau.ods",
    lambda: [
        b"".join(
            b'<table:table table:name="F%d"><table:table-row><table:table-cell>' % n for n in range(20_000)
        )
    ],
)
_ods("ods-texte-sans-fin.ods", lambda: [_table(_TWO + _line(_cell(b"x" * (40 << 20))))])
_ods(
    "ods-attributs.ods",
    lambda: [_table(_TWO + _line(_cell(b"1", b'table:formula="' + b"1+" * (5 << 20) + b'"')))],
)
_ods("ods-balises-ouvertes.ods", lambda: [b"<table:table-cell " * 300_000])
_ods("ods-nom-de-feuille.ods", lambda: [_table(_TWO, b"F" * (2 << 20))])
_ods("ods-tronque.ods", lambda: [_table(_TWO)[:-30]])


# --- maps


def _gpkg(name: str, statements: Callable[[sqlite3.Connection], object], *, geometry: bool = False) -> None:
    def maker(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.executescript(
            "PRAGMA application_id = 1196444487; PRAGMA user_version = 10200;"
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, "
            "organization_coordsys_id INTEGER, definition TEXT, description TEXT);"
            "INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, "
            '\'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
            "UNIT[\"degree\",0.0174532925199433]]', '');"
        )
        if "catalogue" not in name:
            connection.executescript(
                "CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, description TEXT, "
                "last_change TEXT, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER);"
                "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT, "
                "srs_id INTEGER, z INTEGER, m INTEGER);"
            )
        statements(connection)
        connection.commit()
        connection.close()

    _named(name)(maker)


def _listed(table: str, kind: str = "attributes") -> str:
    return f"INSERT INTO gpkg_contents VALUES ('{table}', '{kind}', '{table}', '', '2024-01-01T00:00:00Z', 0, 0, 1, 1, 4326);"


_FOREVER = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, i AS a FROM n"
_gpkg(
    "gpkg-vue-recursive.gpkg",
    lambda c: c.executescript(f"CREATE VIEW couche AS {_FOREVER};" + _listed("couche")),
)
_gpkg(
    "gpkg-vue-compte.gpkg",
    lambda c: c.executescript(
        f"CREATE VIEW couche AS SELECT count(*) AS a FROM ({_FOREVER});" + _listed("couche")
    ),
)
_gpkg(
    "gpkg-vue-hex.gpkg",
    lambda c: c.executescript(
        "CREATE VIEW couche AS SELECT 1 AS id, hex(zeroblob(200000000)) AS a;" + _listed("couche")
    ),
)
_gpkg(
    "gpkg-vue-croisee.gpkg",
    lambda c: c.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);"
        + "BEGIN;"
        + "INSERT INTO t (a) VALUES ('x');" * 200
        + "COMMIT;"
        + "CREATE VIEW couche AS SELECT 1 AS id, x.a FROM t x, t y, t z, t u, t v;"
        + _listed("couche")
    ),
)
_gpkg(
    "gpkg-colonne-calculee.gpkg",
    lambda c: c.executescript(
        "CREATE TABLE couche (id INTEGER PRIMARY KEY, a TEXT, b TEXT AS (hex(zeroblob(100000000))));"
        + _listed("couche")
        + "BEGIN;"
        + "INSERT INTO couche (a) VALUES ('x');" * 2
        + "COMMIT;"
    ),
)
_gpkg(
    "gpkg-catalogue-en-vue.gpkg",
    lambda c: c.executescript(
        f"CREATE VIEW gpkg_contents AS SELECT 't' || i AS table_name, 'attributes' AS data_type, '' AS identifier, '' AS description, '' AS last_change, 0 AS min_x, 0 AS min_y, 0 AS max_x, 0 AS max_y, 4326 AS srs_id FROM ({_FOREVER}); CREATE TABLE t1 (id INTEGER PRIMARY KEY, a TEXT);"
    ),
)
_gpkg(
    "gpkg-catalogue-geometries-en-vue.gpkg",
    lambda c: c.executescript(
        f"CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, identifier TEXT, description TEXT, last_change TEXT, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER); CREATE VIEW gpkg_geometry_columns AS SELECT 'couche' AS table_name, 'g' || i AS column_name, 'POINT' AS geometry_type_name, 4326 AS srs_id, 0 AS z, 0 AS m FROM ({_FOREVER}); CREATE TABLE couche (id INTEGER PRIMARY KEY, a TEXT, g BLOB); INSERT INTO couche (a) VALUES ('x');"
        + _listed("couche", "features")
    ),
)
_gpkg(
    "gpkg-six-cents-couches.gpkg",
    lambda c: c.executescript(
        "BEGIN;"
        + "".join(
            f"CREATE TABLE c{n} (id INTEGER PRIMARY KEY, a TEXT);" + _listed(f"c{n}") for n in range(600)
        )
        + "COMMIT;"
    ),
)
_gpkg(
    "gpkg-quatre-cents-couches.gpkg",
    lambda c: c.executescript(
        "BEGIN;"
        + "".join(
            f"CREATE TABLE c{n} (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO c{n} (a) VALUES ('x');"
            + _listed(f"c{n}")
            for n in range(400)
        )
        + "COMMIT;"
    ),
)
_gpkg("gpkg-couche-absente.gpkg", lambda c: c.executescript(_listed("absente") + _listed("sqlite_master")))
_gpkg(
    "gpkg-grand-blob.gpkg",
    lambda c: c.executescript(
        "CREATE TABLE couche (id INTEGER PRIMARY KEY, a BLOB); INSERT INTO couche (a) VALUES (zeroblob(40000000));"
        + _listed("couche")
    ),
)
_gpkg(
    "gpkg-mille-colonnes.gpkg",
    lambda c: c.executescript(
        "CREATE TABLE couche (id INTEGER PRIMARY KEY, "
        + ", ".join(f"c{n} TEXT" for n in range(1_990))
        + "); INSERT INTO couche (c1) VALUES ('x');"
        + _listed("couche")
    ),
)


def _spatial(connection: sqlite3.Connection, blobs: Iterable[bytes]) -> None:
    connection.executescript(
        "CREATE TABLE couche (id INTEGER PRIMARY KEY, g BLOB);" + _listed("couche", "features")
    )
    connection.execute("INSERT INTO gpkg_geometry_columns VALUES ('couche', 'g', 'GEOMETRY', 4326, 0, 0)")
    connection.executemany("INSERT INTO couche (g) VALUES (?)", ((blob,) for blob in blobs))


_HEAD = b"GP\0\x01" + struct.pack("<i", 4326)
_gpkg(
    "gpkg-points-annonces.gpkg", lambda c: _spatial(c, [_HEAD + struct.pack("<BII", 1, 2, 0xFFFFFFF0)] * 20)
)
_gpkg(
    "gpkg-anneaux-annonces.gpkg",
    lambda c: _spatial(c, [_HEAD + struct.pack("<BII", 1, 3, 0x7FFFFFFF) + bytes(64)] * 20),
)
_gpkg(
    "gpkg-collections-imbriquees.gpkg",
    lambda c: _spatial(c, [_HEAD + struct.pack("<BII", 1, 7, 1) * 100_000]),
)


@_named("gpkg-tronque.gpkg")
def _(path: Path) -> None:
    MAKERS["gpkg-quatre-cents-couches.gpkg"](path)
    path.write_bytes(path.read_bytes()[: 40 * 4096 + 17])


@_named("gpkg-pages-en-boucle.gpkg")
def _(path: Path) -> None:
    """Each page of a table points to itself."""
    connection = sqlite3.connect(path)
    connection.close()
    MAKERS["gpkg-grand-blob.gpkg"](path)
    content = bytearray(path.read_bytes())
    for at in range(4096 * 6, len(content), 4096):
        content[at : at + 4] = struct.pack(">I", at // 4096 + 1)
    path.write_bytes(bytes(content))


def _dbf(records: int, header: int, length: int, body: bytes, fields: int = 1) -> bytes:
    head = struct.pack("<BBBBIHH20x", 3, 24, 1, 1, records, header, length)
    field = (
        b"NOM".ljust(11, b"\0")
        + b"C"
        + bytes(4)
        + struct.pack("<BB14x", min(length - 1, 254) if length else 0, 0)
    )
    return head + field * fields + b"\r" + body


def _shp(body: bytes, length: int | None = None, kind: int = 5) -> bytes:
    words = (100 + len(body)) // 2 if length is None else length
    return (
        struct.pack(">I20xI", 9994, words) + struct.pack("<II8d", 1000, kind, 0, 0, 1, 1, 0, 0, 0, 0) + body
    )


def _shape(kind: int, parts: int, points: int, more: bytes = b"", length: int | None = None) -> bytes:
    content = struct.pack("<I4dII", kind, 0, 0, 1, 1, parts, points) + more
    return struct.pack(">II", 1, len(content) // 2 if length is None else length) + content


def _layer(
    name: str,
    shp: Callable[[], bytes],
    dbf: Callable[[], bytes] | None = None,
    others: dict[str, bytes] | None = None,
) -> None:
    def good() -> bytes:
        return _dbf(1, 65, 11, b" x         \x1a")

    def maker(path: Path) -> None:
        parts = {
            "shp": shp(),
            "dbf": (dbf or good)(),
            "shx": _shp(struct.pack(">II", 50, 31)),
            **(others or {}),
        }
        _zip(path, ((f"c.{suffix}", content) for suffix, content in parts.items()))

    _named(name)(maker)


_layer("shp-parties-annoncees.zip", lambda: _shp(_shape(5, 0x7FFFFFFF, 4, bytes(64))))
_layer("shp-points-annonces.zip", lambda: _shp(_shape(5, 1, 0x7FFFFFFF, bytes(64))))
_layer("shp-longueur-annoncee.zip", lambda: _shp(_shape(5, 1, 2, bytes(36), 0x7FFFFFFF)))
_layer("shp-fichier-annonce.zip", lambda: _shp(b"", 0x7FFFFFFF))
_layer("shp-tronque.zip", lambda: _shp(_shape(5, 1, 2, bytes(36)))[:130])
_layer(
    "shp-projection-sans-fin.zip",
    lambda: _shp(_shape(5, 1, 2, bytes(36))),
    None,
    {"prj": b'PROJCS["' + b"[" * (8 << 20)},
)
_layer(
    "shp-projection-imbriquee.zip",
    lambda: _shp(_shape(5, 1, 2, bytes(36))),
    None,
    {"prj": b'GEOGCS["a",' * 100_000},
)
_layer(
    "shp-index-menteur.zip",
    lambda: _shp(_shape(5, 1, 2, bytes(36))),
    None,
    {"shx": _shp(struct.pack(">II", 0x7FFFFFF0, 0x7FFFFFF0) * 20_000)},
)
_layer("shp-jeu-de-caracteres.zip", lambda: _shp(_shape(5, 1, 2, bytes(36))), None, {"cpg": b"x" * (1 << 20)})
_layer(
    "shp-dbf-annonce.zip", lambda: _shp(_shape(5, 1, 2, bytes(36))), lambda: _dbf(0xFFFFFFFF, 65, 11, b" x")
)
_bytes("dbf-lignes-annoncees.dbf", lambda: _dbf(0xFFFFFFFF, 65, 11, b" x         "))
_bytes("dbf-lignes-de-rien.dbf", lambda: _dbf(0x7FFFFFFF, 65, 0, b""))
_bytes("dbf-lignes-d-un-octet.dbf", lambda: _dbf(0x7FFFFFFF, 65, 1, b" " * 1_000))
_bytes("dbf-en-tete-annonce.dbf", lambda: _dbf(10, 0xFFFF, 11, b" x"))
_bytes("dbf-deux-mille-champs.dbf", lambda: _dbf(100, 32 + 32 * 2_040 + 1, 2_041, b" " * 204_100, 2_040))
_bytes("dbf-tronque.dbf", lambda: _dbf(1_000, 65, 255, b" x" * 100))


_named("dbf-lignes-de-zeros.zip")(
    lambda path: _deflated(
        path, "a.dbf", [_dbf(15_000_000, 65, 2, b""), *(bytes(1 << 20) for _ in range(30))]
    )
)


# --- Parquet


def _parquet(name: str, table: Callable[[], pa.Table], **options: object) -> None:
    _named(name)(lambda path: pq.write_table(table(), path, **{"compression": "zstd", **options}))


def _dictionary(text: str, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))


_parquet("parquet-dictionnaire.parquet", lambda: pa.table({"a": _dictionary("x" * 100_000, 100_000)}))
_parquet("parquet-dictionnaire-dans-structure.parquet", lambda: _structured())
_parquet("parquet-dictionnaire-dans-liste.parquet", lambda: _in_lists())
_parquet(
    "parquet-blobs.parquet",
    lambda: pa.table({"a": _blobs()}),
)
_parquet(
    "parquet-blobs-de-geometrie.parquet",
    lambda: pa.table({"geometry": _blobs()}),
)
_parquet(
    "parquet-listes.parquet",
    lambda: pa.table(
        {
            "a": pa.ListArray.from_arrays(
                pa.array([0, 20_000_000], pa.int32()), pa.repeat(pa.scalar(1, pa.int8()), 20_000_000)
            )
        }
    ),
)
_parquet(
    "parquet-lignes-repetees.parquet", lambda: pa.table({"a": pa.repeat(pa.scalar(1, pa.int8()), 60_000_000)})
)
_parquet("parquet-lignes-de-rien.parquet", lambda: pa.table({"a": pa.nulls(60_000_000, pa.string())}))
_parquet(
    "parquet-cinq-mille-colonnes.parquet", lambda: pa.table({f"c{n}": pa.array([1]) for n in range(5_000)})
)
_parquet("parquet-groupes.parquet", lambda: pa.table({"a": pa.array(range(20_000))}), row_group_size=1)
_parquet(
    "parquet-geo-profond.parquet",
    lambda: pa.table({"geometry": pa.array([b"\x01"])}).replace_schema_metadata(
        {b"geo": b'{"columns":' + b"[" * 500_000}
    ),
)
_parquet(
    "parquet-geo-menteur.parquet",
    lambda: pa.table(
        {"geometry": pa.array([struct.pack("<BII", 1, 2, 0xFFFFFFF0)] * 5)}
    ).replace_schema_metadata(
        {
            b"geo": b'{"version":"1.0.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB","geometry_types":[]}}}'
        }
    ),
)
_parquet(
    "parquet-metadonnees.parquet",
    lambda: pa.table({"a": [1, 2]}).replace_schema_metadata({b"beffroi:texts": b"[" * 3_000_000}),
)


def _structured() -> pa.Table:
    return pa.table({"a": pa.StructArray.from_arrays([_dictionary("x" * 100_000, 8_000)], ["b"])})


def _in_lists() -> pa.Table:
    offsets = pa.array(range(8_001), pa.int32())
    return pa.table({"a": pa.ListArray.from_arrays(offsets, _dictionary("x" * 100_000, 8_000))})


def _blobs() -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array([0] * 2_000, pa.int32()), pa.array([bytes(1 << 20)], pa.binary())
    )


@_named("parquet-imbrique.parquet")
def _(path: Path) -> None:
    array: pa.Array = pa.array([1])
    for _ in range(100):
        array = pa.StructArray.from_arrays([array], ["a"])
    pq.write_table(pa.table({"a": array}), path)


@_named("parquet-tronque.parquet")
def _(path: Path) -> None:
    pq.write_table(pa.table({"a": list(range(100_000))}), path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + content[-200:])


@_named("parquet-pied-annonce.parquet")
def _(path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), path)
    path.write_bytes(path.read_bytes()[:-8] + struct.pack("<I", 0x7FFFFFFF) + b"PAR1")


@_named("parquet-tailles-mensongeres.parquet")
def _(path: Path) -> None:
    """Every byte of the footer that may be a count, high."""
    pq.write_table(pa.table({"a": ["x" * 100] * 1_000}), path)
    content = bytearray(path.read_bytes())
    (length,) = struct.unpack("<I", content[-8:-4])
    for at in range(len(content) - 8 - length, len(content) - 8, 7):
        content[at] |= 0x80
    path.write_bytes(bytes(content))


# --- JSON

_named("json-objets-vides.json")(
    lambda path: _pieces(path, [b"[", *(b"{}," * 100_000 for _ in range(155)), b"{}]"])
)
_named("json-objets-vides-un-par-ligne.jsonl")(
    lambda path: _pieces(path, [b'{"a":1}\n', *(b"{}\n" * 100_000 for _ in range(155))])
)
_named("json-listes-vides.json")(
    lambda path: _pieces(path, [b'[{"a":1},', *(b"[]," * 100_000 for _ in range(155)), b"[]]"])
)
_named("json-nombres.json")(
    lambda path: _pieces(path, [b'{"a":[', *(b"1.5," * 100_000 for _ in range(115)), b"1]}"])
)
_named("json-element-de-listes.json")(
    lambda path: _pieces(path, [b'[{"a":1},{"a":[', *(b"[]," * 100_000 for _ in range(200)), b"[]]}]"])
)
_named("json-gros-element.json")(
    lambda path: _pieces(path, [b'[{"a":1},{"a":"', *(b"x" * (1 << 20) for _ in range(60)), b'"}]'])
)
_named("json-jamais-ferme.json")(
    lambda path: _pieces(path, [b'[{"a":1},{"a":"', *(b"x" * (1 << 20) for _ in range(70))])
)
_bytes("json-profond.json", lambda: b"[" * 2_000_000)
_bytes("json-objets-profonds.json", lambda: b'{"a":' * 500_000 + b"1" + b"}" * 500_000)
_bytes("json-profond-dans-element.json", lambda: b'[{"a":' + b"[" * 900 + b"]" * 900 + b"}]" + b" " * 100)
_bytes(
    "json-cles-toutes-differentes.json",
    lambda: b"[" + b",".join(b'{"c%d":1}' % n for n in range(200_000)) + b"]",
)
_bytes("json-objet-de-cles.json", lambda: b"[{" + b",".join(b'"c%d":1' % n for n in range(500_000)) + b"}]")
_bytes(
    "json-cles-des-milliers-de-fois.json",
    lambda: (
        b"[" + b",".join(b"{%s}" % b",".join(b'"c%d":1' % n for n in range(1_900)) for _ in range(300)) + b"]"
    ),
)
_bytes("json-entier-sans-fin.json", lambda: b'[{"a":' + b"9" * 4_000_000 + b"}]")
_bytes(
    "json-reel-sans-fin.json", lambda: b'[{"a":1e' + b"9" * 4_000 + b'},{"a":0.' + b"1" * 1_000_000 + b"}]"
)
_bytes("json-chaine-sans-fin.json", lambda: b'[{"a":"' + b"\\u0041" * 3_000_000 + b'"}]')
_bytes("json-cle-sans-fin.json", lambda: b'[{"' + b"k" * (8 << 20) + b'":1},{"b":2}]')
_bytes("json-cles-en-double.json", lambda: b"[{" + b'"a":1,' * 500_000 + b'"a":2}]')
_bytes(
    "json-cle-longue-partout.json",
    lambda: json.dumps([{"k" * 100_000: {f"e{n}": 1}} for n in range(60)]).encode(),
)
_bytes("json-espaces.json", lambda: b"[" + b" " * (20 << 20) + b'{"a":1}]')
_bytes("json-lignes-cassees.jsonl", lambda: b'{"a":1}\n' * 200_000 + b"{\n" * 15_000)
_bytes("json-tronque.json", lambda: b'[{"a":1},' + b'{"a":2},' * 300_000)
_bytes(
    "json-crs.geojson", lambda: b'{"x":' + b'"crs":{' * 80_000 + b'"features":[{"a":1}]}' + b" " * (49 << 20)
)
_bytes(
    "geojson-coordonnees-profondes.geojson",
    lambda: (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":'
        + b"[" * 900
        + b"1"
        + b"]" * 900
        + b"}}]}"
    ),
)
_bytes(
    "geojson-points.geojson",
    lambda: (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"LineString","coordinates":['
        + b"[1,2]," * 3_000_000
        + b"[1,2]]}}]}"
    ),
)
_bytes(
    "geojson-geometries-imbriquees.geojson",
    lambda: (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":'
        + b'{"type":"GeometryCollection","geometries":[' * 300
        + b"]}" * 300
        + b"}]}"
    ),
)
_bytes(
    "geojson-systeme.geojson",
    lambda: (
        b'{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:'
        + b"x" * 3_000_000
        + b'"}},"features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[900000,6500000]}}]}'
    ),
)

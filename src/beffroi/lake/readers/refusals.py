"""Recognition of file formats from first bytes and name, and the reasons why some never become tables.

In: a path. Out: a `Format`, or the French reason of a refusal with the next step.
"""

import re
import zipfile
from enum import StrEnum
from pathlib import Path

from beffroi.lake.errors import UnreadableFile


class Format(StrEnum):
    DELIMITED = "delimited"
    WORKBOOK = "workbook"
    PARQUET = "parquet"
    JSON = "json"
    ARCHIVE = "archive"
    GZIP = "gzip"
    SHAPES = "shapes"
    NETWORK = "network"
    REFUSED = "refused"


_EXPORT = "S'il contient un tableau, exportez ce dernier en CSV, ODS ou XLSX, puis redéposez-le."
_DOCUMENT = f"C'est un document à lire, pas un tableau : il n'est pas repris comme données. {_EXPORT}"
_IMAGE = "C'est une image ou un média : il n'est pas repris comme données. Gardez-le avec vos documents."
_TECHNICAL = "C'est un fichier technique du système, sans donnée : il n'y a rien à faire."
_DATABASE = (
    "C'est une base de données entière : exportez-en les tables en CSV ou en Parquet, puis redéposez-les."
)
_OTHER_ARCHIVE = (
    "Cette sorte d'archive n'est pas lue. Refaites-la au format zip, ou déposez les fichiers un par un."
)
_PROGRAM = "C'est un programme ou un réglage, pas un tableau : il n'est pas repris comme données."
_MAP = "Cette sorte de fichier cartographique n'est pas encore lue. Exportez la couche en GeoJSON ou en shapefile (zip)."

_BY_SUFFIX = {
    **dict.fromkeys((".pdf", ".doc", ".docx", ".odt", ".rtf", ".ppt", ".pptx", ".odp", ".html", ".htm", ".md", ".epub", ".eml", ".msg"), _DOCUMENT),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".tif", ".tiff", ".bmp", ".ico", ".mp3", ".mp4", ".avi", ".mov", ".wav"), _IMAGE),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3", ".mdb", ".accdb", ".odb", ".duckdb", ".sql", ".dump", ".bak"), _DATABASE),
    **dict.fromkeys((".rar", ".7z", ".tar", ".tgz", ".bz2", ".xz", ".zst"), _OTHER_ARCHIVE),
    **dict.fromkeys((".kml", ".kmz", ".gml", ".tab", ".mif", ".mid", ".gpx", ".dwg", ".dxf"), _MAP),
    **dict.fromkeys((".exe", ".dll", ".py", ".js", ".css", ".r", ".ini", ".cfg", ".toml", ".yml", ".yaml", ".xml", ".xsd", ".ipynb", ".lnk", ".sh", ".bat"), _PROGRAM),
}  # fmt: skip
WIDEST = 2_000
# Sheets, layers, members: nobody confirms more tables of one file on a page.
MAX_TABLES = 250
# A workbook is loaded in full: above this size, unpacked, a CSV is required instead.
LARGEST_WORKBOOK = 1 << 30
_TOO_LARGE = (
    "Ce classeur se décompresse en un volume démesuré. Exportez ses feuilles en CSV, puis redéposez-les."
)
_SIDECARS = {".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".qmd"}
_TEXT = {".csv", ".tsv", ".txt", ".tab", ".asc", ".dat", ".prn", ""}
_JSON = re.compile(rb'[\[{]\s*(?:["\[{\]}\d-]|null|true|false|$)')
_MAGIC = (
    (b"%PDF", _DOCUMENT),
    (b"{\\rtf", _DOCUMENT),
    (b"\x89PNG", _IMAGE),
    (b"\xff\xd8\xff", _IMAGE),
    (b"GIF8", _IMAGE),
    (b"Rar!", _OTHER_ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", _OTHER_ARCHIVE),
    (b"BZh", _OTHER_ARCHIVE),
    (b"\xfd7zXZ", _OTHER_ARCHIVE),
    (b"\x7fELF", _PROGRAM),
    (b"MZ\x90", _PROGRAM),
)


def detect_format(path: Path, name: str) -> tuple[Format, str]:
    """Format of a file called `name`; for a refused one, the reason."""
    suffix = Path(name).suffix.lower()
    base = Path(name).name
    with path.open("rb") as file:
        head = file.read(512)
    if base.startswith("._") or base in (".DS_Store", "Thumbs.db", "desktop.ini", ".gitkeep", ".gitignore"):
        return Format.REFUSED, _TECHNICAL
    if base.startswith(("~$", ".~lock.")):
        return (
            Format.REFUSED,
            "C'est le verrou d'un document ouvert dans un tableur : fermez-le, il disparaîtra.",
        )
    if not head:
        return (
            Format.REFUSED,
            "Ce fichier est vide. Refaites l'export dans le logiciel d'origine, puis redéposez-le.",
        )
    for magic, reason in _MAGIC:
        if head.startswith(magic):
            return Format.REFUSED, reason
    if head.startswith(b"SQLite format 3\0"):
        return (Format.SHAPES, "") if suffix == ".gpkg" else (Format.REFUSED, _DATABASE)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(path, suffix)
    if head.startswith(b"\x1f\x8b"):
        return (
            (Format.GZIP, "")
            if suffix == ".gz" and not name.lower().endswith(".tar.gz")
            else (Format.REFUSED, _OTHER_ARCHIVE)
        )
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return (Format.REFUSED, _DOCUMENT) if suffix in (".doc", ".ppt", ".msg") else (Format.WORKBOOK, "")
    if head.startswith(b"PAR1") or suffix in (".parquet", ".geoparquet"):
        return Format.PARQUET, ""
    if suffix in (".xlsx", ".xlsm", ".xlsb", ".ods", ".zip", ".gpkg"):
        return Format.REFUSED, _damaged(suffix)
    if suffix in (".shp", ".dbf"):
        return Format.SHAPES, ""
    if suffix in _SIDECARS:
        return (
            Format.REFUSED,
            "C'est un morceau de couche cartographique : déposez la couche entière (.shp, .dbf, .shx, .prj) dans un même zip.",
        )
    if suffix == ".inp":
        return Format.NETWORK, ""
    if suffix in (".json", ".geojson", ".jsonl", ".ndjson", ".topojson"):
        return Format.JSON, ""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<table")):
        reason = f"Malgré son nom, ce fichier est une page web ou du XML. Ouvrez-le dans votre tableur et enregistrez-le en ODS ou XLSX. {_EXPORT}"
        return Format.REFUSED, _BY_SUFFIX.get(suffix, reason)
    if suffix in _BY_SUFFIX and suffix not in _TEXT:
        return Format.REFUSED, _BY_SUFFIX[suffix]
    if base.upper().startswith(
        ("LICENSE", "LICENCE", "README", "LISEZ", "NOTICE", "CHANGELOG")
    ) and suffix in ("", ".txt"):
        return Format.REFUSED, _DOCUMENT
    if _JSON.match(start) and suffix not in (".csv", ".tsv"):
        return Format.JSON, ""
    return Format.DELIMITED, ""


def _zipped(path: Path, suffix: str) -> tuple[Format, str]:
    """Format of a zip, which office documents are too, from its members."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            unpacked = sum(info.file_size for info in archive.infolist())
            kind = archive.read("mimetype")[:80].decode("ascii", "ignore") if "mimetype" in names else ""
    except Exception:  # whatever a damaged archive raises
        return Format.REFUSED, _damaged(suffix)
    if kind.startswith("application/vnd.oasis.opendocument.spreadsheet") or any(
        name.startswith("xl/") for name in names
    ):
        if unpacked > LARGEST_WORKBOOK:
            return Format.REFUSED, _TOO_LARGE
        return Format.WORKBOOK, ""
    if (
        kind
        or any(name.startswith(("word/", "ppt/")) for name in names)
        or suffix in (".kmz", ".docx", ".odt", ".epub")
    ):
        return Format.REFUSED, _MAP if suffix == ".kmz" else _DOCUMENT
    if suffix in (".xlsx", ".xlsm", ".ods"):
        return Format.REFUSED, _damaged(suffix)
    return Format.ARCHIVE, ""


def _damaged(suffix: str) -> str:
    what = (
        "Cette archive zip est abîmée ou incomplète"
        if suffix == ".zip"
        else "Cette couche cartographique est abîmée ou incomplète"
        if suffix == ".gpkg"
        else "Ce classeur est abîmé ou incomplet"
    )
    return f"{what}. Ouvrez l'original, enregistrez-le de nouveau, puis redéposez-le."


def is_sidecar(name: str) -> bool:
    """Whether the file is a companion of a .shp."""
    return Path(name).suffix.lower() in _SIDECARS | {".dbf"} or name.lower().endswith(".shp.xml")


def too_wide_error(columns: int) -> UnreadableFile:
    return UnreadableFile(
        f"Ce fichier aurait {columns} colonnes : ce n'est sans doute pas un tableau. "
        "Exportez-le à nouveau en CSV avec une ligne par enregistrement."
    )


def too_many_error(what: str, parts: str) -> UnreadableFile:
    """`what` is the file, « Ce classeur »; `parts` are « feuilles »."""
    return UnreadableFile(
        f"{what} contient plus de {MAX_TABLES} {parts}, plus que ce qu'une personne peut vérifier. "
        "Découpez-le, puis déposez ses parties l'une après l'autre."
    )

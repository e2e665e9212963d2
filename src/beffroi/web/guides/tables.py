"""Tables that people bring to a guide, or take from it: a file read in the bounded child, cells of a spreadsheet pasted.

In: an uploaded file, a text, rows. Out: a `Table` of texts with the lines of its rows; the bytes of a file. Raises
GuideError in French.
"""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils import timezone
from django.utils.text import slugify

from beffroi.guides import Guide
from beffroi.guides.questions import EXACT, Question
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.lake.processes import Limits
from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.readers.isolated import stage
from beffroi.lake.tables import HOUSE, LINE, StagedTable
from beffroi.web.platform.models import Territory
from beffroi.web.ui import workbooks
from beffroi.web.ui.spreadsheets import Writer, escape_formula

from .errors import GuideError

LARGEST: Final = 5 << 20  # bytes of a file
LONGEST: Final = 2_000_000  # bytes of the text of a table
_LIMITS: Final = Limits(memory_mb=896, cpu_seconds=10, wall_seconds=30.0, disk_mb=64)
MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "json": "application/json",
}
"""The media type of each form of export."""
KEY: Final = "clé"
QUESTION: Final = "question"
ANSWER: Final = "réponse"
"""Headings of a table of answers."""
NATURE: Final = "nature"
SIMULATED: Final = "données simulées"
"""The last column of what an invented territory exports, and its only value."""


@dataclass(frozen=True)
class Table:
    """Texts under their headings. `lines`: the line of each row in what was brought; `refused`: lines not read, and why."""

    heading: list[str]
    rows: list[list[str]]
    lines: list[int]
    refused: list[tuple[int, str]] = field(default_factory=list)

    def to_text(self) -> str:
        """The text that `read_text` reads back. Raises GuideError beyond what a form can carry."""
        written = io.StringIO()
        Writer(written, delimiter="\t").writerows([self.heading, *self.rows])
        return _not_too_long(written.getvalue())


def read_upload(
    territory: Territory, knows: Callable[[str], object], file: UploadedFile | None, text: str = ""
) -> Table:
    """The table of what a form brings: a file, or cells pasted. `knows`: whether a heading is one of this guide."""
    table = _read_file(territory, knows, file) if file else read_text(text)
    if NATURE in table.heading and not knows(NATURE):
        at = table.heading.index(NATURE)
        rows = [row[:at] + row[at + 1 :] for row in table.rows]
        return Table(table.heading[:at] + table.heading[at + 1 :], rows, table.lines, table.refused)
    return table


def _read_file(territory: Territory, knows: Callable[[str], object], file: UploadedFile) -> Table:
    """The table of a file that has the most of its headings: XLSX, XLS, ODS, CSV or JSON."""
    name = Path(file.name or "tableau").name
    if not file.size:
        raise GuideError(f"Le fichier « {name} » est vide. Rien n'a changé. Choisissez-en un autre.", "file")
    if file.size > LARGEST:
        raise GuideError(f"Le fichier « {name} » dépasse 5 Mo. Rien n'a changé. Coupez-le en deux.", "file")
    if name.lower().endswith(".json"):
        return _read_json(file.read())
    staging = settings.HOME.staging(territory.slug)
    staging.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=staging, prefix=".table-") as folder:
        path = Path(folder) / f"table{Path(name).suffix.lower()[:8]}"
        path.write_bytes(file.read())
        tables, refused = stage(path, Path(folder) / "read", origin=name, limits=_LIMITS)
        if not tables:
            raise GuideError(refused[0].reason if refused else "Ce fichier n'a pas de tableau.", "file")
        found = max(tables, key=lambda table: sum(bool(knows(c.label)) for c in table.columns))
        if found.rows_quarantined:
            # A value unlike those of its column: what it should be is said by the guide, not by its neighbours.
            as_text = Corrections(types={column.name: "text" for column in found.columns})
            again, _ = stage(
                path, Path(folder) / "text", origin=name, corrections={found.origin: as_text},
                only=[found.origin], limits=_LIMITS,
            )  # fmt: skip
            found = again[0] if again else found
        return _read_staged(found)


def _read_staged(table: StagedTable) -> Table:
    columns = [column for column in table.columns if column.name not in HOUSE]
    rows = pq.read_table(table.parquet, columns=[LINE, *(column.name for column in columns)]).to_pylist()
    refused = pq.read_table(table.quarantine).to_pylist()
    return Table(
        [column.label for column in columns],
        [[_text(row[column.name]) for column in columns] for row in rows],
        [row[LINE] for row in rows],
        [(row["line"] or 0, row["reason"]) for row in refused],
    )


def _read_json(content: bytes) -> Table:
    """A list of objects, or what an export has: the list under « entries », the answers by key under « answers »."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise GuideError("Ce fichier n'est pas du JSON lisible. Rien n'a changé.", "file") from None
    rows = data.get("entries") if isinstance(data, dict) else data
    if isinstance(data, dict) and isinstance(answers := data.get("answers"), dict):
        rows = [{KEY: key, ANSWER: value} for key, value in answers.items()]
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise GuideError(
            "Ce fichier JSON n'a pas la forme attendue. Rien n'a changé. Téléchargez la page en JSON pour la voir.",
            "file",
        )
    heading = list(dict.fromkeys(key for row in rows for key in row))
    return Table(
        heading, [[_text(row.get(key)) for key in heading] for row in rows], list(range(1, len(rows) + 1))
    )


def read_text(text: str) -> Table:
    """Cells pasted from a spreadsheet, or a CSV text: cut by tabulations, « ; » or commas, as the heading is."""
    # A form sends its own ends of lines, and what nobody sees would make the same table another one.
    text = strip_invisible(_not_too_long(text)).replace("\r\n", "\n").strip("\ufeff\n")
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    try:
        read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [(read.line_num, [_unescaped(cell) for cell in row]) for row in read]
    except csv.Error:
        raise GuideError(
            "Ce texte ne se lit pas comme un tableau. Rien n'a changé. Copiez les cases dans votre tableur, avec leurs titres.",
            "text",
        ) from None
    if len(rows) < 2:
        raise GuideError("Collez la ligne des titres, puis au moins une ligne.", "text")
    return Table(rows[0][1], [row for _, row in rows[1:]], [line for line, _ in rows[1:]])


def _unescaped(cell: str) -> str:
    """A text to which our own CSV gave an apostrophe, as it was."""
    return cell[1:] if cell.startswith("'") and escape_formula(cell[1:]) == cell else cell


def _not_too_long(text: str) -> str:
    if len(text.encode(errors="replace")) > LONGEST:
        raise GuideError("Ce tableau est trop long (2 Mo). Rien n'a changé. Coupez-le en deux.", "file")
    return text


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case list():
            return "\n".join(map(str, value))
        case _:
            return _unescaped(str(value))


def export(
    territory: Territory,
    guide: Guide,
    form: str,
    heading: Sequence[str],
    rows: Iterable[Sequence[Any]],
    **content: Any,
) -> HttpResponse:
    """A file to hand over, of this guide here. `form`: one of MEDIA; `content`: what its JSON has instead of the rows.

    Its name says where it is from, of which day, and that its data are simulated.
    """
    today = f"{timezone.localdate():%Y-%m-%d}"
    if form == "json":
        about = {
            "kind": type(guide).__name__.lower(),
            "guide": guide.id,
            "title": guide.title,
            "edition": guide.edition,
            "territory": territory.name,
            "simulated": territory.is_fictional,
            "exported_on": today,
        }
        made = json.dumps(about | content, ensure_ascii=False, indent=1, default=str).encode()
    elif territory.is_fictional:
        made = _write(form, guide.title, [*heading, NATURE], [[*row, SIMULATED] for row in rows])
    else:
        made = _write(form, guide.title, heading, list(rows))
    return file_response(made, territory, guide.title, form)


def file_response(content: bytes, territory: Territory, title: str, form: str) -> HttpResponse:
    simulated = f"-{slugify(SIMULATED)}" if territory.is_fictional else ""
    name = f"{slugify(title)[:60]}-{territory.slug}-{timezone.localdate():%Y-%m-%d}{simulated}.{form}"
    return HttpResponse(
        content,
        content_type=MEDIA[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _write(form: str, title: str, heading: Sequence[str], rows: list[Sequence[Any]]) -> bytes:
    if form == "csv":
        text = io.StringIO()
        text.write("\ufeff")
        Writer(text).writerows([heading, *([_cell(value) for value in row] for row in rows)])
        return text.getvalue().encode()
    return workbooks.write(form, [workbooks.Sheet(sheet_name(title), heading, rows)])


def sheet_name(title: str) -> str:
    return "".join(c for c in title if c not in "[]:*?/\\'")[:31]


def _cell(value: Any) -> Any:
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"{value:{EXACT}}".replace(".", ",") if isinstance(value, float) else value


def typed(questions: Iterable[Question], values: dict[str, Any]) -> list[Any]:
    """The cells of an entry: dates and numbers as such, choices by their words, None for nothing."""
    return [_typed(question, values.get(question.key)) for question in questions]


def _typed(question: Question, value: Any) -> Any:
    if value in (None, "", []):
        return None
    match question.kind:
        case "number":
            return float(value)
        case "date":
            return date.fromisoformat(value)
        case _:
            return question.format(value)

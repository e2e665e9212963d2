"""Exports of answers: CSV for a French spreadsheet, or a workbook (XLSX, ODS) with a sheet of sources.

In: an answer, or those of a board. Out: an `ExportedFile`. Workbooks have typed numbers and dates. Simulated data are
flagged in the first column of every row and in the file's name.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.utils import timezone
from django.utils.text import slugify

from beffroi.recipes import serialization
from beffroi.recipes.charts.comparison import compare_number
from beffroi.recipes.figures import histogram_table
from beffroi.recipes.python_script import build_script
from beffroi.web.catalogue.models import Dataset
from beffroi.web.ui import workbooks
from beffroi.web.ui.spreadsheets import Writer
from beffroi.web.ui.workbooks import Sheet

from . import explanations
from .answers import Answer, read_definition
from .models import StoredRecipe
from .presentation import columns_of, in_calendar_order, source_of, typeset

SIMULATED = "données simulées"
KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
"""The media type of each form."""
WORKBOOKS: Final = ("xlsx", "ods")


@dataclass(frozen=True)
class ExportedFile:
    """A file to hand over: its name, its media type, its bytes."""

    name: str
    media: str
    content: bytes


def export_answer(found: Answer, form: str) -> ExportedFile:
    """The columns of the figure with their French labels, and every row of the result. `form`: one of `KINDS`."""
    if form == "csv":
        content = _csv(found)
    else:
        content = workbooks.write(form, [_data(found, "Données"), _about([found])])
    return ExportedFile(_name(found.figure.title, found.figure.simulated, form), KINDS[form], content)


def export_board(title: str, found: Sequence[Answer], form: str, absent: Sequence[str] = ()) -> ExportedFile:
    """Every figure of a board in one workbook, a sheet each, then what they are made of and what is `absent`, and why."""
    names = _sheet_names([answer.figure.title for answer in found])
    sheets = [_data(answer, name) for answer, name in zip(found, names, strict=True)]
    content = workbooks.write(form, [*sheets, _about(found, absent)])
    return ExportedFile(_name(title, any(a.figure.simulated for a in found), form), KINDS[form], content)


def export_script(stored: StoredRecipe) -> ExportedFile:
    """The analysis as a Python script that gives the same rows in a notebook. Raises StudioError."""
    recipe, place = read_definition(stored.definition), stored.territory
    slugs = {slug: alias for alias, slug in recipe.sources.items()}
    counted = {
        slugs[dataset.slug]: (dataset.protection, dataset.unit)
        for dataset in Dataset.objects.of(place).filter(slug__in=slugs)
        if dataset.protection
    }
    text = build_script(
        recipe,
        step_sentences=explanations.describe_steps(recipe, place),
        counted=counted,
        purpose=stored.processing.title,
        origin=_origin(stored),
    )
    return ExportedFile(
        f"{slugify(stored.title)[:60] or 'analyse'}.py", "text/x-python; charset=utf-8", text.encode()
    )


def export_recipe(stored: StoredRecipe) -> ExportedFile:
    """The written recipe; its first line says where it comes from. Raises StudioError."""
    heading = " ".join(f"« {stored.title} », {_origin(stored)}".split())
    # Its examples may hold rows of this territory: they stay here.
    recipe = read_definition(stored.definition).model_copy(update={"examples": ()})
    text = f"# {heading}\n{serialization.dump_recipe(recipe)}"
    return ExportedFile(
        f"{slugify(stored.title)[:60] or 'analyse'}.yaml", "application/yaml; charset=utf-8", text.encode()
    )


def _origin(stored: StoredRecipe) -> str:
    day = timezone.localdate(stored.updated_at)
    return f"version {stored.version} du {day:%d/%m/%Y}, {stored.territory.name}"


def _name(title: str, simulated: bool, form: str) -> str:
    return f"{slugify(title + (' donnees simulees' if simulated else ''))[:100] or 'analyse'}.{form}"


def _data(found: Answer, name: str) -> Sheet:
    figure, table = found.figure, histogram_table(found.figure, found.released.table)
    names = table.column_names if figure.kind == "histogram" else columns_of(figure, table)
    first = [SIMULATED] if figure.simulated else []
    headers = [*(["avertissement"] if first else []), *(figure.encodings.labels.get(n, n) for n in names)]
    ordered = in_calendar_order(table.select(names).to_pylist(), names)
    rows = [[*first, *(row[n] for n in names)] for row in ordered]
    return Sheet(name, headers, rows)


def _about(found: Sequence[Answer], absent: Sequence[str] = ()) -> Sheet:
    """Sheet of the captions of the figures."""
    headers = ["Figure", "Unité", "Base", "Année", "Source", "Calculé le", "Remarques"]
    rows = [_about_row(answer) for answer in found]
    return Sheet("À propos", headers, rows + [["Absente du fichier", *[""] * 5, reason] for reason in absent])


def _about_row(found: Answer) -> list[Any]:
    figure, released = found.figure, found.released
    remarks = [SIMULATED] if figure.simulated else []
    remarks += ["estimé"] if figure.estimated else []
    remarks += [released.reason] if released.reason else []
    if released.truncated:
        remarks.append(f"seules les {released.table.num_rows} premières lignes sur {released.row_count}")
    if compared := compare_number(figure, released.table):
        remarks.append(compared.text)
    if found.failure:
        remarks.append(f"n'est plus à jour : {found.failure}")
    source = typeset(source_of(found))
    at = timezone.localtime(found.at).replace(tzinfo=None, microsecond=0)
    return [figure.title, figure.unit, figure.base, figure.year, source, at, " ; ".join(remarks)]


_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")  # what a workbook refuses in the name of a sheet


def _sheet_names(titles: Sequence[str]) -> list[str]:
    """Names of sheets: 31 characters at most, each once, capitals aside."""
    names: list[str] = []
    for title in titles:
        base = " ".join(_FORBIDDEN.sub(" ", title).split()) or "Figure"
        name, turn = base[:31], 2
        while name.casefold() in {other.casefold() for other in (*names, "À propos")}:
            name, turn = f"{base[:27]} {turn}", turn + 1
        names.append(name)
    return names


def _csv(found: Answer) -> bytes:
    sheet = _data(found, "")
    text = io.StringIO()
    writer = Writer(text)
    writer.writerow(sheet.headers)
    writer.writerows([_csv_text(value) for value in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def _csv_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float | Decimal):
        return f"{value:f}".rstrip("0").rstrip(".").replace(".", ",") if "." in f"{value:f}" else f"{value:f}"
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)

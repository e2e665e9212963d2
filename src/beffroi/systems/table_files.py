"""Input tables from files with the declared names, for the command line.

In comes a folder with `<input>.parquet`, `.arrow` or `.csv` (UTF-8, separated by commas or semicolons); out go the tables
of a manifest, in the declared types. The site does not use this: it binds a territory's own columns.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from beffroi.systems.binding import BindingError, project_declared
from beffroi.systems.contract import Tables
from beffroi.systems.manifest import Manifest

KINDS = (".parquet", ".arrow", ".csv")


def read_folder(folder: Path, manifest: Manifest) -> Tables:
    """The declared tables found there. Raises `BindingError`, in French: a table missing, a column, a value."""
    found: Tables = {}
    for schema in manifest.inputs:
        path = next((p for kind in KINDS if (p := folder / f"{schema.name}{kind}").is_file()), None)
        if path is None:
            continue
        try:
            found[schema.name] = _read(path)
        except (OSError, pa.ArrowException) as error:
            raise BindingError(f"Le fichier « {path.name} » ne se lit pas : {error}") from error
    if not found:
        wanted = ", ".join(f"{schema.name}.csv" for schema in manifest.inputs if schema.required)
        raise BindingError(
            f"Aucune table dans ce dossier. Il faut au moins : {wanted} (ou .parquet, .arrow)."
        )
    return project_declared(found, manifest.inputs)


def _read(path: Path) -> pa.Table:
    if path.suffix == ".parquet":
        return parquet.read_table(path)
    if path.suffix == ".arrow":
        with pa.memory_map(str(path)) as source:
            return pa.ipc.open_file(source).read_all()
    with path.open(encoding="utf-8-sig", errors="replace") as source:
        header = source.readline()
    separator = max(",;\t", key=header.count)
    names = [name.strip().strip('"') for name in header.rstrip("\r\n").split(separator)]
    # As text first: a code keeps its zeros, and a wrong value is reported with its line.
    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(delimiter=separator),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )

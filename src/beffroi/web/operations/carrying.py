"""What a territory's export is: where each thing stands in its folder, and how a row becomes JSON and back.

In: a model's row, or what was written of one. Out: plain values under the fields' own names. Shared by `carrying_out` and
`carrying_in`, so that what one writes the other reads.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from beffroi.lake.portability import InvalidExport

TERRITORY, PURPOSES, FILES = "territoire.json", "traitements.json", "fichiers-recus.json"
DATASETS, QUARANTINED, RECEIVED = "jeux", "ecartees", "fichiers-recus"
RECIPES, BOARDS, LEDGER = "analyses", "tableaux", "registre"
ROWS, CARD, SNAPSHOTS = "donnees.parquet", "fiche.json", "livraisons.json"
KEY, KEY_CHANGES = "cle-publique.pem", "cles.jsonl"
EVIDENCE = "venu-d-un-autre-hebergeur"
"""Where the new host keeps, as they came, what lives no more: the old ledger, the decisions, who had which role."""

# Fields as exports made before 0.1.0 name them, which are the way from a test version to a released one.
_FORMER_NAMES = {"rows_kept": "rows_stored"}

type Progress = Callable[[str], None]


def fields_of(row: models.Model) -> dict[str, Any]:
    """The row's own values, keys and ties left out."""
    return {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.is_relation and not field.primary_key and not isinstance(field, models.BinaryField)
    }


def from_export[T: models.Model](model: type[T], record: dict[str, Any], **more: Any) -> T:
    """A row, not yet saved, of what was written of one; `more` has the last word. Raises CarryError."""
    known = {field.name: field for field in model._meta.concrete_fields if not field.is_relation}
    record = {_FORMER_NAMES.get(name, name): value for name, value in record.items()}
    try:
        values = {
            name: known[name].to_python(value)
            for name, value in record.items()
            if name in known and name not in more
        }
        row = model(**values, **more)
        # What was kept empty there may be empty here.
        empty = [f.name for f in model._meta.fields if values.get(f.name) in f.empty_values]
        row.clean_fields(exclude=[*empty, *more])
    except (ValidationError, TypeError, ValueError) as error:
        raise InvalidExport(
            f"« {model._meta.verbose_name} » n'est pas écrit comme un export de Beffroi l'écrit ({error}). Rien n'a été repris."
        ) from error
    return row


def write(path: Path, content: Any) -> None:
    """A new file: no subject may take the place of another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, indent=1, cls=DjangoJSONEncoder)
    with path.open("x", encoding="utf-8") as file:
        file.write(text + "\n")


def read(path: Path) -> Any:
    """Raises CarryError."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidExport(f"« {path.name} » est absent ou illisible. Rien n'a été repris.") from error


def listed(rows: Iterable[models.Model], **ties: Callable[[Any], Any]) -> list[dict[str, Any]]:
    """Rows as written: their values, and each tie under its name."""
    return [{**fields_of(row), **{name: tie(row) for name, tie in ties.items()}} for row in rows]

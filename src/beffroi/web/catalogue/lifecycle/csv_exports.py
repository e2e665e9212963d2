"""CSV export of a dataset, as a French spreadsheet opens it: UTF-8 with its mark, « ; », decimal comma.

In: a person (None: the public) and a dataset. Out: a name and a stream of bytes; the ledger records the export.
Invented data say so in the name and in the first column.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.ui.spreadsheets import Writer

from ..errors import NotGranted
from ..grants import consultation, grant, open_data
from ..models import Dataset, Processing, Snapshot
from ..row_queries import batches, rejected_rows, seen

SIMULATED = "Données simulées"


@dataclass(frozen=True)
class Export:
    """A file on its way out; `chunks` reads as it is consumed."""

    file_name: str
    chunks: Iterator[bytes]


def export_rows(
    person: Person | None,
    dataset: Dataset,
    processing: Processing | None = None,
    snapshot: Snapshot | None = None,
) -> Export:
    """Export of all the rows that this person may read, as of `snapshot` (None: in force). Raises NotGranted before anything is read."""
    if processing is None:
        processing = open_data(dataset.territory) if person is None else consultation(dataset.territory)
    current = dataset.current
    snapshot = snapshot or current
    opened = grant(person, dataset, processing, snapshot=snapshot, way="export")
    if opened.aggregate_only:
        raise NotGranted(
            f"« {dataset.title} » contient des données personnelles : ses lignes ne sont pas communiquées une à une."
        )
    columns = seen(opened, snapshot) if snapshot else []
    names = [column["name"] for column in columns]
    if not names:
        raise NotGranted(f"Aucune colonne de « {dataset.title} » ne peut être exportée pour cette finalité.")
    if person is not None:
        ledger.append(
            dataset.territory,
            "dataset.export",
            person,
            f"dataset:{dataset.pk}",
            {
                "snapshot": snapshot.number if snapshot else None,
                "columns": names,
                "processing": processing.key,
            },
        )
    header = [column["label"] for column in columns]
    rows = (row for batch in batches(person, dataset, processing, names, snapshot) for row in batch)
    # The number in the name: a past state is not taken for the present one.
    suffix = f"-livraison-{snapshot.number}" if snapshot is not None and snapshot != current else ""
    return Export(file_name(dataset, suffix), csv_chunks(header, rows, simulated=dataset.simulated))


def export_rejected_rows(person: Person, snapshot: Snapshot, processing: Processing | None = None) -> Export:
    """The rows that a delivery rejected, to be corrected at their source."""
    dataset = snapshot.dataset
    found = rejected_rows(person, snapshot, processing or consultation(dataset.territory), 100_000)
    header = [column["label"] for column in found.columns]
    name = file_name(dataset, f"-livraison-{snapshot.number}-lignes-ecartees")
    return Export(name, csv_chunks(header, found.rows, simulated=dataset.simulated))


def file_name(dataset: Dataset, suffix: str = "") -> str:
    """The name under which a dataset leaves; invented data say so."""
    prefix = "donnees-simulees-" if dataset.simulated else ""
    return f"{prefix}{dataset.slug}{suffix}.csv"


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Any]], *, simulated: bool) -> Iterator[bytes]:
    """The file, some rows at a time."""
    buffer = io.StringIO()
    writer = Writer(buffer)

    def taken() -> bytes:
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode()

    buffer.write("\ufeff")
    writer.writerow([*([SIMULATED] if simulated else []), *map(format_value, header)])
    for row in rows:
        writer.writerow([*(["oui"] if simulated else []), *map(format_value, row)])
        if buffer.tell() > 1 << 16:
            yield taken()
    yield taken()


def format_value(value: Any) -> str:
    """A value as a French spreadsheet reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float | Decimal):
        return _decimal(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _decimal(value: float | Decimal) -> str:
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    if not exact.is_finite():
        return ""
    plain = f"{exact:f}"
    # Kept with four decimals, 12.5 is not 12,5000 for that.
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain).replace(".", ",")

"""CSV export of the differences between two deliveries, with one line in the ledger."""

from collections.abc import Sequence

from beffroi.lake.comparison import Kind
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person

from ..comparisons import export_lines
from ..errors import NotGranted
from ..models import Processing, Snapshot
from .csv_exports import Export, csv_chunks, file_name


def export_differences(
    person: Person,
    before: Snapshot,
    after: Snapshot,
    processing: Processing | None,
    *,
    key: Sequence[str] | None = None,
    kind: Kind | None = None,
) -> Export:
    """Every row that came, left or changed, as this person may read it. Raises NotGranted before anything leaves."""
    dataset = after.dataset
    if processing is None:
        raise NotGranted(
            f"Exporter « {dataset.title} » demande une finalité inscrite au registre des traitements. Choisissez-en une."
        )
    header, rows = export_lines(person, before, after, processing, key=key, kind=kind)
    ledger.append(
        dataset.territory,
        "dataset.export",
        person,
        f"dataset:{dataset.pk}",
        {
            "snapshot": after.number,
            "compared_with": before.number,
            "columns": header,
            "processing": processing.key,
        },
    )
    name = file_name(dataset, f"-livraisons-{before.number}-{after.number}-comparees")
    return Export(name, csv_chunks(header, rows, simulated=dataset.simulated))

"""What a run keeps of what its system wrote: tables with their description, figures in large, notes; JSON as it stands.

In come the manifest and the outcome; out goes the JSON of `Run.outcome`. The description is frozen with the rows: an old
result reads the same when the system has changed since.
"""

import math
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from beffroi.systems.contract import Figure, Manifest, Outcome
from beffroi.systems.outputs import NotAsDeclared, described
from beffroi.web.ui.formats import agreed

from ..errors import RunFailed

MOST_ROWS = 10_000
MOST_FIGURES = 12


def kept(manifest: Manifest, outcome: Outcome, further_notes: tuple[str, ...]) -> dict[str, Any]:
    """`columns` and `rows` are the first table's; `outputs` describes each, with its rows from the second on.

    Raises `RunFailed` when the tables are not those that the manifest describes.
    """
    try:
        return _kept(manifest, outcome, further_notes)
    except NotAsDeclared as fault:
        raise RunFailed(
            f"Le système n'a pas rendu ce que sa fiche annonce : {fault}. Rien n'a été gardé. Prévenez l'auteur du système."
        ) from fault
    except (
        ValueError,
        OverflowError,
        KeyError,
        pa.ArrowException,
    ) as fault:  # a day out of all calendars, for one
        raise RunFailed(
            "Le système rend des valeurs que personne ne peut lire. Rien n'a été gardé. Prévenez l'auteur du système."
        ) from fault


def _kept(manifest: Manifest, outcome: Outcome, further_notes: tuple[str, ...]) -> dict[str, Any]:
    tables = described(manifest, outcome)
    offences = any(act.offence for act in outcome.proposals)
    notes, outputs = [*outcome.notes, *further_notes], []
    rows: list[list[Any]] = []
    for rank, (output, whole) in enumerate(tables):
        # Supposed offences are seen by authorised agents, and by nobody else.
        table = whole.slice(0, 0) if offences else whole
        if table.num_rows > MOST_ROWS:
            notes.append(
                f"« {output.title} » : seules les {MOST_ROWS} premières lignes sur {table.num_rows} sont gardées ici."
            )
        cells = _cells(table.slice(0, MOST_ROWS))
        told = output.model_dump(mode="json")
        outputs.append(told if rank == 0 else told | {"rows": cells})
        rows = cells if rank == 0 else rows
    return {
        "columns": tables[0][1].column_names,
        "rows": rows,
        "outputs": outputs if manifest.outputs else [],
        "figures": []
        if offences
        else [_figure(f) for f in outcome.figures[:MOST_FIGURES] if math.isfinite(f.value)],
        "dial": {} if offences else _dial(manifest, outcome),
        "notes": [agreed(note) for note in notes],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    told = {name: _jsonable(value) for name, value in asdict(figure).items()}
    return told | {"base": agreed(told["base"])}


def _dial(manifest: Manifest, outcome: Outcome) -> dict[str, float]:
    """What all the proposals of the run would add up to, by option of the manifest's dial."""
    if manifest.dial is None:
        return {}
    known = {f"{option:g}" for option in manifest.dial.options}
    sums: Counter[str] = Counter()
    for act in outcome.proposals:
        sums.update({option: value for option, value in act.by_choice.items() if option in known})
    return {option: sums[option] for option in sums if math.isfinite(sums[option])}


def _cells(table: pa.Table) -> list[list[Any]]:
    return [[_jsonable(row[name]) for name in table.column_names] for row in table.to_pylist()]


def _jsonable(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int | float | bool | type(None)):
        return value
    return str(value).replace("\x00", "")  # which PostgreSQL's JSON refuses

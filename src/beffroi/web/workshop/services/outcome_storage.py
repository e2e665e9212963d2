"""What a run keeps of what its system wrote: tables with their description, figures in large, notes; JSON as it stands.

In come the manifest and the outcome; out goes the JSON of `Run.outcome`. The description is frozen with the rows: an old
result reads the same when the system has changed since.
"""

import math
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from beffroi.systems.answer_limits import ANSWER_LIMITS, AnswerTooLarge
from beffroi.systems.contract import Figure, Outcome
from beffroi.systems.manifest import Manifest
from beffroi.systems.outputs import UndeclaredOutput, match_declared_tables
from beffroi.web.ui.formats import agreed

from ..errors import RunFailed

MOST_RANKED = 60  # proposals whose order is stored
LOT = 100  # rows made readable at a time, between two looks at the room left


@dataclass
class _Room:
    """What is left of the characters that one run may keep."""

    left: int = ANSWER_LIMITS.stored_characters

    def take(self, cells: list[Any]) -> None:
        self.left -= sum(len(cell) if isinstance(cell, str) else 8 for cell in cells)
        if self.left < 0:
            raise AnswerTooLarge.for_size("des tableaux", ANSWER_LIMITS.stored_characters)


def to_stored(manifest: Manifest, outcome: Outcome, further_notes: tuple[str, ...]) -> dict[str, Any]:
    """`columns` and `rows` are the first table's; `outputs` describes each, with its rows from the second on.

    Raises `RunFailed` when the tables are not those that the manifest describes, or are larger than what is kept.
    """
    try:
        return _to_stored(manifest, outcome, further_notes)
    except AnswerTooLarge as fault:
        raise RunFailed(f"{fault} Rien n'a été gardé de ce calcul.") from fault
    except UndeclaredOutput as fault:
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


def _to_stored(manifest: Manifest, outcome: Outcome, further_notes: tuple[str, ...]) -> dict[str, Any]:
    tables = match_declared_tables(manifest, outcome)
    offences = any(act.offence for act in outcome.proposals)
    notes, outputs = [*outcome.notes, *further_notes], []
    rows: list[list[Any]] = []
    room = _Room()
    for rank, (output, whole) in enumerate(tables):
        # Supposed offences are seen by authorised agents, and by nobody else.
        table = whole.slice(0, 0) if offences else whole
        if table.num_rows > ANSWER_LIMITS.rows:
            notes.append(
                f"« {output.title} » : seules les {ANSWER_LIMITS.rows} premières lignes sur {table.num_rows} sont gardées ici."
            )
        cells = _cells(table.slice(0, ANSWER_LIMITS.rows), room)
        described = output.model_dump(mode="json")
        outputs.append(described if rank == 0 else described | {"rows": cells})
        rows = cells if rank == 0 else rows
    return {
        "columns": tables[0][1].column_names,
        "rows": rows,
        "outputs": outputs if manifest.outputs else [],
        "summary": "" if offences else agreed(outcome.summary),
        "figures": [] if offences else [_figure(f) for f in outcome.figures if math.isfinite(f.value)],
        # In the order of the system, what matters most first; files of persons are in no such order, and named nowhere else.
        "priority": [
            act.identity for act in outcome.proposals[:MOST_RANKED] if not (act.case or act.offence)
        ],
        "dial": {} if offences else _dial(manifest, outcome),
        "notes": [agreed(note) for note in notes],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    described = {name: _jsonable(value) for name, value in asdict(figure).items()}
    return described | {"base": agreed(described["base"])}


def _dial(manifest: Manifest, outcome: Outcome) -> dict[str, float]:
    """What all the proposals of the run would add up to, by option of the manifest's dial."""
    if manifest.dial is None:
        return {}
    known = {f"{option:g}" for option in manifest.dial.options}
    sums: Counter[str] = Counter()
    for act in outcome.proposals:
        sums.update({option: value for option, value in act.by_choice.items() if option in known})
    return {option: sums[option] for option in sums if math.isfinite(sums[option])}


def _cells(table: pa.Table, room: _Room) -> list[list[Any]]:
    rows = []
    for start in range(0, table.num_rows, LOT):
        for row in table.slice(start, LOT).to_pylist():
            rows.append([_jsonable(row[name]) for name in table.column_names])
            room.take(rows[-1])
    return rows


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

"""Rewriting of a staged file according to the answers given on its drift; the lake is not touched.

In: the target table, the file, its changes and the answers. Out: the staged table to write: columns renamed, dropped or read as
before, misfit rows quarantined with their reason. No row is lost.
"""

# Names go through `quote_identifier`, texts through `quote_literal`: no text of a user becomes SQL.
# ruff: noqa: S608

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from beffroi.lake import drift
from beffroi.lake.drift import Change
from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.schemas import french_text
from beffroi.lake.tables import Column, StagedTable
from beffroi.lake.target_tables import TargetTable, staged_rows

_DAYS = "['%d/%m/%Y', '%Y-%m-%d', '%d-%m-%Y', '%d.%m.%Y', '%Y/%m/%d', '%d/%m/%y']"
_MOMENTS = (
    "['%d/%m/%Y %H:%M', '%d/%m/%Y %H:%M:%S', '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S', '%Y-%m-%d %H:%M']"
)
_TYPE_PHRASES = {
    "text": "un texte",
    "code": "un code",
    "integer": "un nombre entier",
    "decimal": "un nombre décimal",
    "number": "un nombre",
    "boolean": "oui ou non",
    "date": "une date",
    "datetime": "une date avec l'heure",
    "time": "une heure",
    "geometry": "une forme géographique",
}


class UnansweredDrift(LakeError):
    """The file changed its columns and the questions are unanswered: nothing is written."""


@dataclass(frozen=True)
class _Cell:
    """Column of the rewritten file: its expression, and the condition of a misfit (empty: none is possible)."""

    column: Column
    sql: str
    misfit: str = ""


def apply_answers(
    target: TargetTable,
    staged: StagedTable,
    changes: Iterable[Change],
    answers: Mapping[str, str],
    *,
    replacing: bool,
) -> StagedTable:
    """Staged table with the answers applied. `replacing`: the file replaces the table, whose retained columns are
    then added empty.

    Raises UnansweredDrift, and LakeError when an answer is to refuse.
    """
    changes = list(changes)
    _check(changes, answers)
    by_column = {
        change.column: change for change in drift.awaiting_answer(changes) if change.kind != "emptier"
    }
    types, known = target.types(), {column.name: column for column in target.columns}
    cells = []
    for column in staged.columns:
        change = by_column.get(column.name)
        answer = answers.get(change.key, "") if change else ""
        if answer == drift.IGNORE:
            continue
        cell = _Cell(column, quote_identifier(column.name))
        if change and answer == drift.SAME:
            old = known[change.held]
            cell = _Cell(replace(old, type=column.type, personal=old.personal or column.personal), cell.sql)
        elif change and answer == drift.AS_BEFORE:
            cell = _as_before(column, known[column.name], types[column.name])
        cells.append(cell)
    if replacing:
        poured = {cell.column.name for cell in cells}
        cells += [
            _Cell(column, f"CAST(NULL AS {types[column.name]})")
            for column in target.columns
            if column.name in types and column.name not in poured
        ]
    if [(cell.column, cell.sql) for cell in cells] == [(c, quote_identifier(c.name)) for c in staged.columns]:
        return staged
    return _rewrite(target, staged, cells)


def _check(changes: list[Change], answers: Mapping[str, str]) -> None:
    waiting = [c for c in drift.awaiting_answer(changes) if answers.get(c.key) not in c.choices]
    if waiting:
        names = ", ".join(f"« {change.label} »" for change in waiting)
        raise UnansweredDrift(
            f"Ce fichier n'a plus la même forme que les précédents ({names}) et personne n'a encore dit que faire. "
            "Rien n'a été versé. Répondez aux questions sur la page de la livraison, puis versez."
        )
    refused = [c for c in changes if answers.get(c.key) == drift.REFUSE and c.choices]
    if refused:
        names = ", ".join(f"« {change.label} »" for change in refused)
        raise LakeError(
            f"Vous avez choisi de ne pas verser ce fichier à cause de {names}. Rien n'a été versé ; le fichier est gardé. "
            "Demandez un export corrigé, ou changez votre réponse."
        )


def _as_before(column: Column, previous: Column, kind: str) -> _Cell:
    """Column read again as the previous type: French numbers, dates and booleans included."""
    cell, text = quote_identifier(column.name), f"trim(CAST({quote_identifier(column.name)} AS VARCHAR))"
    if column.type in ("text", "code"):
        figures = f"replace(regexp_replace({text}, '[\\s\u00a0\u202f]', '', 'g'), ',', '.')"
        sql = {
            "integer": f"CASE WHEN regexp_full_match({figures}, '[+-]?[0-9]+') THEN TRY_CAST({figures} AS {kind}) END",
            "decimal": f"TRY_CAST({figures} AS {kind})",
            "number": f"TRY_CAST({figures} AS {kind})",
            "date": f"CAST(try_strptime({text}, {_DAYS}) AS DATE)",
            "datetime": f"coalesce(try_strptime({text}, {_MOMENTS}), try_strptime({text}, {_DAYS}))",
            "boolean": f"CASE WHEN lower({text}) IN ('oui', 'vrai', 'true', '1', 'o') THEN true "
            f"WHEN lower({text}) IN ('non', 'faux', 'false', '0', 'n') THEN false END",
        }.get(previous.type, f"TRY_CAST({cell} AS {kind})")
        misfit = f"{text} <> '' AND ({sql}) IS NULL"
    else:
        sql = _text(column) if kind == "VARCHAR" else f"TRY_CAST({cell} AS {kind})"
        exact = "" if previous.type in ("text", "code") else f" OR {sql} <> {cell}"
        misfit = f"{cell} IS NOT NULL AND ({sql} IS NULL{exact})"
    return _Cell(
        replace(column, type=previous.type, personal=column.personal or previous.personal), sql, misfit
    )


def _text(column: Column) -> str:
    """SQL: a cell as the file wrote it, or nearly."""
    kinds = {
        "decimal": "DECIMAL",
        "number": "DOUBLE",
        "date": "DATE",
        "datetime": "TIMESTAMP",
        "boolean": "BOOLEAN",
    }
    return french_text(column.name, kinds.get(column.type, ""))


def _rewrite(target: TargetTable, staged: StagedTable, cells: list[_Cell]) -> StagedTable:
    rows = staged.parquet.with_name(f"settled-{staged.parquet.name}")
    quarantine = staged.quarantine.with_name(f"settled-{staged.quarantine.name}")
    strict, read = [cell for cell in cells if cell.misfit], {column.name: column for column in staged.columns}
    misfit = " OR ".join(f"({cell.misfit})" for cell in strict) or "false"
    reasons = " ".join(
        f"WHEN {cell.misfit} THEN {quote_literal(f'Colonne « {cell.column.label} » : « ')} || "
        f"left({_text(read[cell.column.name])}, 100) || {quote_literal(f' » n’est pas {_TYPE_PHRASES[cell.column.type]}.')}"
        for cell in strict
    )
    chosen = ", ".join(f"{cell.sql} AS {quote_identifier(cell.column.name)}" for cell in cells)
    run, source = target.connection.execute, staged_rows(staged)
    raw = ", ".join(f"coalesce({_text(c)}, '')" for c in staged.columns)
    run(
        f"COPY (SELECT {chosen}, _line FROM {source} WHERE NOT coalesce({misfit}, false)) "
        f"TO {quote_literal(str(rows))} (FORMAT parquet, COMPRESSION zstd)"
    )
    parted = (
        f" UNION ALL SELECT {quote_literal(staged.origin)}, _line, CASE {reasons} END, 'type', concat_ws(';', {raw}) "
        f"FROM {source} WHERE coalesce({misfit}, false)"
        if strict
        else ""
    )
    run(
        f"COPY (SELECT file, line, reason, kind, raw FROM read_parquet({quote_literal(str(staged.quarantine))}){parted}) "
        f"TO {quote_literal(str(quarantine))} (FORMAT parquet, COMPRESSION zstd)"
    )
    accepted, quarantined = (
        int((run(f"SELECT count(*) FROM read_parquet({quote_literal(str(file))})").fetchone() or (0,))[0])
        for file in (rows, quarantine)
    )
    if accepted + quarantined != staged.rows_read:
        raise LakeError(
            "Des lignes n'ont pas pu être suivies en lisant ce fichier comme les précédents. Rien n'a été versé. "
            "Choisissez une autre réponse, ou prévenez l'équipe de Beffroi."
        )
    return replace(
        staged,
        columns=tuple(cell.column for cell in cells),
        rows_kept=accepted,
        rows_quarantined=quarantined,
        parquet=rows,
        quarantine=quarantine,
    )

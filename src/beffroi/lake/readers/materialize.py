"""Last step of every reader: text cells become typed rows and quarantined rows, none lost.

In: a `Source`. Out: a `StagedTable` and its two Parquet files. Rows read: every row after the header, blank ones and
notes included, and the title rows above it; the header row and the blank lines that end a text file are not rows.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import re
import shutil
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.readers import projections
from beffroi.lake.readers.columns import identifier, identifiers, personal_kinds, split_label
from beffroi.lake.readers.corrections import (
    NONE,
    Corrections,
    Uncorrectable,
    confirm,
    repeated_labels,
    unmatched_corrections,
)
from beffroi.lake.readers.infer import infer, sample_all, short_postcode_guesses
from beffroi.lake.readers.proposals import Typed, present
from beffroi.lake.readers.source import QuarantinedRow, Source, single_threaded
from beffroi.lake.readers.subtotals import LONGEST_NOTE, find_subtotals
from beffroi.lake.tables import Column, Guess, StagedTable

_TOTAL = re.compile(
    r"(sous[- ]?)?totaux?|(sous[- ]?)?total( (général|generale?|générale|global|annuel|des?|du|ttc|ht|€)\b.*)?"
    r"( ?:.*)?|total \(?\d{4}\)?|somme|total .*(dépenses|recettes|montants?|effectifs?|subventions?)",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(\*|\(\*\)|\(?[1-9]\)|sources?\b|notes?\b|nb\b|n\.b\.|remarques?\b|champ\b|lecture\b|légende\b)",
    re.IGNORECASE,
)
_TAIL = 30
ROWS = "rows.parquet"
# Only our own engine reads these files, once: its newer encodings are smaller and half the work; filters to find a
# value, and dictionaries of many values, cost more than they save.
_PARQUET = (
    "FORMAT parquet, PARQUET_VERSION V2, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 1000, "
    "WRITE_BLOOM_FILTER false"
)
# Of a very wide table they would fill the memory, a buffer a column.
_WIDE, _PLAIN_PARQUET = 200, "FORMAT parquet, COMPRESSION zstd"
TOTAL_REASON = "La ligne est un total, pas une donnée : elle fausserait les sommes."


def is_total(words: str) -> bool:
    return len(words) <= LONGEST_NOTE and _TOTAL.fullmatch(words) is not None


def materialize(source: Source, staging: Path) -> StagedTable:
    """Type the cells and write both files. Raises UnreadableFile if one row is unaccounted for."""
    if source.text:
        source.text.fill()
    read = _present(source)
    read_labels(source)
    drop_unused_columns(source)
    _quarantine_blank_rows(source)
    _quarantine_tail(source)
    _quarantine_subtotals(source)
    names = identifiers(source.labels)
    _correct_labels(source, names)
    samples = sample_all(source, names)
    typed = infer(source, names, samples)
    _quarantine_misfits(source, typed)
    # Of a table without rows, the headers alone tell.
    unfilled = [place for place, values in enumerate(samples) if not values] if any(samples) else []
    columns, typed, guesses = describe_columns(
        source, names, samples, typed, empty=_columns_without_value(source, unfilled)
    )
    chosen = [
        f"{column.sql} AS {quote_identifier(name.name)}" for column, name in zip(typed, columns, strict=True)
    ]
    folder = make_staged_folder(source, staging)
    try:
        with single_threaded(source.connection):
            accepted = write_parquet(source, f"SELECT {', '.join(chosen)}, _line FROM cells", folder / ROWS)
        return build_staged_table(source, folder, columns, guesses, accepted=accepted, read=read)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def describe_columns(
    source: Source,
    names: Sequence[str],
    samples: Sequence[Sequence[str]],
    typed: Sequence[Typed],
    *,
    empty: Collection[int] = (),
) -> tuple[tuple[Column, ...], list[Typed], list[Guess]]:
    """Columns, a geometry derived from others after them, and all guesses. `empty`: the positions of columns known to hold no
    value on any row, which are therefore about nobody, whatever their header."""
    kinds = personal_kinds(names, samples)
    if source.corrections and source.corrections.labels:
        # A column that a person calls « Courriel » is protected like one that the file calls so.
        called = [identifier(source.labels[place]) or name for place, name in enumerate(names)]
        kinds = [kind or found for kind, found in zip(kinds, personal_kinds(called, samples), strict=True)]
    kinds = [None if place in empty else kind for place, kind in enumerate(kinds)]
    columns = tuple(
        Column(name, source.labels[place] or f"Colonne {place + 1}", typed[place].type, kinds[place])
        for place, name in enumerate(names)
    )
    corrections = source.corrections or NONE
    guesses = [*source.guesses, *_totals(source, corrections)]
    guesses = [confirm(guess) if corrections.covers(guess.about, "") else guess for guess in guesses]
    guesses += unmatched_corrections(corrections, [*names], guesses)
    guesses += short_postcode_guesses(source, names, samples)
    guesses += [guess for column in typed for guess in column.guesses]
    derived, located = projections.derive_geometry(source.connection, columns, typed, samples)
    guesses += located
    guesses += [
        Guess(
            f"Donnée personnelle : « {column.label} »",
            _PERSONAL[column.personal],
            "D'après l'en-tête et les valeurs.",
            False,
            "personal",
            column.name,
        )
        for column in columns
        if column.personal
    ]
    if derived:
        return (*columns, derived[0]), [*typed, derived[1]], guesses
    return columns, [*typed], guesses


def _correct_labels(source: Source, names: Sequence[str]) -> None:
    """Give the columns the labels that a person chose; their identifiers stay those of the file."""
    chosen = (source.corrections or NONE).labels
    if not chosen:
        return
    source.labels = [
        chosen.get(name) or source.labels[place] or f"Colonne {place + 1}" for place, name in enumerate(names)
    ]
    if repeated := repeated_labels(source.labels, [chosen[name] for name in names if name in chosen]):
        raise Uncorrectable(
            f"Deux colonnes s'appelleraient « {repeated[0]} ». La lecture n'a pas changé. Choisissez un autre nom."
        )


_PERSONAL = {
    "email": "adresse électronique",
    "phone": "numéro de téléphone",
    "name": "nom de personne",
    "nir": "numéro de sécurité sociale",
    "birth": "date ou lieu de naissance",
    "address": "adresse",
    "person": "numéro d'une personne",
    "trait": "ce qui décrit une personne",
}


def read_labels(source: Source) -> None:
    for place, header in enumerate(source.labels):
        label, hint = split_label(header)
        source.labels[place] = label
        if hint and place not in source.hints:
            source.hints[place] = hint


def drop_unused_columns(source: Source) -> list[int]:
    """Drop columns without name nor value (trailing separators, styled cells): positions of the remaining ones."""
    remaining = list(range(source.width))
    unnamed = [place for place, label in enumerate(source.labels) if not label]
    if not unnamed:
        return remaining
    unused = _columns_without_value(source, unnamed)
    if len(unused) == source.width:
        unused.discard(0)
    if unused:
        remaining = [place for place in range(source.width) if place not in unused]
        for place in sorted(unused):
            source.connection.execute(f"ALTER TABLE cells DROP COLUMN c{place + 1}")
        for new, old in enumerate(remaining):
            if new != old:
                source.connection.execute(f"ALTER TABLE cells RENAME COLUMN c{old + 1} TO c{new + 1}")
        source.hints = {new: source.hints[old] for new, old in enumerate(remaining) if old in source.hints}
        source.labels = [source.labels[place] for place in remaining]
        why = "Sans nom ni valeur, elles viennent de séparateurs ou de mises en forme de trop."
        source.guesses.append(Guess("Colonnes vides", f"{len(unused)} ôtée(s)", why, True))
    nameless = sum(not label for label in source.labels)
    if nameless and source.has_header:
        why = "Leur en-tête est vide : elles sont appelées d'après leur place."
        source.guesses.append(Guess("Colonnes sans nom", str(nameless), why, True))
    return remaining


def _columns_without_value(source: Source, places: Sequence[int]) -> set[int]:
    """Those of these positions where no row has a value."""
    if not places:
        return set()
    counts = source.connection.execute(
        f"SELECT {', '.join(f'count(c{place + 1})' for place in places)} FROM cells"
    ).fetchone()
    return {place for place, count in zip(places, counts or (), strict=True) if not count}


def _raw(source: Source) -> str:
    return "concat_ws(';', " + ", ".join(f"coalesce(c{place + 1}, '')" for place in range(source.width)) + ")"


def _move(source: Source, condition: str, kind: str, reason: str) -> None:
    """Move rows of `cells` that meet the condition to `quarantine`; `reason` is an SQL expression."""
    source.connection.execute(
        f"INSERT INTO quarantine SELECT _line, {reason}, {quote_literal(kind)}, {_raw(source)} FROM cells WHERE {condition}"
    )
    source.connection.execute(f"DELETE FROM cells WHERE {condition}")


def _quarantine_blank_rows(source: Source) -> None:
    cells = [f"c{place + 1}" for place in range(source.width)]
    _move(source, f"coalesce({', '.join(cells)}) IS NULL", "vide", quote_literal("La ligne est vide."))
    repeated = repeats_header(source)
    if repeated:
        _move(
            source,
            repeated,
            "en-tête",
            quote_literal("La ligne d'en-tête est répétée au milieu des données."),
        )


def repeats_header(source: Source, places: Collection[int] | None = None) -> str | None:
    """SQL: whether the row repeats the header; None when the table has no header to repeat.

    `places`: positions of the text cells to compare; by default all.
    """
    cells = [f"c{place + 1}" for place in range(source.width)]
    named = [
        (cell, label)
        for place, (cell, label) in enumerate(zip(cells, source.labels, strict=True))
        if label and (places is None or place in places)
    ]
    if not source.has_header or len(named) < 2:
        return None
    # Some repeat it shortened or with a word changed: most filled cells must be the label of their column.
    same = _added(
        source, [f"CASE WHEN {cell} = {quote_literal(label)} THEN 1 ELSE 0 END" for cell, label in named]
    )
    filled = _added(source, [f"CASE WHEN {cell} IS NULL THEN 0 ELSE 1 END" for cell in cells])
    return f"({same}) >= 2 AND ({same}) >= 0.6 * ({filled})"


def _added(source: Source, terms: Sequence[str]) -> str:
    """SQL: a sum. Of a very wide table, by a list, slower: DuckDB rejects expressions a thousand terms deep."""
    return " + ".join(terms) if source.width < 500 else f"list_sum([{', '.join(terms)}])"


def _quarantine_tail(source: Source) -> None:
    """Quarantine the total rows and notes that end the table."""
    if source.unit != "ligne" or source.width < 2:
        return
    columns = ", ".join(f"c{place + 1}" for place in range(source.width))
    rows = source.connection.execute(
        f"SELECT _line, {columns} FROM cells ORDER BY _line DESC LIMIT {_TAIL}"
    ).fetchall()
    ending_rows = []
    keeps_totals = source.corrections is not None and source.corrections.totals is True
    for line, *cells in rows:
        ends = last_row_kind(cells)
        if ends == "total":
            if keeps_totals:
                break
            ending_rows.append((line, "total", TOTAL_REASON))
        elif ends == "note":
            ending_rows.append((line, "titre", "La ligne est une note sous le tableau, pas une donnée."))
        elif not ending_rows and not keeps_totals and ends == "sum" and _is_sum(source, line, cells):
            ending_rows.append((line, "total", "La ligne, sans nom, est la somme de celles du dessus."))
        else:
            break
    for line, kind, reason in ending_rows:
        _move(source, f"_line = {line}", kind, quote_literal(reason))


def last_row_kind(cells: Sequence[str | None]) -> Literal["total", "note", "sum"] | None:
    """Kind of a last row that may not be data; a sum is still to be computed."""
    filled = [cell for cell in cells if cell is not None]
    words = next((cell for cell in filled if any(map(str.isalpha, cell))), "")
    if is_total(words) and len(filled) < max(3, len(cells)):
        return "total"
    if len(filled) == 1 and len(cells) > 2 and cells[0] and _NOTE.match(words):
        return "note"
    return "sum" if not words and cells[0] is None and 2 * len(filled) <= len(cells) else None


def _quarantine_subtotals(source: Source) -> None:
    """Quarantine the subtotals proven by their sums; the others stay and raise a question, unless totals were corrected."""
    keep_totals = (source.corrections or NONE).totals
    if keep_totals:
        return
    found = find_subtotals(source)
    if found.proven:
        reasons = " ".join(f"WHEN {int(line)} THEN {quote_literal(reason)}" for line, reason in found.proven)
        lines = ", ".join(str(int(line)) for line, _ in found.proven)
        _move(source, f"_line IN ({lines})", "total", f"CASE _line {reasons} END")
    if not found.suspected:
        return
    if keep_totals is False:
        lines = ", ".join(str(int(line)) for line in found.suspected)
        _move(source, f"_line IN ({lines})", "total", quote_literal(TOTAL_REASON))
        return
    lines = ", ".join(map(str, found.suspected[:10])) + (" …" if len(found.suspected) > 10 else "")
    why = "Elles disent « total » mais leurs sommes ne le prouvent pas : elles sont gardées. Sont-elles des données ?"
    source.guesses.append(
        Guess(
            "Totaux possibles",
            f"ligne(s) {lines}",
            why,
            False,
            "totals",
            choices=("aside", "keep"),
            chosen="keep",
        )
    )


def _totals(source: Source, corrections: Corrections) -> list[Guess]:
    """Guess on the total rows."""
    what, choices = "Lignes de total", ("aside", "keep")
    count = _count(
        source.connection.execute("SELECT count(*) FROM quarantine WHERE kind = 'total'").fetchone()
    )
    if corrections.totals:
        return [Guess(what, "gardées parmi les données", "", True, "totals", choices=choices, chosen="keep")]
    if not count or any(guess.about == "totals" for guess in source.guesses):
        return []
    value, why = (
        f"{count} mise(s) de côté",
        "Versées, elles fausseraient les sommes ; elles ne sont pas perdues.",
    )
    return [Guess(what, value, why, True, "totals", choices=choices, chosen="aside")]


def _is_sum(source: Source, line: int, cells: Sequence[str | None]) -> bool:
    """Whether one of its numbers is the non-zero sum of its column."""
    filled = [place for place, cell in enumerate(cells) if cell is not None]
    number = "TRY_CAST(replace(replace(replace({0}, ' ', ''), chr(160), ''), ',', '.') AS DECIMAL(28,6))"
    pairs = ", ".join(
        f"sum({number.format(f'c{place + 1}')}) FILTER (_line < {line}), "
        f"max({number.format(f'c{place + 1}')}) FILTER (_line = {line})"
        for place in filled
    )
    sums = source.connection.execute(f"SELECT {pairs} FROM cells").fetchone() or ()
    return any(above and above == below for above, below in zip(sums[0::2], sums[1::2], strict=True))


def _quarantine_misfits(source: Source, typed: Sequence[Typed]) -> None:
    for place, column in enumerate(typed):
        if column.misfits:
            cell = f"c{place + 1}"
            label = source.labels[place] or f"Colonne {place + 1}"
            reason = f"{quote_literal(f'Colonne « {label} » : « ')} || left({cell}, 100) || {quote_literal(f' » n’est pas {column.type_label}.')}"
            _move(source, f"{present(cell, column.marks)} AND ({column.sql}) IS NULL", "type", reason)


def _present(source: Source) -> int:
    """Number of rows from the reader, before anything is typed or moved."""
    # Two statements are five times quicker to plan than one of two parts.
    tables = ("cells", "quarantine")
    return sum(
        _count(source.connection.execute(f"SELECT count(*) FROM {name}").fetchone()) for name in tables
    )


def make_staged_folder(source: Source, staging: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=staging, prefix=f"{identifier(source.name)[:40] or 'table'}-"))


def write_parquet(source: Source, query: str, target: Path) -> int:
    """Number of rows written by the query."""
    options = _PARQUET if source.width <= _WIDE else _PLAIN_PARQUET
    return _count(
        source.connection.execute(f"COPY ({query}) TO {quote_literal(str(target))} ({options})").fetchone()
    )


def build_staged_table(
    source: Source,
    folder: Path,
    columns: Sequence[Column],
    guesses: Sequence[Guess],
    *,
    accepted: int,
    read: int,
) -> StagedTable:
    """Write the quarantined rows next to the others. Raises UnreadableFile if one row is unaccounted for."""
    quarantine = folder / "quarantine.parquet"
    quarantined = write_parquet(
        source,
        f"SELECT {quote_literal(source.origin)} AS file, line, reason, kind, raw FROM quarantine ORDER BY line",
        quarantine,
    )
    if accepted + quarantined != read:
        raise UnreadableFile(
            f"{abs(read - accepted - quarantined)} ligne(s) de ce fichier n'ont pas pu être suivies : rien n'en est repris. "
            "Le fichier d'origine est intact. Exportez-le dans un autre format, ou prévenez l'équipe de Beffroi."
        )
    return StagedTable(
        source.name,
        source.origin,
        source.sha256 if isinstance(source.sha256, str) else source.sha256.result(),
        tuple(columns),
        read,
        accepted,
        quarantined,
        folder / ROWS,
        quarantine,
        tuple(guesses),
    )


def _count(row: tuple[int, ...] | None) -> int:
    return int(row[0]) if row else 0


def quarantined_titles(rows: Sequence[tuple[int, str]]) -> list[QuarantinedRow]:
    """Quarantined title rows above the header, with their line."""
    return [
        QuarantinedRow(line, "titre", "La ligne précède le tableau : c'est un titre.", raw)
        for line, raw in rows
    ]


def empty_file_error(what: str) -> UnreadableFile:
    return UnreadableFile(
        f"{what} ne contient aucune donnée. Vérifiez l'export dans le logiciel d'origine, puis redéposez-le."
    )

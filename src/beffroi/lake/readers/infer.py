"""Type inference of columns: proposed on a few hundred values, then checked on all rows by DuckDB.

In: a `Source` (text cells). Out: a `Typed` for each column: its type, its SQL cast, and the guesses made. A type is
accepted only if all values fit, or nearly all of many (see ENOUGH); otherwise the column stays text.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from beffroi.lake.quoting import quote_literal
from beffroi.lake.readers import amounts, codes, forced_types, moments, two_pass_checks
from beffroi.lake.readers.corrections import CORRECTED, NONE, Corrections, confirm
from beffroi.lake.readers.proposals import (
    BOOLEANS,
    USUAL,
    Boolean,
    CheckResults,
    Code,
    Marks,
    Proposal,
    Text,
    Typed,
    is_missing,
    present,
    present_alias,
    reading_alias,
)
from beffroi.lake.readers.source import Hint, Source
from beffroi.lake.tables import Guess

SAMPLE = 500
SAMPLED, MIN_SAMPLE = 100_000, 50  # of all the columns of a wide table, and of each
_FEW = 200  # columns
# The share of a sample that must look like a type for all rows to be tried.
LIKELY = 0.9
# Checked in one pass: each costs the engine memory and planning, which grow as their square.
TOGETHER = 6


def missing_marks(source: Source, name: str) -> Marks:
    """Missing-value marks of a column, in capitals: the usual ones, unless corrected."""
    corrections = source.corrections or NONE
    usual = frozenset() if corrections.values.get(name) else USUAL
    return usual | {mark.upper() for mark in corrections.missing}


def sample_all(source: Source, names: Sequence[str]) -> list[list[str]]:
    """Samples of all columns. With hundreds of columns, one query reads the first rows: planning one each would cost more."""
    marks = [missing_marks(source, name) for name in names]
    if source.width <= _FEW:
        return [sample(source, place, some) for place, some in enumerate(marks)]
    count = _sampled(source)
    cells = ", ".join(f"c{place + 1}" for place in range(source.width))
    head = source.connection.execute(f"SELECT {cells} FROM cells LIMIT {4 * count}").to_arrow_table()
    samples = []
    for place, some in enumerate(marks):
        values = head.column(place).drop_null().slice(0, count).to_pylist()
        if len(values) < count and head.num_rows == 4 * count:  # a column that is mostly empty
            samples.append(sample(source, place, some))
        else:
            samples.append([value for value in values if not is_missing(value, some)])
    return samples


def _sampled(source: Source) -> int:
    return min(SAMPLE, max(MIN_SAMPLE, SAMPLED // source.width))


def sample(source: Source, place: int, marks: Marks = USUAL) -> list[str]:
    """First values of a column, without missing-value marks; fewer where there are hundreds of columns."""
    rows = source.connection.execute(
        f"SELECT c{place + 1} FROM cells WHERE c{place + 1} IS NOT NULL LIMIT {_sampled(source)}"
    ).fetchall()
    return [row[0] for row in rows if not is_missing(row[0], marks)]


def proposals_of(source: Source, names: Sequence[str], samples: Sequence[Sequence[str]]) -> list[Proposal]:
    """Proposed type of each column, from its sample; corrections take precedence, here only."""
    corrections = source.corrections or NONE
    proposals = []
    for place, (name, values) in enumerate(zip(names, samples, strict=True)):
        hint = source.hints.get(place)
        found = forced_types.forced_proposal(name, values, hint, corrections) or _propose(name, values, hint)
        if (century := corrections.centuries.get(name)) and isinstance(found, moments.Moment):
            found = replace(found, years=found.years.corrected(century))
        proposals.append(cast(Proposal, replace(cast(Any, found), marks=missing_marks(source, name))))
    return proposals


def infer(source: Source, names: Sequence[str], samples: Sequence[Sequence[str]]) -> list[Typed]:
    """Verdict on each column, over all rows."""
    proposals = proposals_of(source, names, samples)
    checks = [proposal.checks(f"c{place + 1}") for place, proposal in enumerate(proposals)]
    (rows,) = source.connection.execute("SELECT count(*) FROM cells").fetchone() or (0,)
    if rows <= two_pass_checks.MAX_ROWS:
        found = _count_in_two_passes(source, proposals, checks, samples)
    else:
        found = count(source, proposals, checks, "cells")
    return [
        annotate(source, place, names[place], proposal.decide(f"c{place + 1}", label, found[place]))
        for place, (proposal, label) in enumerate(zip(proposals, _labels(source, names), strict=True))
    ]


def count(
    source: Source, proposals: Sequence[Proposal], checks: Sequence[Mapping[str, str]], relation: str
) -> list[CheckResults]:
    """Results of the checks of each column, over all rows of the relation: one pass every TOGETHER columns."""
    found: list[CheckResults] = [{} for _ in proposals]
    asking = [place for place, some in enumerate(checks) if some]
    for first in range(0, len(asking), TOGETHER):
        places = asking[first : first + TOGETHER]
        queries = [(place, key, sql) for place in places for key, sql in checks[place].items()]
        # Each cell is read once in the inner query, whatever the number of checks that look at the result.
        cells = ", ".join(f"c{place + 1}" for place in places)
        once = "".join(
            f", {present(cell, proposal.marks)} AS {present_alias(cell)}, {reading} AS {reading_alias(cell)}"
            for cell, proposal in ((f"c{place + 1}", proposals[place]) for place in places)
            if (reading := proposal.reading(cell))
        )
        wanted = ", ".join(sql for _, _, sql in queries)
        row = source.connection.execute(
            f"SELECT {wanted} FROM (SELECT {cells}{once} FROM {relation})"
        ).fetchone()
        for (place, key, _), value in zip(queries, row or (), strict=True):
            found[place][key] = value
    return found


def _count_in_two_passes(
    source: Source,
    proposals: Sequence[Proposal],
    checks: Sequence[Mapping[str, str]],
    samples: Sequence[Sequence[str]],
) -> list[CheckResults]:
    with two_pass_checks.quickly_planned(source.connection):
        queries = [
            two_pass_checks.first_pass_checks(proposal, f"c{place + 1}", checks[place], samples[place])
            for place, proposal in enumerate(proposals)
        ]
        first = count(source, proposals, queries, "cells")
        settled = [
            two_pass_checks.first_pass_results(checks[place], found) for place, found in enumerate(first)
        ]
        left = [{} if settled[place] is not None else some for place, some in enumerate(checks)]
        second = count(source, proposals, left, "cells")
    return [then if at_once is None else at_once for at_once, then in zip(settled, second, strict=True)]


def _labels(source: Source, names: Sequence[str]) -> list[str]:
    return [label or name for label, name in zip(source.labels, names, strict=True)]


def annotate(source: Source, place: int, name: str, typed: Typed) -> Typed:
    """Verdict with its column named in each guess, and corrected guesses confirmed."""
    corrections = source.corrections or NONE
    guesses = [replace(guess, column=name) for guess in typed.guesses]
    guesses = [_settled(guess, corrections) for guess in guesses]
    if name in corrections.types and not any(guess.about == "type" for guess in guesses):
        type_label = forced_types.TYPE_LABELS.get(typed.type, typed.type)
        what = f"Type de « {source.labels[place] or name} »"
        guesses.append(Guess(what, type_label, CORRECTED, True, "type", name, chosen=typed.type))
    sql = typed.sql
    if corrections.missing and typed.type in ("text", "code"):
        # The usual marks stay in texts; those that a person names are absences everywhere.
        marks = ", ".join(quote_literal(mark.upper()) for mark in corrections.missing)
        sql = f"CASE WHEN upper(c{place + 1}) NOT IN ({marks}) THEN {sql} END"
    return replace(typed, sql=sql, guesses=tuple(guesses))


def _settled(guess: Guess, corrections: Corrections) -> Guess:
    """Guess without what a person has already answered."""
    if corrections.covers(guess.about, guess.column):
        return confirm(guess)
    if guess.about == "missing" and corrections.missing:
        known = {mark.upper() for mark in corrections.missing}
        remaining = [mark for mark in guess.value.split(", ") if mark.upper() not in known]
        return (
            replace(guess, value=", ".join(remaining)) if remaining else replace(confirm(guess), choices=())
        )
    return guess


def _propose(name: str, values: Sequence[str], hint: Hint | None) -> Proposal:
    if hint == "geometry":
        return Text("geometry")
    if hint == "code":
        return Code("identifiant par la norme du fichier", certain=True)
    if not values:
        finding = codes.by_header(name, values)
        return _code(finding) if finding and hint != "numeric" else Text("text")
    if _are_geojson(values):
        return Text("geometry")
    if hint == "text":
        # A database, or a norm, declares a text: it stays one, an identifier when it looks like it.
        finding = codes.by_header(name, values) or codes.by_shape(name, values)
        return _code(finding) if finding else Text("text")
    number = amounts.propose(values)
    if hint == "character" and number:
        # A DBF file declares a text: digits are then an identifier, but « 3,87 » is still a measure.
        if not amounts.propose(values, likely=LIKELY):
            return Text("text")
        if number.has_fractions and not any(codes.ends_with_zero(value) for value in values):
            return number
        return Code("un texte fait de chiffres (type C du fichier DBF)", certain=True)
    if hint != "numeric":
        finding = codes.by_header(name, values) or codes.by_shape(name, values)
        if finding and not moments.propose(name, values):
            return _code(finding)
    if sum(value.lower() in BOOLEANS for value in values) >= 0.5 * len(values):
        return Boolean()
    return moments.propose(name, values) or number or Text("text")


def _code(finding: codes.Finding) -> Code:
    return Code(finding.why, finding.proof, finding.luhn, certain=False if finding.unknown else None)


def _are_geojson(values: Sequence[str]) -> bool:
    """Whether the values are shapes as GeoJSON text, as portals publish them in a CSV column."""
    if not all(value.startswith("{") and '"coordinates"' in value for value in values):
        return False
    try:
        shapes = [json.loads(value) for value in values[:20]]
    except (ValueError, RecursionError):
        return False
    return all(isinstance(shape.get("coordinates"), list) and "type" in shape for shape in shapes)


def short_postcode_guesses(
    source: Source, names: Sequence[str], samples: Sequence[Sequence[str]]
) -> list[Guess]:
    """Reports postcodes of four digits, whose zero a spreadsheet most likely lost; never repaired silently."""
    guesses = []
    for place, (name, values) in enumerate(zip(names, samples, strict=True)):
        if codes.is_postal(name) and values:
            short = sum(value.isdigit() and len(value) == 4 for value in values)
            if short and sum(len(value) == 5 for value in values) + short >= 0.9 * len(values):
                label = source.labels[place] or name
                why = (
                    "Des codes n'ont que quatre chiffres : un tableur a sans doute effacé leur zéro initial."
                )
                guesses.append(
                    Guess(f"Identifiant « {label} »", f"{short} code(s) à vérifier", why, False, column=name)
                )
    return guesses

"""The type of each column, proposed on a few hundred values and then checked on all rows by the engine.

In: a `Source` (text cells). Out: one `Typed` a column: its type, the SQL that casts it, and what was guessed.
A type is kept only if all values fit it, or nearly all of many (see ENOUGH); otherwise the column stays text.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `literal` or a parameter

from collections.abc import Mapping, Sequence

from beffroi.lake.readers import amounts, codes, moments
from beffroi.lake.readers.proposals import (
    BOOLEANS,
    Boolean,
    Code,
    Found,
    Proposal,
    Text,
    Typed,
    is_missing,
    present,
    read,
    there,
)
from beffroi.lake.readers.source import Hint, Source
from beffroi.lake.tables import Guess

SAMPLE = 500
# The share of a sample that must look like a type for all rows to be tried.
LIKELY = 0.9


def sample(source: Source, place: int) -> list[str]:
    """The first values of a column, marks of absence left out."""
    rows = source.connection.execute(
        f"SELECT c{place + 1} FROM cells WHERE c{place + 1} IS NOT NULL LIMIT {SAMPLE}"
    ).fetchall()
    return [row[0] for row in rows if not is_missing(row[0])]


def proposals_of(source: Source, names: Sequence[str], samples: Sequence[Sequence[str]]) -> list[Proposal]:
    """What each column may be, on a sample alone."""
    return [
        _propose(name, values, source.hints.get(place))
        for place, (name, values) in enumerate(zip(names, samples, strict=True))
    ]


def infer(source: Source, names: Sequence[str], samples: Sequence[Sequence[str]]) -> list[Typed]:
    """One pass of the engine over all rows, whatever the number of columns."""
    proposals = proposals_of(source, names, samples)
    checks = [proposal.checks(f"c{place + 1}") for place, proposal in enumerate(proposals)]
    found = count(source, proposals, checks, "cells")
    return [
        proposal.decide(f"c{place + 1}", source.labels[place] or names[place], found[place])
        for place, proposal in enumerate(proposals)
    ]


def count(
    source: Source, proposals: Sequence[Proposal], checks: Sequence[Mapping[str, str]], relation: str
) -> list[Found]:
    """The answers to the checks of each column, over all rows of the relation."""
    found: list[Found] = [{} for _ in proposals]
    asked = [(place, key, sql) for place, some in enumerate(checks) for key, sql in some.items()]
    if asked:
        # Each cell is read once in the inner query, whatever the number of checks that look at the result.
        once = "".join(
            f", {present(cell)} AS {there(cell)}, {reading} AS {read(cell)}"
            for cell, reading in (
                (f"c{place + 1}", p.reading(f"c{place + 1}"))
                for place, p in enumerate(proposals)
                if checks[place]
            )
            if reading
        )
        wanted = ", ".join(sql for _, _, sql in asked)
        row = source.connection.execute(f"SELECT {wanted} FROM (SELECT *{once} FROM {relation})").fetchone()
        for (place, key, _), value in zip(asked, row or (), strict=True):
            found[place][key] = value
    return found


def _propose(name: str, values: Sequence[str], hint: Hint | None) -> Proposal:
    if hint == "geometry":
        return Text("geometry")
    if not values:
        why = codes.by_header(name, values)
        return Code(why) if why and hint != "numeric" else Text("text")
    number = amounts.propose(values)
    if hint == "character" and number:
        # A DBF file declares a text: digits alone are then an identifier, but « 3,87 » is still a measure.
        if not amounts.propose(values, likely=LIKELY):
            return Text("text")
        if number.has_fractions and not any(codes.ends_with_zero(value) for value in values):
            return number
        return Code("un texte fait de chiffres (type C du fichier DBF)")
    if hint != "numeric":
        why = codes.by_header(name, values) or codes.by_shape(values)
        if why and not moments.propose(name, values):
            return Code(why)
    if sum(value.lower() in BOOLEANS for value in values) >= 0.5 * len(values):
        return Boolean()
    return moments.propose(name, values) or number or Text("text")


def padded(source: Source, names: Sequence[str], samples: Sequence[Sequence[str]]) -> list[Guess]:
    """A postcode of four digits most likely lost its zero in a spreadsheet: said, never repaired in silence."""
    guesses = []
    for place, (name, values) in enumerate(zip(names, samples, strict=True)):
        if codes.is_postal(name) and values:
            short = sum(value.isdigit() and len(value) == 4 for value in values)
            if short and sum(len(value) == 5 for value in values) + short >= 0.9 * len(values):
                label = source.labels[place] or name
                why = (
                    "Des codes n'ont que quatre chiffres : un tableur a sans doute effacé leur zéro initial."
                )
                guesses.append(Guess(f"Identifiant « {label} »", f"{short} code(s) à vérifier", why, False))
    return guesses

"""Whose each row of a sheet is: the subscriber of a meter, the child of a code or, where the list had none, of a name.

In: rows as they were typed from paper, which bear no number of a subscriber. Out: rows that have one; what matches nobody is said
and left out, what was written twice counts once. Rows that have their number are left as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from beffroi.text import fold_name
from beffroi.web.ui.formats import french_date

from .payer_bills import Entry, Notes, Tables


def _sign(text: str) -> str:
    """A meter or a code as it is compared: no space, no case, no zeros before it, which spreadsheets take away."""
    folded = "".join(text.split()).upper()
    return folded.lstrip("0") or folded


class Way(NamedTuple):
    """How a sheet names a subscriber. `column`: of the list; `unknown`, `several`: said where it is no one's, or of several."""

    column: str
    fold: Callable[[str], str]
    title: str
    unknown: str
    several: str


WAYS: Final[Mapping[str, Way]] = {
    "meter": Way(
        "meter", _sign, "compteur",
        "aucun abonné de la liste n'a ce compteur : complétez la colonne « Compteur »",
        "plusieurs abonnés de la liste ont ce compteur : corrigez la liste",
    ),
    "code": Way(
        "number", _sign, "enfant",
        "ce numéro n'est pas dans la liste : ajoutez l'enfant",
        "plusieurs enfants de la liste ont ce numéro : corrigez la liste",
    ),
    "name": Way(
        "name", fold_name, "enfant",
        "hors liste sur la feuille, et ce nom n'est pas dans la liste : ajoutez l'enfant",
        "hors liste sur la feuille, et plusieurs enfants ont ce nom : donnez ce tableau en fichier",
    ),
}  # fmt: skip


def with_numbers(tables: Tables, notes: Notes) -> Tables:
    """The tables, each row of the quantities with the number of its subscriber."""
    found: list[Entry] = []
    known: dict[str, dict[str, list[str]]] = {}
    for row in tables.quantities:
        key = next((each for each in WAYS if each in row), "")
        if not key or "number" in row:
            found.append(row)
            continue
        if key not in known:
            known[key] = _numbers_by(WAYS[key], tables.subscribers)
        if number := _number_of(row, key, known[key], notes):
            found.append({**row, "number": number})
    return replace(tables, quantities=_each_once(found, notes))


def _numbers_by(way: Way, subscribers: Sequence[Entry]) -> dict[str, list[str]]:
    numbers: dict[str, list[str]] = {}
    for each in subscribers:
        if text := each.get(way.column):
            numbers.setdefault(way.fold(text), []).append(each["number"])
    return numbers


def _number_of(row: Entry, key: str, known: Mapping[str, list[str]], notes: Notes) -> str:
    """The one subscriber that this row may be of; "" where it is no one's, which is said."""
    way = WAYS[key]
    numbers = known.get(way.fold(row[key]), [])
    if len(numbers) != 1:
        why = way.several if numbers else way.unknown
        notes.blocking(f"{way.title} {row[key]}", f"{why} (feuille {row['sheet']})")
        return ""
    if key == "name":
        notes.unusual(numbers[0], f"sans numéro sur la feuille {row['sheet']} : reconnu par son nom")
    if note := row.get("note"):
        notes.unusual(numbers[0], f"{note} (feuille {row['sheet']})")
    return numbers[0]


def _each_once(rows: Sequence[Entry], notes: Notes) -> list[Entry]:
    """Of what two sheets say of one subscriber: the last reading; the first presence of a day and a session."""
    counted: dict[tuple[str, ...], Entry] = {}
    others: list[Entry] = []
    for row in rows:
        if "sheet" not in row:
            others.append(row)
            continue
        is_reading = "index" in row
        identity = (row["number"],) if is_reading else (row["number"], row["day"], row.get("session", ""))
        before = counted.setdefault(identity, row)
        if before is row:
            continue
        last = max(before, row, key=lambda each: each["read_on"]) if is_reading else before
        counted[identity] = last
        day = french_date(last["read_on" if is_reading else "day"])
        notes.unusual(
            row["number"],
            f"écrit sur deux feuilles, {before['sheet']} et {row['sheet']} : compté une fois, le {day}",
        )
    return [*others, *counted.values()]

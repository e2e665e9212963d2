"""What a system may show: no table of predictions on people, whatever it computed.

In come an execution, the manifest and the tables that were given; raises WorkshopError when a person could be read in the
outcome. A system that prepares a decision on a person names a file (« dossier 2026-114 ») in its proposals only; a draft, a
note and the words of a figure name nobody.
"""

from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.contract import Outcome, Tables
from beffroi.systems.manifest import Manifest
from beffroi.systems.runner import Execution

from .errors import WorkshopError

LEAST_NAMED = 3  # characters: a shorter value is found in any text
LEAST_DIGITS = 6  # of a number of a file: a shorter one is found in any sentence that counts
MOST_WORDS_OF_A_NAME = 12  # an address is no longer


def check(execution: Execution, manifest: Manifest, tables: Tables) -> None:
    """Raises WorkshopError when a table, a figure, a note or a draft holds what identifies a person in the tables given."""
    if execution.outcome is None:
        return
    identifying = _identifying(manifest, tables)
    named = {name for name, _ in identifying}
    outputs = (execution.outcome.table, *execution.outcome.layers.values())
    for field, values in (
        (field, _words(t.column(place))) for t in outputs for place, field in enumerate(t.schema)
    ):
        if field.name in named or any(values & people for _, people in identifying):
            raise WorkshopError(
                f"Le système rend un tableau dont la colonne « {field.name} » désigne des personnes : on simule un service, "
                "on ne surveille personne. Rien n'a été gardé ni proposé. Prévenez l'auteur du système."
            )
    if manifest.level != "prepares_individual_decision" and any(a.case for a in execution.outcome.proposals):
        raise WorkshopError(
            "Le système fait une proposition sur le dossier d'une personne, alors que sa fiche dit qu'il n'en prépare pas. "
            "Rien n'a été gardé. Prévenez l'auteur du système."
        )
    values = {value for _, found in identifying for value in found if len(value) >= LEAST_NAMED}
    _check_words(execution.outcome, values)
    people = {_spaced(value) for value in values}
    for draft in execution.outcome.drafts:
        texts = (draft.question, draft.subject, draft.text, *(passage.quote for passage in draft.passages))
        if any(_names(text, people) for text in texts):
            raise WorkshopError(
                "Le système écrit un brouillon qui nomme une personne lue dans vos données : un brouillon se garde et se relit, "
                "il ne nomme personne. Rien n'a été gardé. Prévenez l'auteur du système."
            )


def _check_words(outcome: Outcome, values: set[str]) -> None:
    """The words beside numbers: figures and notes. Kept with the run, they are read by all who read its tables."""
    identifiers = {value for value in map(_spaced, values) if not _short_number(value)}
    # Of one word, « petit » is an adjective of any sentence and « Petit » a name.
    written = {_spaced(value, cased=True) for value in values}
    names = {form for value in written if value.isalpha() for form in _capitals(value)}
    several = {value for value in identifiers if not value.isalpha()}
    figures = (word for figure in outcome.figures for word in (figure.label, figure.base, figure.unit))
    words = (
        (("la phrase du matin", outcome.summary),),
        (("un chiffre", word) for word in figures),
        (("une note", note) for note in outcome.notes),
    )
    for what, text in chain(*words):
        if _names(text, several) or _names(text, names, cased=True):
            raise WorkshopError(
                f"Le système rend {what} dont les mots désignent une personne lue dans vos données : on simule un service, on "
                "ne surveille personne. Rien n'a été gardé ni proposé. Prévenez l'auteur du système."
            )


def _short_number(value: str) -> bool:
    digits = value.replace(" ", "")
    return digits.isdigit() and len(digits) < LEAST_DIGITS


def _capitals(name: str) -> tuple[str, ...]:
    return (name.title(), name.upper(), *((name,) if name != name.lower() else ()))


def _names(text: str, people: set[str], *, cased: bool = False) -> bool:
    """Whether some of its words, in a row, are what identifies somebody."""
    words = _spaced(text, cased=cased).split()
    longest = max((name.count(" ") + 1 for name in people), default=0)
    return any(
        " ".join(words[at : at + n]) in people
        for n in range(1, min(longest, MOST_WORDS_OF_A_NAME) + 1)
        for at in range(len(words) - n + 1)
    )


def _spaced(text: str, *, cased: bool = False) -> str:
    """The words of a text, without punctuation, between single spaces; in small letters unless `cased`."""
    text = text if cased else text.lower()
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text).split())


def _identifying(manifest: Manifest, tables: Tables) -> list[tuple[str, set[str]]]:
    """Each declared column that identifies a person, with its values."""
    return [
        (need.name, _words(tables[schema.name].column(need.name)))
        for schema in manifest.inputs
        for need in schema.columns
        if need.identifies_person and schema.name in tables and need.name in tables[schema.name].column_names
    ]


def _words(column: pa.ChunkedArray) -> set[str]:
    """The distinct texts of a column; of numbers and dates none: they identify nobody by themselves."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return set()
    # Chunk by chunk and never unfolded: a long text told once could be meant a million times.
    return {value for chunk in column.chunks for value in pc.unique(chunk).to_pylist() if value}

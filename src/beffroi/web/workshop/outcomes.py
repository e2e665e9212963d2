"""What a system may show: no table of predictions on people, whatever it computed.

In come an execution, the manifest and the tables that were given; raises WorkshopError when a person could be read in the
outcome. A system that prepares a decision on a person names a file (« dossier 2026-114 ») in its proposals only; a draft names
nobody.
"""

import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.contract import Manifest, Tables
from beffroi.systems.runner import Execution

from .errors import WorkshopError

LEAST_NAMED = 3  # characters: a shorter value is found in any text
MOST_WORDS_OF_A_NAME = 12  # an address is no longer


def check(execution: Execution, manifest: Manifest, given: Tables) -> None:
    """Raises WorkshopError when the forecast table, or a draft, holds what identifies a person in the tables given."""
    if execution.outcome is None:
        return
    identifying = _identifying(manifest, given)
    named = {name for name, _ in identifying}
    tables = (execution.outcome.table, *execution.outcome.layers.values())
    for field, values in (
        (field, _words(t.column(place))) for t in tables for place, field in enumerate(t.schema)
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
    people = {_spaced(value) for _, values in identifying for value in values if len(value) >= LEAST_NAMED}
    for draft in execution.outcome.drafts:
        told = (draft.question, draft.subject, draft.text, *(passage.quote for passage in draft.passages))
        if any(_names(text, people) for text in told):
            raise WorkshopError(
                "Le système écrit un brouillon qui nomme une personne lue dans vos données : un brouillon se garde et se relit, "
                "il ne nomme personne. Rien n'a été gardé. Prévenez l'auteur du système."
            )


def _names(text: str, people: set[str]) -> bool:
    """Whether some of its words, in a row, are what identifies somebody."""
    words = _spaced(text).split()
    longest = max((name.count(" ") + 1 for name in people), default=0)
    return any(
        " ".join(words[at : at + n]) in people
        for n in range(1, min(longest, MOST_WORDS_OF_A_NAME) + 1)
        for at in range(len(words) - n + 1)
    )


def _spaced(text: str) -> str:
    """The words of a text, without punctuation, between single spaces."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in text.lower()).split())


def _identifying(manifest: Manifest, given: Tables) -> list[tuple[str, set[str]]]:
    """Each declared column that identifies a person, with its values."""
    return [
        (need.name, _words(given[schema.name].column(need.name)))
        for schema in manifest.inputs
        for need in schema.columns
        if need.identifies_person and schema.name in given and need.name in given[schema.name].column_names
    ]


def _words(column: pa.ChunkedArray) -> set[str]:
    """The distinct texts of a column; of numbers and dates none: they identify nobody by themselves."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return set()
    return {value for value in pc.unique(column).to_pylist() if value}

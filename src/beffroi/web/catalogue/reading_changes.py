"""French sentences for what a correction changed in the reading of a table, and for the corrections themselves.

In: two readings of one table, or `Corrections` with the labels of their columns. Out: short sentences.
"""

from collections.abc import Mapping

from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.readers.dialect import NAMES
from beffroi.lake.readers.encodings import LABELS
from beffroi.lake.tables import StagedTable
from beffroi.web.ui import formats

from .labels import CENTURIES, TYPES

MOST = 20


def describe_changes(before: StagedTable, after: StagedTable) -> tuple[str, ...]:
    """One sentence a difference; at most MOST of them."""
    sentences = []
    if before.rows_kept != after.rows_kept or before.rows_quarantined != after.rows_quarantined:
        sentences.append(
            f"{_rows(after.rows_kept, 'gardée')} (avant : {formats.number(before.rows_kept)}) et "
            f"{_rows(after.rows_quarantined, 'écartée')} (avant : {formats.number(before.rows_quarantined)})."
        )
    old, new = ({column.name: column for column in table.columns} for table in (before, after))
    if set(old) != set(new):
        sentences.append(f"{len(new)} colonnes (avant : {len(old)}).")
    sentences += [
        f"« {column.label} » : {TYPES[column.type]} (avant : {TYPES[old[name].type]})."
        for name, column in new.items()
        if name in old and old[name].type != column.type
    ]
    sentences += [
        f"« {column.label} » : nouveau nom (avant : « {old[name].label} »)."
        for name, column in new.items()
        if name in old and old[name].label != column.label
    ]
    guessed = {(guess.about, guess.column, guess.what): guess.value for guess in before.guesses}
    for guess in after.guesses:
        earlier = guessed.get((guess.about, guess.column, guess.what))
        if earlier is not None and earlier != guess.value and guess.about:
            sentences.append(f"{guess.what} : {guess.value} (avant : {earlier}).")
    return tuple(sentences[:MOST]) or ("Les lignes sont les mêmes ; votre réponse est notée.",)


def _rows(count: int, word: str) -> str:
    plural = "s" if count > 1 else ""
    return f"{formats.number(count)} ligne{plural} {word}{plural}"


def describe_corrections(corrections: Corrections, labels: Mapping[str, str]) -> list[str]:
    """The corrections of a table, one line each."""

    def label(column: str) -> str:
        return f"« {labels.get(column, column)} »"

    sentences = []
    if corrections.encoding is not None:
        sentences.append(f"Encodage : {LABELS[corrections.encoding]}")
    if corrections.separator is not None:
        sentences.append(f"Séparateur : {NAMES[corrections.separator]}")
    if corrections.header is not None:
        sentences.append(f"En-tête : ligne {corrections.header}" if corrections.header else "En-tête : aucun")
    if corrections.totals is not None:
        sentences.append(f"Lignes de total : {'gardées' if corrections.totals else 'mises de côté'}")
    sentences += [f"{label(column)} : {TYPES[type_]}" for column, type_ in corrections.types.items()]
    sentences += [
        f"{label(column)} : {'le jour avant le mois' if order == 'day' else 'le mois avant le jour'}"
        for column, order in corrections.orders.items()
    ]
    sentences += [
        f"{label(column)} : {CENTURIES[century].lower()}" for column, century in corrections.centuries.items()
    ]
    sentences += [
        f"{label(column)} : {'la virgule' if mark == ',' else 'le point'} marque les décimales"
        for column, mark in corrections.decimals.items()
    ]
    sentences += [
        f"{label(column)} : les mentions comme NC sont {'de vraies valeurs' if real else 'des absences'}"
        for column, real in corrections.values.items()
    ]
    sentences += [f"Colonne renommée : « {name} »" for name in corrections.labels.values()]
    if corrections.missing:
        sentences.append(f"Mentions d'absence : {', '.join(f'« {mark} »' for mark in corrections.missing)}")
    return sentences

"""Completeness check of a figure before publication: title, unit, base, year and source.

In: a figure with its caption counted in the data. Out: what it lacks, and the form field where to add it.
Placeholders (« unité du fichier », « non datée ») are allowed inside, not on a public page.
"""

from dataclasses import dataclass

from beffroi.recipes.french import join_words

from .answers import Answer
from .columns import FILE_UNIT
from .presentation import FigureView, source_of

_REQUIRED = {
    "title": "un titre",
    "unit": "une unité",
    "base": "une base",
    "year": "une année",
    "source": "une source",
}
_PLACEHOLDERS = {
    "unit": {FILE_UNIT, "voir les colonnes", "unité", "?"},
    "base": {"?"},
    "year": {"non datée", "non précisée", "?"},
    "source": {"voir les jeux de données", "?"},
}


@dataclass(frozen=True)
class MissingMentions:
    """What a figure lacks: the first form field to fill, and all of it in words."""

    field: str
    words: str


def missing_mentions(view: FigureView) -> MissingMentions | None:
    """What prevents a figure from being published; None when it is complete, or invalid anyway."""
    if view.trouble:
        return None
    mentions = {
        "title": view.title,
        "unit": view.unit,
        "base": view.base,
        # What has no row to show has no period either: that is no lack.
        "year": view.emptied or view.year,
        "source": view.source,
    }
    return _find_missing(view.kind, mentions)


def missing_mentions_of_answer(found: Answer) -> MissingMentions | None:
    figure = found.figure
    mentions = {"title": figure.title, "unit": figure.unit, "base": figure.base, "year": figure.year}
    return _find_missing(figure.kind, mentions | {"source": source_of(found)})


def _find_missing(kind: str, mentions: dict[str, str]) -> MissingMentions | None:
    absent = [
        name
        for name, text in mentions.items()
        if not text.strip() or text.strip() in _PLACEHOLDERS.get(name, set())
        # The columns of a table each have their unit in their header.
        if not (kind == "table" and name == "unit" and text.strip() == "voir les colonnes")
    ]
    return MissingMentions(absent[0], join_words(_REQUIRED[name] for name in absent)) if absent else None

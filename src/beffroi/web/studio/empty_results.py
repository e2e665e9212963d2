"""Explanation of an empty result.

In: an answer and its territory. Out: a sentence in place of the drawing, empty when the figure has something to
display.
"""

from beffroi.recipes.french import join_words
from beffroi.recipes.model import Filter
from beffroi.web.platform.models import Territory

from . import explanations, labelling
from .answers import Answer


def explain_empty(found: Answer, territory: Territory) -> str:
    """Why no row is left; empty when there are some, or when they may not be displayed."""
    table = found.released.table
    if found.released.reason or (table.num_rows and not _adds_nothing(found)):
        return ""
    if found.narrowed_by:
        named = join_words(f"« {words} »" for words in found.narrowed_by)
        return (
            f"Le filtre {named} n'en laisse aucune."
            if len(found.narrowed_by) == 1
            else f"Les filtres {named}, ensemble, n'en laissent aucune."
        )
    sentences = explanations.describe_steps(found.recipe, territory)
    conditions = [
        sentence[:1].lower() + sentence[1:].rstrip(".")
        for step, sentence in zip(found.recipe.steps, sentences, strict=True)
        if isinstance(step, Filter)
    ]
    if conditions:
        return f"Aucune ne remplit ce que l'analyse demande : {' ; '.join(conditions)}."
    return "Ce que lit cette analyse n'a aucune ligne à montrer."


def _adds_nothing(found: Answer) -> bool:
    """Whether its only row is a total of no row. A count of none is an answer, and is displayed."""
    table = found.released.table
    return (
        table.num_rows == 1
        and all(value is None for value in table.to_pylist()[0].values())
        and labelling.counts_no_row(found.recipe, found.figure.base)
    )

"""French words of the faults that Pydantic finds in a file that a person wrote: a recipe, a manifest.

In come the kind of the fault and its context; out goes the end of a sentence, without a full stop.
"""

from collections.abc import Mapping
from typing import Any, Final

REASONS: Final = {
    "missing": "il manque cette ligne",
    "extra_forbidden": "ce nom n'est pas connu",
    "literal_error": "« {value} » n'est pas prévu ici : {bound}",
    "model_type": "des noms et leurs valeurs sont attendus",
    "dict_type": "des noms et leurs valeurs sont attendus",
    "tuple_type": "une liste est attendue, même d'un seul élément",
    "too_short": "il en faut au moins {bound}",
    "too_long": "il en faut au plus {bound}",
    "string_too_short": "ce texte ne doit pas être vide",
    "string_too_long": "ce texte a plus de {bound} caractères",
    "string_type": "un texte est attendu ; mettez « {value} » entre guillemets",
    "string_pattern_mismatch": "« {value} » n'a pas la forme attendue",
    "int_type": "un nombre entier est attendu",
    "int_parsing": "un nombre entier est attendu",
    "int_from_float": "un nombre entier est attendu",
    "float_type": "un nombre est attendu",
    "float_parsing": "un nombre est attendu, avec un point pour les décimales",
    "bool_type": "true ou false est attendu",
    "bool_parsing": "true ou false est attendu",
    "greater_than_equal": "ce nombre doit être au moins {bound}",
    "less_than_equal": "ce nombre doit être au plus {bound}",
    "date_from_datetime_parsing": "une date est attendue, comme « 2024-01-31 »",
    "date_from_datetime_inexact": "une date est attendue, sans heure, comme « 2024-01-31 »",
    "date_parsing": "une date est attendue, comme « 2024-01-31 »",
    "date_type": "une date est attendue, comme « 2024-01-31 »",
}
_BOUNDS: Final = ("min_length", "max_length", "ge", "le")


def reason_of(kind: str, context: Mapping[str, Any], value: Any) -> str:
    """What is wrong with a value; `context`: what Pydantic says of the fault."""
    if kind == "value_error":
        return str(context["error"]).rstrip(".")
    bound = next((context[name] for name in _BOUNDS if name in context), context.get("expected", ""))
    bound = bound.replace(" or ", " ou ") if isinstance(bound, str) else bound
    return REASONS.get(kind, "cette valeur ne convient pas").format(bound=bound, value=value)

"""Conditions and missing values: SI and its family, ET, OU, NON, ESTVIDE.

Three-valued logic: a condition on a missing value gives a missing result, neither of the two branches.
"""

from functools import reduce
from typing import Any

import ibis

from beffroi.recipes.formula import values
from beffroi.recipes.formula.errors import refuse
from beffroi.recipes.formula.functions.base import Function, Invocation
from beffroi.recipes.formula.kinds import BOOLEAN, Kind
from beffroi.recipes.formula.values import Value


def _if(invocation: Invocation) -> Value:
    condition, *answers = invocation.arguments
    kind = values.common_kind("SI", answers)
    otherwise = answers[1].as_kind(kind) if len(answers) > 1 else values.null_of(kind)
    chosen = _chosen(values.truth("SI", condition), answers[0].as_kind(kind), otherwise, kind)
    return Value(kind, chosen, invocation.call)


def _ifs(invocation: Invocation) -> Value:
    call = invocation.call
    if len(invocation.arguments) % 2:
        refuse(
            "SI.CONDITIONS va par deux : une condition, puis sa valeur. Pour le reste, finissez par VRAI ; valeur.",
            call.start,
            call.end,
        )
    pairs = list(zip(invocation.arguments[::2], invocation.arguments[1::2], strict=True))
    kind = values.common_kind("SI.CONDITIONS", [value for _, value in pairs])
    result = values.null_of(kind)
    for condition, value in reversed(pairs):
        result = _chosen(values.truth("SI.CONDITIONS", condition), value.as_kind(kind), result, kind)
    return Value(kind, result, call)


def _chosen(condition: Any, yes: Any, no: Any, kind: Kind) -> Any:
    return condition.cases((True, yes), (False, no), else_=values.null_of(kind))


def _if_empty(invocation: Invocation) -> Value:
    kind = values.common_kind(invocation.call.name, invocation.arguments)
    found = [_present(value).as_kind(kind) for value in invocation.arguments[:-1]]
    return Value(kind, ibis.coalesce(*found, invocation.arguments[-1].as_kind(kind)), invocation.call)


def _present(value: Value) -> Value:
    """Value with empty texts as null."""
    return Value(value.kind, value.expr.nullif(""), value.node) if value.kind.name == "text" else value


def _is_empty(invocation: Invocation) -> Value:
    return Value(BOOLEAN, _present(invocation.arguments[0]).expr.isnull(), invocation.call)


def _all(invocation: Invocation) -> Value:
    return Value(BOOLEAN, reduce(lambda one, other: one & other, _truths(invocation)), invocation.call)


def _any(invocation: Invocation) -> Value:
    return Value(BOOLEAN, reduce(lambda one, other: one | other, _truths(invocation)), invocation.call)


def _not(invocation: Invocation) -> Value:
    # Ibis writes its own negation without parentheses: « NOT (a) IS NULL » would be read as « NOT (a IS NULL) ».
    return Value(BOOLEAN, _truths(invocation)[0] == ibis.literal(False), invocation.call)


def _truths(invocation: Invocation) -> list[Any]:
    return [values.truth(invocation.call.name, value) for value in invocation.arguments]


FUNCTIONS = (
    Function(
        "SI",
        "SI(condition ; si vrai ; si faux)",
        "La première valeur quand la condition est vraie, la seconde quand elle est fausse (rien si elle n'est pas "
        "écrite), rien quand la condition porte sur une valeur absente.",
        'SI([Tonnage] > 1 000,5 ; "gros" ; "petit")',
        2,
        3,
        _if,
    ),
    Function(
        "SI.CONDITIONS",
        "SI.CONDITIONS(condition ; valeur ; condition ; valeur ; …)",
        "La valeur de la première condition vraie, rien quand aucune ne l'est. Une condition qui porte sur une valeur "
        "absente arrête la recherche et ne donne rien. Pour « sinon », finir par VRAI.",
        'SI.CONDITIONS([Tonnage] > 100 ; "gros" ; [Tonnage] > 10 ; "moyen" ; VRAI ; "petit")',
        2,
        None,
        _ifs,
    ),
    Function(
        "SI.VIDE",
        "SI.VIDE(valeur ; remplacement ; …)",
        "La première de ces valeurs qui n'est pas absente. Un texte sans aucun caractère compte comme absent.",
        "SI.VIDE([Tonnage] ; 0)",
        2,
        None,
        _if_empty,
    ),
    Function(
        "SIERREUR",
        "SIERREUR(valeur ; remplacement)",
        "Comme SI.VIDE : ici, une division par zéro ou un texte illisible ne font pas d'erreur, ils ne donnent rien.",
        "SIERREUR([Coût] / [Tonnage] ; 0)",
        2,
        2,
        _if_empty,
    ),
    Function(
        "ESTVIDE",
        "ESTVIDE(valeur)",
        "Vrai quand la valeur est absente, ou est un texte sans aucun caractère ; faux sinon.",
        "ESTVIDE([Date de fin])",
        1,
        1,
        _is_empty,
    ),
    Function(
        "ET",
        "ET(condition ; condition ; …)",
        "Vrai quand toutes le sont. Faux dès que l'une est fausse, même si une autre porte sur une valeur absente. "
        "S'écrit aussi entre deux conditions : [a] > 1 ET [b] > 2.",
        'ET([Tonnage] > 10 ; [Flux] = "verre")',
        1,
        None,
        _all,
    ),
    Function(
        "OU",
        "OU(condition ; condition ; …)",
        "Vrai dès que l'une est vraie, même si une autre porte sur une valeur absente. "
        "S'écrit aussi entre deux conditions.",
        'OU([Flux] = "verre" ; [Flux] = "papier")',
        1,
        None,
        _any,
    ),
    Function(
        "NON",
        "NON(condition)",
        "Vrai quand la condition est fausse, et l'inverse.",
        "NON([Payé])",
        1,
        1,
        _not,
    ),
)

"""Text functions: substrings, length, search, concatenation, conversion to and from numbers.

Characters are counted from 1. Where a spreadsheet gives an error (a negative length, a text not found), the result is null.
"""

from collections.abc import Callable
from functools import reduce
from typing import Any, NoReturn

import ibis

from beffroi.recipes.formula import kinds, values
from beffroi.recipes.formula.functions.base import Function, Invocation
from beffroi.recipes.formula.kinds import FLOAT, INTEGER, TEXT
from beffroi.recipes.formula.values import Value

_SPACES = "[ \t\r\n\u00a0\u202f\u2009]+"
_FRENCH_NUMBER = "^[-+]?[0-9]+(,[0-9]+)?$"
_FARTHEST = 1_000_000
"""Maximum position: the engine counts characters on 32 bits."""


def as_french_text(operation: str, value: Value) -> Any:
    """Any value as French text. A float is refused: its last digits would be noise."""
    kind = value.kind
    if kind == TEXT:
        return value.expr
    if kind == FLOAT:
        _unwritable(operation, value)
    if kind.name == "date":
        return value.expr.strftime("%d/%m/%Y")
    if kind.name == "moment":
        return value.expr.strftime("%d/%m/%Y %H:%M")
    if kind.name == "boolean":
        return value.expr.cases((True, "VRAI"), (False, "FAUX"), else_=values.null_of(TEXT))
    if kind == INTEGER:
        return value.as_kind(INTEGER).cast("string")
    before, after = kind.digits
    # One digit more before the comma: without any, the engine writes no zero.
    text = value.expr.cast(kinds.decimal(before + 1, after).dtype).cast("string")
    return text.re_replace(r"\.?0+$", "").replace(".", ",") if after else text


def _unwritable(operation: str, value: Value) -> NoReturn:
    value.refuse(
        f"{operation} n'écrit un nombre calculé (quotient, mesure) qu'une fois arrondi : ARRONDI(nombre ; 2)."
    )


def _of_one(of: Callable[[Any], Any]) -> Callable[[Invocation], Value]:
    def build(invocation: Invocation) -> Value:
        return Value(TEXT, of(values.text(invocation.call.name, invocation.arguments[0])), invocation.call)

    return build


def _squeezed(text: Any) -> Any:
    return text.re_replace(_SPACES, " ").re_replace("^ | $", "")


def _side(of: Callable[[Any, Any], Any]) -> Callable[[Invocation], Value]:
    def build(invocation: Invocation) -> Value:
        name = invocation.call.name
        text = values.text(name, invocation.arguments[0])
        count = (
            _at_least(0, name, invocation.arguments[1]) if len(invocation.arguments) > 1 else ibis.literal(1)
        )
        return Value(TEXT, of(text, count), invocation.call)

    return build


def _middle(invocation: Invocation) -> Value:
    text = values.text("STXT", invocation.arguments[0])
    start, count = (
        _at_least(1, "STXT", invocation.arguments[1]),
        _at_least(0, "STXT", invocation.arguments[2]),
    )
    return Value(TEXT, text.substr(start - 1, count), invocation.call)


def _at_least(least: int, operation: str, value: Value) -> Any:
    """Number of characters; null under the minimum."""
    number = values.whole(operation, value)
    return values.only_if(number >= least, ibis.least(number, _FARTHEST), INTEGER)


def _length(invocation: Invocation) -> Value:
    return Value(
        INTEGER, values.text("NBCAR", invocation.arguments[0]).length().cast("int64"), invocation.call
    )


def _found(invocation: Invocation) -> Value:
    wanted, text = (values.text("CHERCHE", value).lower() for value in invocation.arguments)
    return Value(INTEGER, (text.find(wanted).cast("int64") + 1).nullif(0), invocation.call)


def _replaced(invocation: Invocation) -> Value:
    text, old, new = (values.text("SUBSTITUE", value) for value in invocation.arguments)
    return Value(TEXT, text.replace(old, new), invocation.call)


def _joined(invocation: Invocation) -> Value:
    texts = [as_french_text("CONCAT", value) for value in invocation.arguments]
    joined = reduce(lambda one, other: one + other, (text.fill_null("") for text in texts))
    return Value(TEXT, values.only_if(ibis.coalesce(*texts).notnull(), joined, TEXT), invocation.call)


def _as_text(invocation: Invocation) -> Value:
    return Value(TEXT, as_french_text("TEXTE", invocation.arguments[0]), invocation.call)


def _as_number(invocation: Invocation) -> Value:
    text = values.text("CNUM", invocation.arguments[0]).re_replace(_SPACES, "").replace("−", "-")
    # What does not look like a French number is an empty text, which is no number.
    number = text.re_extract(_FRENCH_NUMBER, 0).replace(",", ".").try_cast("float64")
    return Value(FLOAT, number, invocation.call)


FUNCTIONS = (
    Function(
        "MAJUSCULE",
        "MAJUSCULE(texte)",
        "Le texte en capitales.",
        "MAJUSCULE([Commune])",
        1,
        1,
        _of_one(lambda text: text.upper()),
    ),
    Function(
        "MINUSCULE",
        "MINUSCULE(texte)",
        "Le texte en minuscules.",
        "MINUSCULE([Courriel])",
        1,
        1,
        _of_one(lambda text: text.lower()),
    ),
    Function(
        "SUPPRESPACE",
        "SUPPRESPACE(texte)",
        "Le texte sans espaces au début ni à la fin, et avec une seule entre les mots (insécables et tabulations comprises).",
        "SUPPRESPACE([Nom])",
        1,
        1,
        _of_one(_squeezed),
    ),
    Function(
        "GAUCHE",
        "GAUCHE(texte ; nombre)",
        "Les premiers caractères du texte (un seul quand le nombre n'est pas écrit).",
        "GAUCHE([Code postal] ; 2)",
        1,
        2,
        _side(lambda text, count: text.left(count)),
    ),
    Function(
        "DROITE",
        "DROITE(texte ; nombre)",
        "Les derniers caractères du texte (un seul quand le nombre n'est pas écrit).",
        "DROITE([Référence] ; 4)",
        1,
        2,
        _side(lambda text, count: text.right(count)),
    ),
    Function(
        "STXT",
        "STXT(texte ; début ; nombre)",
        "Les caractères du texte à partir d'une place, comptée de 1.",
        "STXT([SIRET] ; 1 ; 9)",
        3,
        3,
        _middle,
    ),
    Function(
        "NBCAR", "NBCAR(texte)", "Le nombre de caractères du texte.", "NBCAR([SIRET]) = 14", 1, 1, _length
    ),
    Function(
        "CHERCHE",
        "CHERCHE(texte cherché ; texte)",
        "La place où le texte cherché commence, comptée de 1, sans tenir compte des majuscules ; rien s'il n'y est pas. "
        "Les signes ? et * sont des caractères comme les autres.",
        'STXT([Adresse] ; CHERCHE("rue" ; [Adresse]) ; 100)',
        2,
        2,
        _found,
    ),
    Function(
        "SUBSTITUE",
        "SUBSTITUE(texte ; ancien ; nouveau)",
        "Le texte où chaque « ancien », écrit exactement ainsi, devient « nouveau ».",
        'SUBSTITUE([Téléphone] ; "." ; " ")',
        3,
        3,
        _replaced,
    ),
    Function(
        "CONCAT",
        "CONCAT(valeur ; valeur ; …)",
        "Les valeurs bout à bout, sans celles qui sont absentes ; rien quand toutes le sont. Le signe &, lui, ne donne "
        "rien dès qu'une valeur est absente.",
        'CONCAT([Prénom] ; " " ; [Nom])',
        1,
        None,
        _joined,
    ),
    Function(
        "TEXTE",
        "TEXTE(valeur)",
        "La valeur en texte français : 1234,5 ; 31/01/2024 ; VRAI. Un nombre calculé doit d'abord être arrondi.",
        "TEXTE(ARRONDI([Coût] / [Tonnage] ; 2))",
        1,
        1,
        _as_text,
    ),
    Function(
        "CNUM",
        "CNUM(texte)",
        "Le nombre qu'un texte écrit à la française (« 1 234,5 ») ; rien quand le texte est autre chose.",
        "ARRONDI(CNUM([Montant]) ; 2)",
        1,
        1,
        _as_number,
    ),
)

"""Formula tokenizer. In: the text of a formula. Out: tokens with their positions.

Typographic variants are accepted: a leading « = », no-break spaces, « − », « × », « ÷ », « ≤ », « ≥ », « ≠ ». A sign of
another language is refused with the one to write.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from beffroi.recipes.formula.errors import refuse

MAX_LENGTH = 4000
"""Maximum number of characters of a formula."""
MAX_DIGITS = 30

_SPACES = " \t\r\n\u00a0\u202f\u2009"
_THOUSANDS = "[ \u00a0\u202f\u2009]"
_NUMBER = re.compile(rf"[0-9]{{1,3}}(?:{_THOUSANDS}[0-9]{{3}})+(?![0-9])(?:,[0-9]+)?|[0-9]+(?:,[0-9]+)?")
_NAME = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_SIGN = re.compile(r"<>|<=|>=|[-+*/&=<>();]")
_SAME = {"−": "-", "×": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "<>"}
_ADVICE = {
    "^": "Écrivez PUISSANCE(nombre ; exposant).",
    "%": "Écrivez la part en nombre : 0,2 pour 20 %.",
    ",": "Séparez les valeurs par « ; ». La virgule est celle des nombres : 1,5.",
    ".": "Les décimales suivent une virgule : 1,5.",
    "'": 'Un texte s\'écrit entre guillemets droits : "gros".',
    "’": 'Un texte s\'écrit entre guillemets droits : "gros".',
    "“": 'Un texte s\'écrit entre guillemets droits : "gros".',
    "”": 'Un texte s\'écrit entre guillemets droits : "gros".',
    "«": 'Un texte s\'écrit entre guillemets droits : "gros".',
    "»": 'Un texte s\'écrit entre guillemets droits : "gros".',
    "!": "« Différent de » s'écrit <>, et « non » s'écrit NON.",
    "|": "« Ou » s'écrit OU ; mettre deux textes bout à bout s'écrit &.",
    "{": "Une colonne s'écrit entre crochets : [Tonnage].",
    "]": "Ce crochet ferme sans avoir été ouvert. Une colonne s'écrit [Tonnage].",
    ":": "Séparez les valeurs par « ; ».",
}


@dataclass(frozen=True)
class Token:
    """Token. `value` is the number, the text, the name (as written) or the operator."""

    kind: Literal["number", "text", "name", "column", "sign", "end"]
    value: int | Decimal | str
    start: int
    end: int


def tokenize(formula: str) -> list[Token]:
    """Tokens of a formula; the last one is always "end". Raises FormulaError."""
    if len(formula) > MAX_LENGTH:
        refuse(
            f"la formule a plus de {MAX_LENGTH} caractères. Faites-en une partie dans une étape d'avant.",
            MAX_LENGTH,
            len(formula),
        )
    found: list[Token] = []
    position = _after_spaces(formula, 0)
    if formula[position : position + 1] == "=":
        position = _after_spaces(formula, position + 1)
    while position < len(formula):
        token = _next(formula, position)
        found.append(token)
        position = _after_spaces(formula, token.end)
    return [*found, Token("end", "", len(formula), len(formula))]


def _after_spaces(formula: str, position: int) -> int:
    while position < len(formula) and formula[position] in _SPACES:
        position += 1
    return position


def _next(formula: str, position: int) -> Token:
    sign = formula[position]
    if sign == '"':
        return _quoted(formula, position, '"', "text")
    if sign == "[":
        return _quoted(formula, position, "]", "column")
    if match := _NUMBER.match(formula, position):
        return _number(match)
    if match := _NAME.match(formula, position):
        return Token("name", match[0], position, match.end())
    if sign in _SAME:
        return Token("sign", _SAME[sign], position, position + 1)
    if match := _SIGN.match(formula, position):
        return Token("sign", match[0], position, match.end())
    return refuse(
        f"« {sign} » n'a pas de sens ici. {_ADVICE.get(sign, 'Retirez ce signe.')}",
        position,
        position + 1,
    )


def _number(match: re.Match[str]) -> Token:
    text = "".join(match[0].split())
    if len(text) > MAX_DIGITS:
        refuse(f"ce nombre a plus de {MAX_DIGITS} chiffres. Écrivez-en moins.", match.start(), match.end())
    value = Decimal(text.replace(",", ".")) if "," in text else int(text)
    return Token("number", value, match.start(), match.end())


def _quoted(formula: str, start: int, closing: str, kind: Literal["text", "column"]) -> Token:
    """Delimited token; the closing sign, doubled, is an ordinary character."""
    position, characters = start + 1, []
    while position < len(formula):
        if formula[position] != closing:
            characters.append(formula[position])
            position += 1
        elif formula[position + 1 : position + 2] == closing:
            characters.append(closing)
            position += 2
        else:
            text = "".join(characters)
            if kind == "column" and not text.strip():
                refuse("ces crochets sont vides. Écrivez-y le nom d'une colonne.", start, position + 1)
            return Token(kind, text, start, position + 1)
    what = "ce texte n'est pas fermé" if kind == "text" else "ce nom de colonne n'est pas fermé"
    return refuse(f"{what}. Ajoutez « {closing} » à sa fin.", start, len(formula))

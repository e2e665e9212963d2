"""What a guess asks a person, in their words: a question, two values of the file as examples, the answers.

In: a guess that may be changed, the label of its column, examples of the file (none for who may not see them).
Out: a `Question`; its answers are the values of a correction.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.lake.readers.dialect import NAMES
from beffroi.lake.readers.encodings import LABELS
from beffroi.lake.tables import Guess
from beffroi.text import MONTHS

from .words import TYPES

AS_READ = "lu ainsi"


@dataclass(frozen=True)
class Question:
    asks: str
    help: str
    answers: tuple[tuple[str, str], ...]


def question(guess: Guess, label: str, examples: Sequence[str]) -> Question | None:
    """None when nothing of this guess can be changed."""
    if guess.about == "header":
        read = f"la ligne {guess.chosen}" if guess.chosen != "0" else "aucune ligne"
        help_ = (
            f"Lu : {read}. Écrivez le numéro de la ligne, ou 0 si aucune ne nomme les colonnes. {guess.why}"
        )
        return Question("Quelle ligne du fichier nomme les colonnes ?", help_, ())
    ask = {
        "encoding": _encoding,
        "separator": _separator,
        "totals": _totals,
        "order": _order,
        "missing": _missing,
        "decimals": _decimals,
        "type": _type,
    }.get(guess.about)
    if ask is None or not guess.choices:
        return None
    asked = ask(guess, label, examples)
    answers = tuple(
        (value, f"{said} ({AS_READ})" if value == guess.chosen else said) for value, said in asked.answers
    )
    if guess.about == "separator":  # a tab does not travel well in a form
        answers = tuple((NAMES[value], said) for value, said in answers)
    return Question(asked.asks, asked.help, answers)


def _encoding(guess: Guess, label: str, examples: Sequence[str]) -> Question:
    words = ", ".join(f"« {word} »" for word in examples)
    asks = f"Ces mots sont-ils bien écrits : {words} ?" if words else "Dans quel encodage est le fichier ?"
    return Question(
        asks,
        f"Sinon, choisissez un autre encodage. {guess.why}",
        tuple((c, LABELS[c]) for c in guess.choices),
    )


def _separator(guess: Guess, label: str, examples: Sequence[str]) -> Question:
    answers = tuple((c, f"{NAMES[c]} « {c} »" if c.strip() else NAMES[c]) for c in guess.choices)
    return Question("Quel signe sépare les colonnes ?", guess.why, answers)


def _totals(guess: Guess, label: str, examples: Sequence[str]) -> Question:
    answers = (("aside", "Les mettre de côté"), ("keep", "Les garder parmi les données"))
    return Question("Que faire des lignes de total ?", guess.why, answers)


def _order(guess: Guess, label: str, examples: Sequence[str]) -> Question:
    if not examples:
        answers = (("day", "Le jour avant le mois"), ("month", "Le mois avant le jour"))
        return Question(f"Dans les dates de « {label} », qu'est-ce qui vient d'abord ?", guess.why, answers)
    first, second = _both_ways(examples[0])
    asks = f"Les dates de « {label} », comme {examples[0]} : le {first} ou le {second} ?"
    help_ = guess.why
    if len(examples) > 1:
        help_ = f"{examples[1]} serait le {' ou le '.join(_both_ways(examples[1]))}. {guess.why}"
    answers = (
        ("day", f"Le {first} : le jour avant le mois"),
        ("month", f"Le {second} : le mois avant le jour"),
    )
    return Question(asks, help_, answers)


def _both_ways(text: str) -> tuple[str, str]:
    """« 03/04/2024 »: le 3 avril 2024 or le 4 mars 2024."""
    one, other, *rest = (int(part) for part in re.findall(r"\d+", text))
    year = f" {rest[0]}" if rest and rest[0] > 99 else ""

    def said(day: int, month: int) -> str:
        named = MONTHS[month - 1] if 1 <= month <= 12 else "?"
        return f"{'1er' if day == 1 else day} {named}{year}"

    return said(one, other), said(other, one)


def _missing(guess: Guess, label: str, examples: Sequence[str]) -> Question:
    asks = (
        f"Dans « {label} », que veut dire {' ou '.join(f'« {mark} »' for mark in guess.value.split(', '))} ?"
    )
    answers = (("absent", "Qu'il n'y a pas de valeur"), ("value", "C'est une vraie valeur, à garder"))
    return Question(asks, guess.why, answers)


def _decimals(guess: Guess, label: str, examples: Sequence[str]) -> Question:
    marks = ((",", "La virgule marque les décimales"), (".", "Le point marque les décimales"))
    if not examples:
        return Question(f"Dans « {label} », quel signe marque les décimales ?", guess.why, marks)
    text = examples[0]
    decimal = text.replace(".", ",")
    thousands = re.sub(r"[.,]", "\u202f", text)
    sign = "," if "," in text else "."
    answers = tuple(
        (mark, f"{decimal if mark == sign else thousands} : {said[0].lower()}{said[1:]}")
        for mark, said in marks
    )
    asks = f"Dans « {label} », {text} vaut-il {decimal} ou {thousands} ?"
    more = f"De même pour {examples[1]}. " if len(examples) > 1 else ""
    return Question(asks, more + guess.why, answers)


def _type(guess: Guess, label: str, examples: Sequence[str]) -> Question:
    strict = "les lignes qui n'en sont pas sont mises de côté"
    answers = tuple(
        (c, TYPES[c] if c in ("text", "code") else f"{TYPES[c]} : {strict}") for c in guess.choices
    )
    return Question(f"De quel type est « {label} » ?", why_of(guess, examples), answers)


def why_of(guess: Guess, examples: Sequence[str]) -> str:
    """Why a guess was made; of a type, with values that do not fit it."""
    if guess.about != "type" or not examples:
        return guess.why
    return f"{guess.why} Par exemple : {', '.join(f'« {value} »' for value in examples)}."

"""Questions about a guess of the reader, in French: two values of the file as examples, the possible answers.

In: a guess that may be changed, the label of its column, examples of the file (none for who may not see them).
Out: a `Question`; its answers are the values of a correction.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from beffroi.lake.readers.dialect import NAMES
from beffroi.lake.readers.encodings import LABELS
from beffroi.lake.readers.short_years import CENTURIES, candidates, hundred_years
from beffroi.lake.tables import Guess
from beffroi.text import MONTHS

from .labels import TYPES

AS_READ = "lu ainsi"


@dataclass(frozen=True)
class ReadingQuestion:
    prompt: str
    help: str
    answers: tuple[tuple[str, str], ...]


def question(guess: Guess, label: str, examples: Sequence[str]) -> ReadingQuestion | None:
    """None when nothing of this guess can be changed."""
    if guess.about == "header":
        read = f"la ligne {guess.chosen}" if guess.chosen != "0" else "aucune ligne"
        help_ = (
            f"Lu : {read}. Écrivez le numéro de la ligne, ou 0 si aucune ne nomme les colonnes. {guess.why}"
        )
        return ReadingQuestion("Quelle ligne du fichier nomme les colonnes ?", help_, ())
    ask = {
        "encoding": _encoding,
        "separator": _separator,
        "totals": _totals,
        "order": _order,
        "century": _century,
        "missing": _missing,
        "decimals": _decimals,
        "type": _type,
    }.get(guess.about)
    if ask is None or not guess.choices:
        return None
    built = ask(guess, label, examples)
    answers = tuple(
        (value, f"{text} ({AS_READ})" if value == guess.chosen else text) for value, text in built.answers
    )
    if guess.about == "separator":  # a tab does not travel well in a form
        answers = tuple((NAMES[value], text) for value, text in answers)
    return ReadingQuestion(built.prompt, built.help, answers)


def _encoding(guess: Guess, label: str, examples: Sequence[str]) -> ReadingQuestion:
    words = ", ".join(f"« {word} »" for word in examples)
    prompt = f"Ces mots sont-ils bien écrits : {words} ?" if words else "Dans quel encodage est le fichier ?"
    return ReadingQuestion(
        prompt,
        f"Sinon, choisissez un autre encodage. {guess.why}",
        tuple((c, LABELS[c]) for c in guess.choices),
    )


def _separator(guess: Guess, label: str, examples: Sequence[str]) -> ReadingQuestion:
    answers = tuple((c, f"{NAMES[c]} « {c} »" if c.strip() else NAMES[c]) for c in guess.choices)
    return ReadingQuestion("Quel signe sépare les colonnes ?", guess.why, answers)


def _totals(guess: Guess, label: str, examples: Sequence[str]) -> ReadingQuestion:
    answers = (("aside", "Les mettre de côté"), ("keep", "Les garder parmi les données"))
    return ReadingQuestion("Que faire des lignes de total ?", guess.why, answers)


def _order(guess: Guess, label: str, examples: Sequence[str]) -> ReadingQuestion:
    if not examples:
        answers = (("day", "Le jour avant le mois"), ("month", "Le mois avant le jour"))
        return ReadingQuestion(
            f"Dans les dates de « {label} », qu'est-ce qui vient d'abord ?", guess.why, answers
        )
    first, second = _both_ways(examples[0])
    prompt = f"Les dates de « {label} », comme {examples[0]} : le {first} ou le {second} ?"
    help_ = guess.why
    if len(examples) > 1:
        help_ = f"{examples[1]} serait le {' ou le '.join(_both_ways(examples[1]))}. {guess.why}"
    answers = (
        ("day", f"Le {first} : le jour avant le mois"),
        ("month", f"Le {second} : le mois avant le jour"),
    )
    return ReadingQuestion(prompt, help_, answers)


def _century(guess: Guess, label: str, examples: Sequence[str]) -> ReadingQuestion:
    spans = {century: hundred_years(century) for century in CENTURIES if century in guess.choices}
    words = {century: f"Les années vont de {first} à {last}" for century, (first, last) in spans.items()}
    if not examples:
        prompt = f"De quel siècle sont les années de « {label} » ?"
        return ReadingQuestion(prompt, guess.why, tuple(words.items()))
    past, coming = candidates(examples[0])
    prompt = f"Dans « {label} », l'année « {examples[0]} » : {past} ou {coming} ?"
    answers = tuple(
        (century, f"{coming if coming <= spans[century][1] else past} : {text[0].lower()}{text[1:]}")
        for century, text in words.items()
    )
    return ReadingQuestion(prompt, guess.why, answers)


def _both_ways(text: str) -> tuple[str, str]:
    """« 03/04/2024 »: le 3 avril 2024 or le 4 mars 2024."""
    one, other, *rest = (int(part) for part in re.findall(r"\d+", text))
    year = f" {rest[0]}" if rest and rest[0] > 99 else ""

    def format_day(day: int, month: int) -> str:
        named = MONTHS[month - 1] if 1 <= month <= 12 else "?"
        return f"{'1er' if day == 1 else day} {named}{year}"

    return format_day(one, other), format_day(other, one)


def _missing(guess: Guess, label: str, examples: Sequence[str]) -> ReadingQuestion:
    prompt = (
        f"Dans « {label} », que veut dire {' ou '.join(f'« {mark} »' for mark in guess.value.split(', '))} ?"
    )
    answers = (("absent", "Qu'il n'y a pas de valeur"), ("value", "C'est une vraie valeur, à garder"))
    return ReadingQuestion(prompt, guess.why, answers)


def _decimals(guess: Guess, label: str, examples: Sequence[str]) -> ReadingQuestion:
    marks = ((",", "La virgule marque les décimales"), (".", "Le point marque les décimales"))
    if not examples:
        return ReadingQuestion(f"Dans « {label} », quel signe marque les décimales ?", guess.why, marks)
    text = examples[0]
    decimal = text.replace(".", ",")
    thousands = re.sub(r"[.,]", "\u202f", text)
    sign = "," if "," in text else "."
    answers = tuple(
        (mark, f"{decimal if mark == sign else thousands} : {meaning[0].lower()}{meaning[1:]}")
        for mark, meaning in marks
    )
    prompt = f"Dans « {label} », {text} vaut-il {decimal} ou {thousands} ?"
    more = f"De même pour {examples[1]}. " if len(examples) > 1 else ""
    return ReadingQuestion(prompt, more + guess.why, answers)


def _type(guess: Guess, label: str, examples: Sequence[str]) -> ReadingQuestion:
    strict = "les lignes qui n'en sont pas sont mises de côté"
    answers = tuple(
        (c, TYPES[c] if c in ("text", "code") else f"{TYPES[c]} : {strict}") for c in guess.choices
    )
    return ReadingQuestion(f"De quel type est « {label} » ?", reason_of(guess, examples), answers)


def reason_of(guess: Guess, examples: Sequence[str]) -> str:
    """Why a guess was made; of a type, with values that do not fit it."""
    if guess.about != "type" or not examples:
        return guess.why
    return f"{guess.why} Par exemple : {', '.join(f'« {value} »' for value in examples)}."

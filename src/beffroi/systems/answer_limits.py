"""Limits on one answer of a system, and the notes or errors beyond them.

A system is untrusted code. In comes an answer just read; it goes out unchanged, or shortened with a note
(figures, notes), or `AnswerTooLarge` is raised, in French, with what to do: a part of the proposals would mislead. Long tables are
shortened, with a note, where they are stored. Results of earlier runs stay in any case.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from beffroi.systems.contract import Outcome, ProposedAct, Score
from beffroi.text import format_number


@dataclass(frozen=True)
class AnswerLimits:
    """Counts, lengths in characters, and sizes. Excess rows, figures and notes are left out with a note; the rest is refused."""

    rows: int = 10_000  # stored of one table
    figures: int = 12
    notes: int = 100
    note: int = 1_000
    summary: int = 300
    layers: int = 20
    proposals: int = 10_000
    drafts: int = 500
    subject: int = 300
    unit: int = 40
    reasons: int = 30  # of one proposal
    parts: int = 1_000  # of one proposal: its items and those that one may add
    choices: int = 50  # of one proposal: an option of the dial each
    evidence: int = 100_000  # of one proposal, as JSON
    items: int = 100  # of each list of an explanation, or of a score
    name: int = 200  # a label, a key, a group
    text: int = 2_000  # a reason, a base, a verdict, a refusal
    reply_bytes: int = 64 << 20  # proposals, notes, figures and drafts together
    table_bytes: int = 256 << 20  # all the tables as written
    stored_characters: int = 32 << 20  # all the tables as stored with the run


ANSWER_LIMITS = AnswerLimits()
REDUCE_HINT = "Réduisez la période ou le nombre de lieux, ou prévenez l’auteur du système. Les résultats d’avant restent."
SHORTEN_HINT = "Prévenez l’auteur du système : c’est à lui de l’abréger. Les résultats d’avant restent."


class AnswerTooLarge(ValueError):
    """The answer passes a limit of `AnswerLimits`; the message is French, with what to do."""

    @classmethod
    def for_count(cls, what: str, count: int, most: int) -> "AnswerTooLarge":
        return cls(
            f"Le système rend {_number(count)} {what} ; Beffroi en garde {_number(most)} au plus. {REDUCE_HINT}"
        )

    @classmethod
    def for_size(cls, what: str, most: int) -> "AnswerTooLarge":
        return cls(
            f"Le système rend {what} de plus de {most >> 20}\u00a0Mo, plus que Beffroi n’en garde. {REDUCE_HINT}"
        )


def check_layer_names(names: Sequence[str]) -> None:
    """Check the names before the tables are read. Raises `AnswerTooLarge`."""
    _check_count("tableaux", len(names) + 1, ANSWER_LIMITS.layers + 1)
    _check_lengths(names, ANSWER_LIMITS.name, "un nom de tableau")


def limit_outcome(answer: Outcome) -> Outcome:
    """The outcome without the figures and notes beyond the limits, replaced by a note. Raises `AnswerTooLarge`."""
    _check_count("propositions", len(answer.proposals), ANSWER_LIMITS.proposals)
    for act in answer.proposals:
        _check_act(act)
    for figure in answer.figures[: ANSWER_LIMITS.figures]:
        _check_lengths((figure.key, figure.label), ANSWER_LIMITS.name, "le nom d’un chiffre en grand")
        _check_lengths((figure.unit,), ANSWER_LIMITS.unit, "l’unité d’un chiffre en grand")
        _check_lengths((figure.base,), ANSWER_LIMITS.text, "la base d’un chiffre en grand")
    _check_lengths((answer.summary,), ANSWER_LIMITS.summary, "la phrase du matin")
    notes = [_shorten_note(note) for note in answer.notes[: ANSWER_LIMITS.notes]]
    if len(answer.notes) > ANSWER_LIMITS.notes:
        notes.append(
            f"Seules les {ANSWER_LIMITS.notes} premières remarques du système sur {_number(len(answer.notes))} sont gardées ici."
        )
    if len(answer.figures) > ANSWER_LIMITS.figures:
        notes.append(
            f"Seuls les {ANSWER_LIMITS.figures} premiers chiffres en grand sur {_number(len(answer.figures))} sont gardés ici."
        )
    return replace(answer, notes=tuple(notes), figures=answer.figures[: ANSWER_LIMITS.figures])


def check_score(answer: Score) -> Score:
    """The score, unchanged. Raises `AnswerTooLarge`."""
    _check_lengths((answer.verdict, answer.held_out), ANSWER_LIMITS.text, "le verdict de l’épreuve")
    for named in (
        answer.without_ai,
        answer.ablations,
        answer.bounds,
        answer.guards,
        answer.others,
        answer.groups,
    ):
        _check_count("résultats d’un même genre", len(named), ANSWER_LIMITS.items)
        _check_lengths(named, ANSWER_LIMITS.name, "le nom d’un résultat")
    _check_count("points d’apprentissage", len(answer.learning), ANSWER_LIMITS.items)
    return answer


def _check_act(act: ProposedAct) -> None:
    _check_lengths((act.subject, act.key, act.about), ANSWER_LIMITS.subject, "l’objet d’une proposition")
    _check_lengths((act.place,), ANSWER_LIMITS.name, "le lieu d’une proposition")
    parts = (*act.items, *act.spare)
    _check_count("étapes pour une proposition", len(parts), ANSWER_LIMITS.parts)
    for item in parts:
        _check_count("précisions pour une étape", len(item.facts), ANSWER_LIMITS.reasons)
        _check_lengths((item.key, item.label, *item.facts), ANSWER_LIMITS.name, "le nom d’une étape")
    _check_lengths((act.unit, *act.by_choice), ANSWER_LIMITS.unit, "l’unité d’une proposition")
    _check_count("raisons pour une proposition", len(act.reasons), ANSWER_LIMITS.reasons)
    _check_lengths(act.reasons, ANSWER_LIMITS.text, "une raison")
    _check_count("choix pour une proposition", len(act.by_choice), ANSWER_LIMITS.choices)
    _check_lengths(
        (json.dumps(act.evidence, ensure_ascii=False),), ANSWER_LIMITS.evidence, "la preuve d’une proposition"
    )
    if act.explanation is not None:
        _check_lengths((act.explanation.contribution,), ANSWER_LIMITS.text, "l’explication d’une proposition")
        for texts in (act.explanation.data, act.explanation.parameters, act.explanation.operations):
            _check_count("éléments dans une explication", len(texts), ANSWER_LIMITS.items)
            _check_lengths(texts, ANSWER_LIMITS.text, "l’explication d’une proposition")


def _check_count(what: str, count: int, most: int) -> None:
    if count > most:
        raise AnswerTooLarge.for_count(what, count, most)


def _check_lengths(texts: Iterable[str], most: int, what: str) -> None:
    for text in texts:
        if len(text) > most:
            raise AnswerTooLarge(
                f"Dans la réponse du système, {what} a {_number(len(text))} caractères, {_number(most)} au plus sont "
                f"permis. {SHORTEN_HINT}"
            )


def _shorten_note(note: str) -> str:
    return note if len(note) <= ANSWER_LIMITS.note else f"{note[: ANSWER_LIMITS.note]}…"


def _number(count: int) -> str:
    return format_number(count, ",", "\u00a0")

"""The most that one answer of a system may hold: the one table of these limits, and what is told beyond them.

A system is code that nobody vouches for. In comes an answer just read; it goes out as it is, or shortened with a note
(figures, notes), or `TooMuch` is raised, in French, with what to do: a part of the proposals would mislead. Long tables are
shortened, with a note, by who keeps them. What was kept of earlier runs stays in any case.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from beffroi.systems.contract import Outcome, ProposedAct, Score
from beffroi.text import format_number


@dataclass(frozen=True)
class Most:
    """Counts, lengths in characters, and sizes. Rows, figures and notes beyond are left out and told; the rest is refused."""

    rows: int = 10_000  # kept of one table
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
    choices: int = 50  # of one proposal: an option of the dial each
    evidence: int = 100_000  # of one proposal, as JSON
    items: int = 100  # of each list of an explanation, or of a score
    name: int = 200  # a label, a key, a group
    text: int = 2_000  # a reason, a base, a verdict, a refusal
    reply_bytes: int = 64 << 20  # proposals, notes, figures and drafts together
    table_bytes: int = 256 << 20  # all the tables as written
    stored_characters: int = 32 << 20  # all the tables as kept with the run


MOST = Most()
LESS = "Réduisez la période ou le nombre de lieux, ou prévenez l’auteur du système. Les résultats d’avant restent."
SHORTER = "Prévenez l’auteur du système : c’est à lui de l’abréger. Les résultats d’avant restent."


class TooMuch(ValueError):
    """The answer passes a limit of `Most`; the message is French and says what to do."""

    @classmethod
    def of(cls, what: str, count: int, most: int) -> "TooMuch":
        return cls(
            f"Le système rend {_number(count)} {what} ; Beffroi en garde {_number(most)} au plus. {LESS}"
        )

    @classmethod
    def size(cls, what: str, most: int) -> "TooMuch":
        return cls(
            f"Le système rend {what} de plus de {most >> 20}\u00a0Mo, plus que Beffroi n’en garde. {LESS}"
        )


def layers(names: Sequence[str]) -> None:
    """Judged before the tables are read. Raises `TooMuch`."""
    _count("tableaux", len(names) + 1, MOST.layers + 1)
    _lengths(names, MOST.name, "un nom de tableau")


def outcome(answer: Outcome) -> Outcome:
    """The same, with figures and notes beyond the limits left out and told. Raises `TooMuch`."""
    _count("propositions", len(answer.proposals), MOST.proposals)
    for act in answer.proposals:
        _act(act)
    for figure in answer.figures[: MOST.figures]:
        _lengths((figure.key, figure.label), MOST.name, "le nom d’un chiffre en grand")
        _lengths((figure.unit,), MOST.unit, "l’unité d’un chiffre en grand")
        _lengths((figure.base,), MOST.text, "la base d’un chiffre en grand")
    _lengths((answer.summary,), MOST.summary, "la phrase du matin")
    notes = [_shortened(note) for note in answer.notes[: MOST.notes]]
    if len(answer.notes) > MOST.notes:
        notes.append(
            f"Seules les {MOST.notes} premières remarques du système sur {_number(len(answer.notes))} sont gardées ici."
        )
    if len(answer.figures) > MOST.figures:
        notes.append(
            f"Seuls les {MOST.figures} premiers chiffres en grand sur {_number(len(answer.figures))} sont gardés ici."
        )
    return replace(answer, notes=tuple(notes), figures=answer.figures[: MOST.figures])


def score(answer: Score) -> Score:
    """The same. Raises `TooMuch`."""
    _lengths((answer.verdict, answer.held_out), MOST.text, "le verdict de l’épreuve")
    for named in (answer.peers, answer.others, answer.groups):
        _count("résultats d’un même genre", len(named), MOST.items)
        _lengths(named, MOST.name, "le nom d’un résultat")
    _count("points d’apprentissage", len(answer.learning), MOST.items)
    return answer


def _act(act: ProposedAct) -> None:
    _lengths((act.subject,), MOST.subject, "l’objet d’une proposition")
    _lengths((act.unit, *act.by_choice), MOST.unit, "l’unité d’une proposition")
    _count("raisons pour une proposition", len(act.reasons), MOST.reasons)
    _lengths(act.reasons, MOST.text, "une raison")
    _count("choix pour une proposition", len(act.by_choice), MOST.choices)
    _lengths((json.dumps(act.evidence, ensure_ascii=False),), MOST.evidence, "la preuve d’une proposition")
    if act.explanation is not None:
        _lengths((act.explanation.contribution,), MOST.text, "l’explication d’une proposition")
        for texts in (act.explanation.data, act.explanation.parameters, act.explanation.operations):
            _count("éléments dans une explication", len(texts), MOST.items)
            _lengths(texts, MOST.text, "l’explication d’une proposition")


def _count(what: str, count: int, most: int) -> None:
    if count > most:
        raise TooMuch.of(what, count, most)


def _lengths(texts: Iterable[str], most: int, what: str) -> None:
    for text in texts:
        if len(text) > most:
            raise TooMuch(
                f"Dans la réponse du système, {what} a {_number(len(text))} caractères, {_number(most)} au plus sont "
                f"permis. {SHORTER}"
            )


def _shortened(note: str) -> str:
    return note if len(note) <= MOST.note else f"{note[: MOST.note]}…"


def _number(count: int) -> str:
    return format_number(count, ",", "\u00a0")

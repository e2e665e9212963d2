"""Check of guides: what loads and yet would mislead whoever answers: dead conditions, answers that lead nowhere.

In: a library. Out: problems in French, each with its file and line. Content without source, licence or date does not load at all.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path

from beffroi.text import fold_name

from .conditions import UNKNOWN, Condition
from .loading import Library, Problem, line_naming
from .model import Guide
from .paper_model import TERRITORY, TERRITORY_VALUES, Paper
from .plan import Plan
from .questionnaire import AnswersError, Questionnaire, Share
from .questions import CHOSEN, Question
from .register import Register, read_entry
from .rule_model import Rule
from .runbook import Runbook

NEUTRAL = frozenset({UNKNOWN, "na"})
"""Answers that say nothing of a result: « je ne sait pas », « non applicable »."""


def check(library: Library, files: Collection[Path] | None = None) -> list[Problem]:
    """What is weak in the guides of a library, in their order. `files`: of these ones only."""
    found = []
    for guide in library.guides.values():
        file = library.files.get(guide.id)
        if files is not None and file not in files:
            continue
        text = file.read_text("utf-8") if file else ""
        for message in _weaknesses(guide, library):
            found.append(Problem(file or Path(guide.id), line_naming(text, message), "", f"{message}."))
    return found


def _weaknesses(guide: Guide, library: Library) -> Iterator[str]:
    yield from (f"la source « {title} » est lue un jour à venir" for title in guide.read_after(date.today()))
    match guide:
        case Questionnaire():
            yield from _dead_conditions(guide.questions, guide.conditions())
            yield from _choices_without_result(guide)
            yield from _low_scores_without_action(guide)
            if guide.about and not isinstance(library.guides.get(guide.about), Register):
                yield f"porte sur les lignes de « {guide.about} », qui n'est pas un registre"
        case Rule():
            yield from _dead_conditions(guide.facts, guide.conditions(), guide.derived())
            yield from _without_effect(guide)
            yield from (f"l'obligation « {duty.key} » ne dit pas son article"
                        for duty in guide.duties if not (duty.article or duty.provision))  # fmt: skip
        case Register():
            yield from _dead_conditions(guide.fields, guide.conditions())
            yield from _ambiguous_headings(guide)
            yield from _rows_refused(guide)
        case Runbook():
            yield from _dead_conditions(guide.facts, guide.conditions())
        case Plan():
            yield from (f"reçoit les actions de « {name} », qui n'existe pas"
                        for name in guide.feeds if name not in library.guides)  # fmt: skip
            yield from _unknown_measures(guide, library)
        case Paper():
            yield from _unknown_values(guide, library)


def _questions(guide: Guide) -> frozenset[str]:
    questions: tuple[Question | Share, ...] = ()
    match guide:
        case Questionnaire():
            questions = (*guide.questions, *guide.shares)
        case Register():
            questions = guide.fields
        case Rule() | Runbook():
            questions = guide.facts
    return frozenset(question.key for question in questions)


def _unknown_values(guide: Paper, library: Library) -> Iterator[str]:
    known = {name: _questions(each) for name, each in library.guides.items()} | {TERRITORY: TERRITORY_VALUES}
    yield from (f"prend dans « {name} », qui n'existe pas" for name in sorted(guide.guides() - known.keys()))
    for name, key in sorted(guide.values()):
        if name in known and key not in known[name]:
            yield f"prend « {key} » dans « {name} », qui ne le demande pas"


def _unknown_measures(guide: Plan, library: Library) -> Iterator[str]:
    feeding = [library.guides.get(name) for name in guide.feeds]
    known = {action.key for each in feeding if isinstance(each, Questionnaire) for action in each.actions}
    for action in guide.actions:
        for name in [each for each in action.measures if each not in known]:
            yield f"« {action.key} » réalise la mesure « {name} », que n'a aucun des guides qui le nourrissent"


def _ambiguous_headings(guide: Register) -> Iterator[str]:
    """Headings of a file that two fields would take."""
    first: dict[str, str] = {}
    for field in guide.fields:
        for heading in (field.key, field.label, *field.synonyms):
            other = first.setdefault(fold_name(heading), field.key)
            if other != field.key:
                yield f"la colonne « {heading} » désigne « {other} » et « {field.key} »"


def _rows_refused(guide: Register) -> Iterator[str]:
    for number, row in enumerate(guide.rows, start=1):
        try:
            read_entry(guide, row, date.today())
        except AnswersError as error:
            yield f"la ligne de départ {number} serait refusée : {error}"


def _dead_conditions(
    questions: tuple[Question, ...], conditions: list[tuple[str, Condition]], derived: Iterable[str] = ()
) -> Iterator[str]:
    """Conditions on an answer that nobody can give. `derived`: what answers yes or no by itself."""
    options = {key: {"yes", "no"} for key in derived}
    options |= {one.key: {choice.key for choice in one.options} for one in questions if one.kind in CHOSEN}
    numbers = {question.key for question in questions if question.kind == "number"}
    texts = {question.key for question in questions} - numbers
    for where, condition in conditions:
        for test in condition.tests():
            bounds = (test.at_least, test.at_most, test.more_than, test.less_than)
            if test.question in texts and any(isinstance(each, int | float) for each in bounds):
                yield f"« {where} » compare « {test.question} », qui n'est pas un nombre, à un nombre"
            if test.question in numbers and any(isinstance(each, str) for each in bounds):
                yield f"« {where} » compare « {test.question} », qui est un nombre, à un texte"
            for value in (*test.any_of, test.equals, test.includes) if test.question in options else ():
                if value and isinstance(value, str) and value not in options[test.question]:
                    yield f"« {where} » attend « {value} » à « {test.question} », que personne ne peut répondre"


def _without_effect(rule: Rule) -> Iterator[str]:
    """Facts asked for nothing, statuses that nothing brings, provisions that nothing cites, versions that are no longer."""
    used = {key for _, condition in rule.conditions() for key in condition.questions()}
    used |= {key for duty in rule.duties for key in (*duty.called_by, *duty.except_for, duty.delayed_by)}
    used |= {key for party in rule.parties for key in party.facts}
    yield from (f"« {fact.key} » est demandé et ne change rien"
                for fact in rule.facts if not (fact.brings or {fact.key, fact.group} & used - {""}))  # fmt: skip
    reachable = {fact.brings for fact in rule.facts}
    yield from (f"rien n'apporte le statut « {status.key} »"
                for status in rule.statuses[:-1] if not status.when and status.key not in reachable)  # fmt: skip
    yield from (f"la loi a changé depuis la version « {same.version} » : retirez ce « same_law »"
                for same in rule.same_law if same.version != rule.version)  # fmt: skip
    cited = {key for fact in rule.facts for key in fact.provisions}
    cited |= {each.provision for each in rule.dated()}
    yield from (f"rien ne cite la disposition « {provision.key} »"
                for provision in rule.provisions if provision.key not in cited)  # fmt: skip


def _choices_without_result(guide: Questionnaire) -> Iterator[str]:
    tests = [test for one in guide.questions for condition in one.when for test in condition.tests()]
    opening = {(test.question, value) for test in tests for value in (*test.any_of, test.equals)}
    for _, question in guide.scored():
        for choice in question.choices:
            counts = choice.score is not None or (question.key, choice.key) in opening  # what it opens counts
            if not counts and choice.key not in NEUTRAL:
                yield f"« {question.key} » : la réponse « {choice.key} » ne compte pour rien, les autres comptent"


def _low_scores_without_action(guide: Questionnaire) -> Iterator[str]:
    """The lowest answer of a question, or the lowest level of its axis, calls for an action."""
    levels = {axis.key: axis.levels for axis in guide.axes}
    for axis, question in guide.scored():
        counted = [choice for choice in question.choices if choice.score is not None]
        lowest = min(counted, key=lambda choice: choice.score or 0)
        called = lowest.actions or any(level.actions for level in levels.get(axis, ())[:1])
        if question.weight and not called:
            yield f"« {question.key} » : la réponse « {lowest.key} » est la plus basse et n'appelle aucune action"

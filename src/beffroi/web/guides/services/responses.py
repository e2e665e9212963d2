"""Fill in a questionnaire or the facts of a rule, and carry out a runbook: open, answer, note steps, close, begin again.

Several people may answer: each answer is a row, the last of each question counts. What can be stored is stored even when
another answer of the same form is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Guide, Questionnaire, Rule, Runbook
from beffroi.guides.conditions import UNKNOWN, all_true
from beffroi.guides.questionnaire import (
    Check,
    Fault,
    check_together,
    missing_answers,
    read_each,
    visible_questions,
)
from beffroi.guides.questions import AnswerError, Question
from beffroi.guides.rule import read_situation
from beffroi.guides.runbook import open_steps
from beffroi.hashing import json_sha256
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.text import fold_name
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory

from ..errors import FaultsError, GuideError, StaleAnswersError
from ..models import Answer, GuideEdition, RegisterEntry, Response, StepNote, answers_of, done_steps
from .access import require_answer

CLOSED = "Ces réponses sont closes : rien n'a été changé. Recommencez depuis elles pour les mettre à jour."


OUTCOME: Final = "outcome"
"""The fact of a runbook that is asked for when a run of it ends."""
DOUBLE_PRESS: Final = timedelta(minutes=2)
FIRST_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)
SOON: Final = timedelta(minutes=5)
"""How far ahead of the platform's clock a fact may be dated: clocks of people differ."""


def questions_of(guide: Guide) -> tuple[Question, ...]:
    """What a guide asks: the questions of a questionnaire, the facts of a rule or of a runbook."""
    match guide:
        case Questionnaire():
            return guide.questions
        case Rule() | Runbook():
            return guide.facts
        case _:
            return ()


def relevant_questions(guide: Guide, answers: Mapping[str, Any]) -> Sequence[Question]:
    """Those that these answers call for."""
    match guide:
        case Questionnaire():
            return visible_questions(guide.questions, answers, timezone.localdate())
        case Rule():
            return read_situation(guide, answers, timezone.localdate()).relevant
        case _:
            return questions_of(guide)


def not_known(guide: Guide, answers: Mapping[str, Any]) -> list[Question]:
    """The questions that are asked and answered « je ne sais pas »."""
    return [each for each in relevant_questions(guide, answers) if answers.get(each.key) == UNKNOWN]


def is_hardly_known(guide: Guide, answers: Mapping[str, Any]) -> bool:
    """Whether more than a third of what is answered is « je ne sais pas »: too little is known to choose actions."""
    answered = sum(each.key in answers for each in relevant_questions(guide, answers))
    return 3 * len(not_known(guide, answers)) > answered


def open_response(
    territory: Territory,
    by: Person,
    guide: Guide,
    *,
    label: str = "",
    is_exercise: bool = False,
    previous: Response | None = None,
    entry: RegisterEntry | None = None,
    act: str = "",
) -> Response:
    """Begin to answer a guide, in today's edition. `entry`: of the register, where the guide is about one.

    `act`: asked for instead of the guide's own, by a room whose act includes this one.
    """
    require_answer(by, guide, territory, act)
    if not questions_of(guide) and not isinstance(guide, Runbook):
        raise GuideError("Ce guide ne pose pas de question.")
    with transaction.atomic():
        edition, _ = GuideEdition.objects.get_or_create(
            territory=territory,
            guide=guide.id,
            version=guide.version,
            defaults={
                "kind": type(guide).__name__.lower(),
                "edition": guide.edition,
                "content": GuideEdition.pack(guide),
            },
        )
        response: Response = Response.objects.create(
            territory=territory,
            edition=edition,
            guide=guide.id,
            label=strip_invisible(" ".join(label.split()))[:120],
            is_exercise=is_exercise,
            previous=previous,
            entry=entry,
            opened_by=by,
        )
        _append(response, "guide.open", by, {"exercise": is_exercise})
        if previous is None and (known := _known_facts(territory, guide)):
            save_answers(response, by, known, note="D'après la fiche de la collectivité", act=act)
        if previous is None and entry is not None and (question := getattr(guide, "about_question", "")):
            save_answers(response, by, {question: response.label}, note="D'après le registre", act=act)
    return response


def open_run(
    territory: Territory, by: Person, runbook: Runbook, *, label: str = "", is_exercise: bool = False
) -> Response:
    """Begin to carry out a runbook; the same button pressed twice opens one run only."""
    require_answer(by, runbook, territory)
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        just_opened = Response.objects.of(territory).filter(
            guide=runbook.id, opened_by=by, is_exercise=is_exercise, closed_at=None,
            opened_at__gt=timezone.now() - DOUBLE_PRESS, answers=None, steps=None,
        )  # fmt: skip
        found: Response | None = just_opened.first()
        return found or open_response(territory, by, runbook, label=label, is_exercise=is_exercise)


def _known_facts(territory: Territory, guide: Guide) -> dict[str, Any]:
    """What a rule asks and the territory's record says already: its kind, its population."""
    if not isinstance(guide, Rule):
        return {}
    record = {"kind": fold_name(territory.kind).replace(" ", "-"), "population": territory.population}
    known = {}
    for fact in guide.facts:
        try:
            known[fact.key] = fact.read(record.get(fact.key))
        except AnswerError:
            continue  # a kind that this rule does not know: it is asked
    return {key: value for key, value in known.items() if value is not None}


def save_answers(
    response: Response, by: Person, values: Mapping[str, Any], *, note: str = "", act: str = ""
) -> dict[str, Any]:
    """Store the answers among these that can be, and say what is wrong with the others: FaultsError.

    An empty value withdraws the answer. Returns all the answers that count, as plain JSON. `act`: as in `open_response`.
    """
    guide = response.edition.read()
    require_answer(by, guide, response.territory, act)
    read, faults = _read_values(guide, values)
    with transaction.atomic():
        _lock(response)
        answers = answers_of(response)
        changed = {key: value for key, value in read.items() if value != answers.get(key)}
        _store(response, by, changed, note)
    answers = {key: value for key, value in (answers | changed).items() if value is not None}
    if not faults and isinstance(guide, Questionnaire):
        faults = [
            fault
            for fault in check_together(guide.checks, answers, timezone.localdate())
            if fault.question in (*changed, "")
        ]
    if faults:
        raise FaultsError(faults)
    return answers


def _read_values(guide: Guide, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The values that can be stored, and the faults; a moment at which a clock starts or stops is one that has come."""
    read, faults = read_each(questions_of(guide), values)
    for key in _moments_of_clocks(guide):
        moment = read.get(key)
        if moment and (message := _not_come(datetime.fromisoformat(moment))):
            del read[key]
            faults.append(Fault(key, message))
    for check in _checks_of_a_moment(guide):
        moment = read.get(check.question)
        if moment and all_true(check.when, {check.question: moment}, timezone.localdate()):
            del read[check.question]
            faults.append(Fault(check.question, check.message))
    return read, faults


def _not_come(moment: datetime) -> str:
    """Why what happens at this moment cannot be noted as done; empty where it can."""
    if moment > timezone.now() + SOON:
        return "Cette heure est à venir. Notez l'heure à laquelle c'est arrivé, une fois que c'est fait."
    return "Vérifiez l'année : cette date est d'avant l'an 2000." if moment < FIRST_DAY else ""


def _moments_of_clocks(guide: Guide) -> set[str]:
    clocks = guide.clocks if isinstance(guide, Runbook) else ()
    return {key for clock in clocks for key in (clock.starts, clock.ends) if key}


def _checks_of_a_moment(guide: Guide) -> list[Check]:
    """Checks that need no other answer, of a moment: one that fails them is not stored, since papers are filled from it."""
    moments = {each.key for each in questions_of(guide) if each.kind == "moment"}
    return [
        check
        for check in (guide.checks if isinstance(guide, Questionnaire) else ())
        if check.question in moments
        and {key for each in check.when for key in each.questions()} == {check.question}
    ]


def _store(response: Response, by: Person, changed: Mapping[str, Any], note: str) -> None:
    Answer.objects.bulk_create(
        Answer(territory=response.territory, response=response, question=key, value=value,
               note=strip_invisible(note).strip()[:500], by=by)
        for key, value in changed.items()
    )  # fmt: skip
    if changed:
        _append(response, "guide.answer", by, _digest(changed))


@dataclass(frozen=True)
class AnswersReport:
    """What would change: each question with its answer before and after; what cannot be stored, and why."""

    changed: list[tuple[Question, Any, Any]]
    faults: list[Fault]

    @property
    def sha256(self) -> str:
        """Hash of what it would write, and over what."""
        return json_sha256([(question.key, before, after) for question, before, after in self.changed])


def review_answers(response: Response, by: Person, values: Mapping[str, Any]) -> AnswersReport:
    """What `apply_answers` would do of these values; nothing is written."""
    guide = response.edition.read()
    require_answer(by, guide, response.territory)
    read, faults = _read_values(guide, values)
    answers = answers_of(response)
    questions = {question.key: question for question in questions_of(guide)}
    changed = [
        (questions[key], answers.get(key), value) for key, value in read.items() if value != answers.get(key)
    ]
    if not faults and isinstance(guide, Questionnaire):
        after = {key: value for key, value in (answers | read).items() if value is not None}
        faults = check_together(guide.checks, after, timezone.localdate())
    return AnswersReport(changed, faults)


def apply_answers(
    response: Response, by: Person, values: Mapping[str, Any], *, expected: str, note: str
) -> AnswersReport:
    """Store the answers of a report that the person read. Raises StaleAnswersError where answers changed since."""
    with transaction.atomic():
        _lock(response)
        report = review_answers(response, by, values)
        if report.sha256 != expected:
            raise StaleAnswersError
        _store(response, by, {question.key: after for question, _, after in report.changed}, note)
    return report


def close_response(response: Response, by: Person) -> Response:
    """Say that it is finished. A questionnaire needs all its required answers. Raises FaultsError, GuideError."""
    guide = response.edition.read()
    require_answer(by, guide, response.territory)
    answers = answers_of(response)
    if isinstance(guide, Questionnaire) and (
        missing := missing_answers(guide, answers, timezone.localdate())
    ):
        raise FaultsError([Fault("", message) for message in missing])
    with transaction.atomic():
        _lock(response)
        response.closed_by, response.closed_at = by, timezone.now()
        response.save(update_fields=["closed_by", "closed_at"])
        _append(response, "guide.close", by, _digest(answers))
    return response


def outcome_fact(guide: Guide) -> Question | None:
    """What is asked when a run of this runbook ends, if anything."""
    return next((each for each in questions_of(guide) if each.key == OUTCOME), None)


def end_run(response: Response, by: Person, values: Mapping[str, Any]) -> Response:
    """Say that a run is over, and how it ended where its runbook asks. Raises FaultsError, GuideError."""
    question = outcome_fact(response.edition.read())
    if question is not None and not values.get(question.key):
        raise FaultsError([Fault(question.key, "Dites comment cela finit. Rien n'a été changé.")])
    with transaction.atomic():
        if question is not None:
            save_answers(response, by, {question.key: values[question.key]})
        return close_response(response, by)


def begin_again(response: Response, by: Person, guide: Guide) -> Response:
    """Answer the same guide again, in today's edition `guide`: what was answered and can still be is carried over."""
    with transaction.atomic():
        new = open_response(
            response.territory,
            by,
            guide,
            label=response.label,
            is_exercise=response.is_exercise,
            previous=response,
            entry=response.entry,
        )
        carried: dict[str, Any] = {}
        former = answers_of(response)
        for question in questions_of(guide):
            try:
                carried[question.key] = question.read(former.get(question.key))
            except (AnswerError, AttributeError, TypeError):
                continue  # asked otherwise in this edition: it is to be answered again
        Answer.objects.bulk_create(
            Answer(territory=new.territory, response=new, question=key, value=value, by=by)
            for key, value in carried.items()
            if value is not None
        )
    return new


def note_step(
    response: Response, by: Person, step: str, values: Mapping[str, Any], *, done: bool = True
) -> StepNote:
    """Note a step of a runbook as done, with what it asks to write down; or take it back."""
    runbook = response.edition.read()
    require_answer(by, runbook, response.territory)
    if not isinstance(runbook, Runbook) or step not in (known := {each.key: each for each in runbook.steps}):
        raise GuideError("Cette étape n'existe pas dans ce déroulé.")
    notes, faults = read_each(known[step].note, values)
    if faults:
        raise FaultsError(faults)
    with transaction.atomic():
        _lock(response)
        done_before = done_steps(response).keys()
        may_begin = open_steps(runbook, set(done_before), answers_of(response), timezone.localdate())
        if done and step not in done_before | {each.key for each in may_begin}:
            raise GuideError("Cette étape attend celles qui la précèdent. Notez-les d'abord.")
        row: StepNote = StepNote.objects.create(
            territory=response.territory, response=response, step=step, done=done, notes=notes, by=by
        )
        _append(response, "guide.step", by, {"step": step, "done": done} | _digest(notes))
    return row


def _lock(response: Response) -> None:
    """Hold the chain first: two people who write at once do so one after the other. Raises GuideError when it is closed."""
    bulk_insert.lock_chain(response.territory_id)
    if Response.objects.filter(pk=response.pk, closed_at=None).first() is None:
        raise GuideError(CLOSED)


def _append(response: Response, act: str, by: Person, payload: dict[str, Any]) -> None:
    about = {"guide": response.guide, "version": response.edition.version}
    ledger.append(response.territory, act, by, f"response:{response.pk}", about | payload)


def _digest(values: Mapping[str, Any]) -> dict[str, Any]:
    """The names of what was written and a commitment to it: never the words."""
    return {"questions": sorted(values), "sha256": json_sha256(values)}

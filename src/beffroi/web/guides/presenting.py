"""What pages and papers show of a response: progress, answers in words, scores, outcome of a rule, clocks and steps.

In: a response and its guide. Out: plain values for templates; nothing is written here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Guide, Paper, Questionnaire, Rule, Runbook
from beffroi.guides.clocks import Clock
from beffroi.guides.conditions import Answers, all_true
from beffroi.guides.questionnaire import Share, next_actions, scores
from beffroi.guides.questions import NO_BREAK, Question
from beffroi.guides.rule import evaluate
from beffroi.guides.runbook import Step, open_steps, possible_steps
from beffroi.text import format_number
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.ui.formats import SPACE, counted, french_date, number

from .library import guide, library
from .models import RegisterEntry, Response, StepNote, answers_of, done_steps
from .services.responses import is_hardly_known, not_known, questions_of, relevant_questions


@dataclass(frozen=True)
class Row:
    """A question that is asked, and what was answered, in words."""

    question: Question
    answer: str
    is_answered: bool
    by: str = ""
    note: str = ""


@dataclass(frozen=True)
class Progress:
    answered: int
    total: int
    next: Question | None


def progress(found: Guide, answers: Answers) -> Progress:
    """How far the answers are, and the first question without one."""
    relevant = relevant_questions(found, answers)
    open_questions = [question for question in relevant if question.key not in answers]
    required = [question for question in open_questions if question.required]
    return Progress(
        len(relevant) - len(open_questions), len(relevant), next(iter(required or open_questions), None)
    )


def rows(response: Response, found: Guide) -> list[tuple[str, list[Row]]]:
    """The questions that are asked with their answers, by section."""
    last = {answer.question: answer for answer in response.answers.select_related("by")}
    answers = answers_of(response)
    relevant = {question.key for question in relevant_questions(found, answers)}

    def row(question: Question) -> Row:
        answer_row = last.get(question.key) if question.key in answers else None
        return Row(
            question,
            question.format(answers.get(question.key)),
            answer_row is not None,
            str(answer_row.by) if answer_row else "",
            answer_row.note if answer_row else "",
        )

    listed = [
        (title, [row(q) for q in questions if q.key in relevant]) for title, questions in sections(found)
    ]
    return [(title, each) for title, each in listed if each]


def sections(found: Guide) -> list[tuple[str, tuple[Question, ...]]]:
    """What is asked, under the headings of a questionnaire; under none for a rule or a runbook."""
    if isinstance(found, Questionnaire):
        return [(section.title, section.questions) for section in found.sections]
    return [("", questions_of(found))]


def steps_to_read(runbook: Runbook) -> list[tuple[Step, str]]:
    """The steps of a runbook with the title of who takes each, to be read before; of one that moved, those of the other that concern it."""
    steps = list(runbook.steps)
    if not steps:
        other = library().guides.get(runbook.moved_to)
        if not isinstance(other, Runbook):
            return []
        steps, runbook = possible_steps(other, runbook.assumed, timezone.localdate()), other
    titles = {role.key: role.title for role in runbook.roles}
    return [(step, titles.get(step.role, "")) for step in steps]


type EntryLinks = Callable[[RegisterEntry], list[tuple[str, str]]]
_entry_links: list[EntryLinks] = []


def register_entry_links(links: EntryLinks) -> None:
    """Have the page of an entry of a register show links of another room: labels and addresses."""
    if links not in _entry_links:
        _entry_links.append(links)


def entry_links(entry: RegisterEntry) -> list[tuple[str, str]]:
    """Links beside an entry, from the rooms above."""
    return [link for maker in _entry_links for link in maker(entry)]


@dataclass(frozen=True)
class MissingEntries:
    """What another room says of the same things and the register lacks: a heading, then labels and where each is added."""

    title: str
    items: tuple[tuple[str, str], ...]


type FindMissing = Callable[[Person, Territory], MissingEntries | None]
_missing_entries: dict[str, FindMissing] = {}


def register_missing_entries(register: str, listed: FindMissing) -> None:
    """Have the page of a register show what a room above says of the same things. `register`: its identifier."""
    _missing_entries[register] = listed


def missing_entries(person: Person, territory: Territory, register: str) -> MissingEntries | None:
    """What the page of this register shows of another room, to this person; None where there is nothing."""
    found = _missing_entries[register](person, territory) if register in _missing_entries else None
    return found if found is not None and found.items else None


type RunLinks = Callable[[Response], list[tuple[str, str]]]
_run_links: list[RunLinks] = []


def register_run_links(links: RunLinks) -> None:
    """Have the page of a run show links of another room: labels and addresses."""
    if links not in _run_links:
        _run_links.append(links)


def run_links(run: Response) -> list[tuple[str, str]]:
    """Links beside a run: the papers that are made of its facts, then those of the rooms above."""
    papers = [
        each for each in library().guides.values() if isinstance(each, Paper) and run.guide in each.guides()
    ]
    slug = run.territory.slug
    links = [
        (each.title, f"{reverse('paper', kwargs={'slug': slug, 'key': each.id})}?de={run.pk}")
        for each in papers
    ]
    return links + [link for maker in _run_links for link in maker(run)]


type ClockPages = Callable[[Person, Response], Mapping[str, str]]
_clock_pages: list[ClockPages] = []


def register_clock_pages(pages: ClockPages) -> None:
    """Have the page of a run lead to a page of another room to note that what a clock waits for is done."""
    if pages not in _clock_pages:
        _clock_pages.append(pages)


def clock_pages(person: Person, run: Response) -> dict[str, str]:
    """Addresses of those pages by clock, for this person; a clock without one is noted in the facts of the run."""
    facts = reverse("guide-run-facts", args=[run.territory.slug, run.pk])
    runbook = run.edition.read()
    clocks = runbook.clocks if isinstance(runbook, Runbook) else ()
    found = {each.key: f"{facts}#id_{each.ends}" for each in clocks if each.ends}
    for pages in _clock_pages:
        found |= pages(person, run)
    return found


type Origin = Callable[[Response], tuple[str, str] | None]
_origins: list[Origin] = []


def register_origin(origin: Origin) -> None:
    """Have the pages of answers lead back to the page of another room that asked for them: a label and an address."""
    if origin not in _origins:
        _origins.append(origin)


def origin_of(response: Response) -> tuple[str, str] | None:
    """Where these answers were asked from, if it was elsewhere than among the guides."""
    return next((found for origin in _origins if (found := origin(response))), None)


def known_rows(response: Response, found: Guide) -> list[Row]:
    """What is answered, in the order of the questions."""
    return [row for _, several in rows(response, found) for row in several if row.is_answered]


def result(found: Guide, answers: Answers, day: date) -> dict[str, Any]:
    """What the answers make: scores and next actions of a questionnaire, outcome of a rule."""
    match found:
        case Questionnaire():
            return {
                "scores": [
                    each for each in scores(found, answers, day) if each.value is not None or each.unknown
                ],
                "not_known": len(not_known(found, answers)),
                "is_hardly_known": is_hardly_known(found, answers),
                "actions": next_actions(found, answers, day),
                "shares": [
                    (each.title, words) for each in found.shares if (words := share_words(each, answers))
                ],
            }
        case Rule():
            if not answers:
                return {}  # without a fact, nothing is said
            outcome = evaluate(found, answers, day)
            return {
                "outcome": outcome,
                "possible": list(dict.fromkeys(each.title for each in outcome.possible)),
            }
        case _:
            return {}


def share_words(share: Share, answers: Answers) -> str:
    """« 3 % : 1 200 € sur 40 000 €. Proposez de 2 000 à 4 000 € (5 à 10 %). »; "" until the whole is known."""
    whole, percent = answers.get(share.whole), share.percent(answers)
    if not whole:
        return ""
    usual = f"{_number(share.low, 'g')} à {_number(share.high, 'g')} %"
    low, high = _number(whole * share.low / 100), _number(whole * share.high / 100)
    proposal = f"roposez de {low} à {high} € ({usual})."
    if percent is None:
        return f"Pour {_number(whole)} €, p{proposal}"
    found = f"{_number(round(percent, 1), 'g')} % : {_number(answers[share.part])} € sur {_number(whole)} €"
    return f"{found}. P{proposal}" if percent < share.low else f"{found} (repère : {usual})."


def _number(value: float, pattern: str = ",.0f") -> str:
    return format_number(value, pattern, NO_BREAK)


@dataclass(frozen=True)
class RunningClock:
    """A legal clock of a run: when it ends, None where its fact is not known; `why_not`: why it does not run.

    `started_at`, `stopped_at`: the fact from which it runs, and when what was due was done; `reference`: its number.
    """

    clock: Clock
    deadline: datetime | None
    why_not: str = ""
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    reference: str = ""

    @property
    def is_past(self) -> bool:
        """Whether it runs still, too late."""
        return self.stopped_at is None and self.deadline is not None and self.deadline < timezone.now()

    @property
    def is_met(self) -> bool:
        """Whether what was due was done in time."""
        return self.stopped_at is not None and self.deadline is not None and self.stopped_at <= self.deadline

    @property
    def words(self) -> str:
        """« Plainte déposée le 30 novembre 2026 à 8 h 05, 31 h après. Gendarmerie, n° 2026/118 »; "" while it runs."""
        if self.stopped_at is None or self.started_at is None:
            return ""
        return f"{self.clock.done} le {french_date(self.stopped_at)}, {self.time_taken}{self._suffix}"

    @property
    def due(self) -> str:
        """« Notifier à la CNIL avant 4 h 15 », « avant le … » of another day, « délai dépassé depuis le … »; "" where it does not run."""
        if self.deadline is None or self.stopped_at is not None:
            return ""
        if self.is_past:
            return f"{self.clock.title} : délai dépassé depuis le {french_date(self.deadline)}"
        local = timezone.localtime(self.deadline)
        is_today = local.date() == timezone.localdate()
        hour = f"{local.hour}{SPACE}h{SPACE}{local:%M}" if is_today else f"le {french_date(local)}"
        return f"{self.clock.title} avant {hour}"

    @property
    def remaining(self) -> str:
        """« 12 h 05 », « dépassé »; "" where it does not run."""
        if self.deadline is None or self.stopped_at is not None:
            return ""
        minutes = int((self.deadline - timezone.now()).total_seconds() // 60)
        return f"{minutes // 60}{SPACE}h{SPACE}{minutes % 60:02}" if minutes >= 0 else "dépassé"

    @property
    def countdown(self) -> str:
        """« Notifier à la CNIL : il reste 67 h 12 », « délai dépassé depuis le … »; "" where it does not run."""
        if self.is_past or not self.remaining:
            return self.due
        return f"{self.clock.title} : il reste {self.remaining}{' (à confirmer)' if self.why_not else ''}"

    @property
    def time_taken(self) -> str:
        """« 31 h après », « 12 jours après »."""
        hours = (
            int((self.stopped_at - self.started_at).total_seconds() // 3600)
            if self.stopped_at and self.started_at
            else 0
        )
        spent = counted(hours // 24, "jour") if self.clock.hours is None else f"{number(hours)}{SPACE}h"
        return f"{spent} après"

    @property
    def _suffix(self) -> str:
        late = "" if self.is_met else ", hors délai"
        return f"{late}. {self.reference}" if self.reference else late


def running_clocks(response: Response, runbook: Runbook, facts: Answers, day: date) -> list[RunningClock]:
    """The clocks of a run: those that run, the soonest first, then those that stopped, then those that do not run."""
    found = [_clock(each, facts, day, response.territory) for each in runbook.clocks]
    now = timezone.now()
    return sorted(
        found, key=lambda each: (each.deadline is None, each.stopped_at is not None, each.deadline or now)
    )


def clocks_to_stop(run: Response) -> list[RunningClock]:
    """Those that run until somebody notes that it is done, the soonest first; none once the run is over."""
    runbook = run.edition.read()
    if run.closed_at is not None or not isinstance(runbook, Runbook):
        return []
    found = running_clocks(run, runbook, answers_of(run), timezone.localdate())
    return [each for each in found if each.clock.ends and each.due]


@cached_read
def next_clock(run: Response) -> RunningClock | None:
    """What ends first; what is past where nothing else runs; None where nothing does."""
    return min(clocks_to_stop(run), key=lambda each: (each.is_past, each.deadline), default=None)


def most_urgent(run: Response) -> str:
    """« Notifier à la CNIL avant 4 h 15 » of the next clock; empty where nothing runs."""
    found = next_clock(run)
    return found.due if found is not None else ""


def _clock(clock: Clock, facts: Answers, day: date, territory: Territory) -> RunningClock:
    if clock.rule and (why := _rule_waits(clock.rule, day, territory)):
        return RunningClock(clock, None, why)
    met = all_true(clock.when, facts, day)
    start, end = facts.get(clock.starts), facts.get(clock.ends) if clock.ends else None
    if met is False and end is None:
        return RunningClock(clock, None, "ne s'applique pas d'après les faits notés")
    if start is None:
        return RunningClock(clock, None, "il manque le jour et l'heure du fait")
    moment = datetime.fromisoformat(start)
    if end is not None:
        reference = str(facts.get(clock.reference) or "")
        done_at = datetime.fromisoformat(end)
        return RunningClock(clock, clock.deadline(moment), "", moment, done_at, reference)
    why = "" if met else "à confirmer : un fait n'est pas encore noté"
    return RunningClock(clock, clock.deadline(moment), why, moment)


def _rule_waits(key: str, day: date, territory: Territory) -> str:
    """Why the rule of a clock makes it not run on that day; empty where its text is in force and may apply here."""
    try:
        rule = guide(Rule, key)
    except KeyError:
        return "le texte n'est pas dans cette instance"
    edition = rule.text_on(day)
    if edition is None or edition.state != "in_force":
        return "le texte n'est pas en vigueur"
    facts = Response.objects.of(territory).filter(guide=key).order_by("-opened_at", "-pk").first()
    if facts is None:
        return ""  # nobody said that it does not apply: the clock runs
    outcome = evaluate(rule, answers_of(facts), day)
    spared = outcome.status == rule.statuses[-1] and not outcome.possible
    return f"ne vous concerne pas d'après vos réponses du {facts.opened_at:%d/%m/%Y}" if spared else ""


@dataclass(frozen=True)
class StepRow:
    """A step of a run: done and by whom, or whether it may begin; `written`: what was noted, label and words."""

    step: Step
    note: StepNote | None
    is_open: bool
    role: str
    written: Sequence[tuple[str, str]]


def step_rows(response: Response, runbook: Runbook, facts: Answers) -> list[StepRow]:
    done = done_steps(response)
    ready = {step.key for step in open_steps(runbook, set(done), facts, timezone.localdate())}
    roles = {role.key: role.title for role in runbook.roles}
    spared = {
        step.key
        for step in runbook.steps
        if all_true(step.when, facts, timezone.localdate()) is False and step.key not in done
    }
    return [
        StepRow(
            step,
            note := done.get(step.key),
            step.key in ready,
            roles.get(step.role, ""),
            _written(step, note.notes) if note else (),
        )
        for step in runbook.steps
        if step.key not in spared
    ]


def _written(step: Step, notes: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (each.label, each.format(notes[each.key])) for each in step.note if notes.get(each.key) is not None
    ]


def current_edition(found: Guide) -> Guide | None:
    """Today's edition of this guide, when it is another one than `found`."""
    today = library().guides.get(found.id)
    return today if today is not None and today.version != found.version else None


def fed_plans(found: Guide) -> list[Guide]:
    """The plans that take the actions of this guide."""
    return [each for each in library().guides.values() if found.id in getattr(each, "feeds", ())]

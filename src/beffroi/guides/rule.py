"""What facts make of a rule on a day: a status, its reasons, duties with their dates; « indicatif » where the law waits.

In: a rule, facts as plain JSON, a day. Out: the status with its reasons, and what is due. A fact that is not known never
makes a status weaker: the strongest status that it could bring stays open, and the fact is asked for.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .conditions import UNKNOWN, Answers, all_true
from .provisions import Cited, ProvisionStatus
from .questions import AnswerError
from .rule_model import Duty, Edition, Exemption, Fact, Rule, Status


@dataclass(frozen=True)
class Situation:
    """What was answered: `states` says of each fact whether its strict answer holds, None where it is not known.

    `answers`: those of the facts that are asked, with one for each group and exemption. `unanswered`: facts asked, not known.
    """

    relevant: tuple[Fact, ...]
    unanswered: tuple[Fact, ...]
    answers: Answers
    states: Mapping[str, bool | None]
    exemptions: tuple[Exemption, ...]


def read_situation(
    rule: Rule, facts: Answers, day: date, certain: Collection[str] = frozenset()
) -> Situation:
    """The facts that are asked, what is known of them, and what spares their groups. `certain`: facts that hold anyway."""
    relevant: list[Fact] = []
    unanswered: list[Fact] = []
    answers: dict[str, Any] = {}
    states: dict[str, bool | None] = {}
    groups: dict[str, list[bool | None]] = {}
    for fact in rule.facts:
        states[fact.key] = False
        if all_true(fact.when, answers, day):
            relevant.append(fact)
            states[fact.key] = _state(fact, facts)
            if states[fact.key] is None:
                unanswered.append(fact)
            else:
                answers[fact.key] = facts[fact.key]
        if fact.key in certain:
            states[fact.key] = True
        if fact.group:
            members = groups.setdefault(fact.group, [])
            members.append(states[fact.key])
            answers[fact.group] = "yes" if True in members else UNKNOWN if None in members else "no"
    met = []
    for exemption in rule.exemptions:
        applies = answers.get(exemption.group) == "yes" and all_true(exemption.when, answers, day)
        met += [exemption] if applies else []
        answers[exemption.key] = "yes" if applies else "no"
    return Situation(tuple(relevant), tuple(unanswered), answers, states, tuple(met))


def _state(fact: Fact, facts: Answers) -> bool | None:
    """Whether its strict answer was given; None: no answer, « je ne sais pas », or an answer that does not exist."""
    try:
        answer = fact.read(facts.get(fact.key))
    except AnswerError:
        return None
    return None if answer in (None, UNKNOWN) else answer == fact.strict


@dataclass(frozen=True)
class Reason:
    """A fact that holds and what it brings, by which provisions. `spared_by`: the exemption under which it brings nothing."""

    fact: Fact
    cited: tuple[Cited, ...]
    spared_by: Exemption | None

    @property
    def counts(self) -> bool:
        """Whether it brings its status: one provision at least is published and has not ended."""
        published = not self.cited or any(cited.counts for cited in self.cited)
        return self.spared_by is None and published


@dataclass(frozen=True)
class Due:
    """A duty that is due. `yours`: not that of another party; `cited`: what dates it, None where its rule does not say."""

    duty: Duty
    yours: bool
    cited: Cited | None


@dataclass(frozen=True)
class Outcome:
    """Status of these facts on a day. `possible`: stronger ones that unknown facts could bring; `open_facts`: those facts.

    `parallel`: statuses that come with it; `indicative`: the text is not in force on that day.
    """

    status: Status
    parallel: tuple[Status, ...]
    possible: tuple[Status, ...]
    open_facts: tuple[str, ...]
    reasons: tuple[Reason, ...]
    due: tuple[Due, ...]
    edition: Edition | None
    indicative: bool
    situation: Situation


def evaluate(rule: Rule, facts: Answers, day: date, *, certain: Collection[str] = frozenset()) -> Outcome:
    """What these facts make on that day. `certain`: facts that hold whatever was answered.

    A status counts from the publication of its provision, even if it applies later; the dates of duties say what applies.
    """
    situation = read_situation(rule, facts, day, certain)
    known = {**facts, **situation.answers}
    reasons = tuple(_reasons(rule, situation, day))
    established = {reason.fact.brings for reason in reasons if reason.counts}
    met = [s for s in rule.statuses if s.key in established or (s.when and all_true(s.when, known, day))]
    found = next((status for status in met if not status.parallel), rule.statuses[-1])
    stronger = rule.statuses[: rule.statuses.index(found)]
    wanting = [(status, list(_open_facts(status, situation, known, day))) for status in stronger]
    edition = rule.text_on(day)
    return Outcome(
        status=found,
        parallel=tuple(status for status in met if status.parallel),
        possible=tuple(status for status, facts_wanted in wanting if facts_wanted),
        open_facts=tuple(dict.fromkeys(key for _, facts_wanted in wanting for key in facts_wanted)),
        reasons=reasons,
        due=tuple(_due(rule, found, situation, known, day)),
        edition=edition,
        indicative=edition is None or edition.state != "in_force",
        situation=situation,
    )


def _reasons(rule: Rule, situation: Situation, day: date) -> Iterator[Reason]:
    for fact in rule.facts:
        if not fact.brings or not situation.states[fact.key]:
            continue
        spared_by = next((each for each in situation.exemptions if each.group == fact.group), None)
        keys = (*fact.provisions, spared_by.provision) if spared_by else fact.provisions
        yield Reason(fact, tuple(rule.cited(key, day) for key in keys), spared_by)


def _open_facts(status: Status, situation: Situation, known: Answers, day: date) -> Iterator[str]:
    """Facts whose answer, not known, could bring this status."""
    unknown = [fact for fact in situation.relevant if situation.states[fact.key] is None]
    yield from (fact.key for fact in unknown if fact.brings == status.key)
    if all_true(status.when, known, day) is not None:
        return
    for condition in status.when:
        if condition.evaluate(known, day) is None:
            for key in condition.questions():
                answer = known.get(key)
                if answer in (None, UNKNOWN) or (isinstance(answer, list) and UNKNOWN in answer):
                    yield from [fact.key for fact in unknown if fact.group == key] or [key]


def _due(rule: Rule, status: Status, situation: Situation, known: Answers, day: date) -> Iterator[Due]:
    others = {party.key: party.facts for party in rule.parties}
    for duty in rule.duties:
        if duty.statuses and status.key not in duty.statuses:
            continue
        if all_true(duty.when, known, day) is False:
            continue
        calls = list(_calls(rule, duty, situation, day))
        if duty.called_by and not calls:
            continue
        yours = any(situation.states[key] is not False for key in others.get(duty.who, ()))
        cited = None
        if duty.provision:
            # Called for twice, it is owed from the first of its two dates.
            not_before = max(min(calls, default=date.min), _delay(rule, duty, situation, day))
            cited = rule.cited(duty.provision, day, not_before=not_before)
            if cited.status == ProvisionStatus.ENDED:
                continue
        yield Due(duty, yours or duty.who not in others, cited)


def _calls(rule: Rule, duty: Duty, situation: Situation, day: date) -> Iterator[date]:
    """For each thing that calls for a duty, the day from which the lists of the text that it hangs on apply."""
    dates = {group.key: rule.provision(group.provision).applies_from(day) for group in rule.groups}
    spared = {exemption.key: exemption.group for exemption in situation.exemptions}
    live = {
        fact.group
        for fact in rule.facts
        if fact.group and situation.states[fact.key] and fact.key not in duty.except_for
    } - set(spared.values())
    for call in duty.called_by:
        if call in spared:
            yield dates[spared[call]]
        elif call in live:
            yield dates[call]
        elif (fact := rule.fact(call)) and situation.states[call]:
            lists = {key for condition in fact.when for key in condition.questions() if key in dates}
            if lists & live or not lists:
                yield min((dates[group] for group in lists & live), default=date.min)


def _delay(rule: Rule, duty: Duty, situation: Situation, day: date) -> date:
    """The date to which an answer moves a duty; not knowing grants no delay."""
    fact = rule.fact(duty.delayed_by)
    if fact is None or fact.key not in situation.answers or situation.states[fact.key] is not False:
        return date.min
    return rule.provision(fact.provisions[0]).applies_from(day)

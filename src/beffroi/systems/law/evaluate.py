"""Legal evaluation: from answers and a day to a class, its reasons and dated duties. Pure: same inputs, same result.

The class includes all that is published on that day, even if it applies later: nobody should begin what is about to
be forbidden. Dates show what applies already. A prohibited or refused use has no way out: there is no parameter for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from beffroi.systems.manifest import Manifest

from .answers import Answer, Answers, open_questions, question_states
from .model import NO, YES, Duty, Provision, Question, Rules, load_rules
from .result import CLASSES, RANK, Cited, DutyDue, LegalResult, Reason, Status, provision_status
from .terms import PurposeWarning, screen_purpose

INDIVIDUAL = "individual_decision"  # the one question that a manifest answers too
_WEIGHT = {"prohibited": 3, "refused": 3, "high": 2, "transparency": 1}


def evaluate(
    answers: Answers, as_of: date, *, manifest: Manifest | None = None, rules: Rules | None = None
) -> LegalResult:
    """Legal result of these answers on that day. The manifest's own class is a floor, never a ceiling."""
    rules = rules or load_rules()
    own_answers, answers = answers, apply_manifest(answers, manifest)
    states = question_states(rules, answers)
    warned = screen_purpose(rules, _purpose(manifest)) if manifest else ()
    for one in warned:
        if one.plain:
            states[one.question] = True
    plain = {one.question: one.words for one in warned if one.plain}
    exempted = _exempted(rules, states)
    reasons = tuple(_reasons(rules, states, as_of, plain, exempted))
    counted = {reason.effect for reason in reasons if _is_published(reason)}
    answered = next((c for c in ("prohibited", "high", "transparency") if c in counted), "minimal")
    at_least = answered
    if manifest and RANK[manifest.legal.risk] > RANK[answered]:
        at_least = manifest.legal.risk
        reasons = (*reasons, _by_manifest(manifest))
    still = open_questions(rules, answers)
    unsure = any(_WEIGHT.get(q.effect, 0) > RANK[at_least] and states[q.id] is None for q in still)
    return LegalResult(
        as_of=as_of,
        rules_version=rules.version,
        risk="undetermined" if unsure else at_least,
        at_least=at_least,
        refused="refused" in counted,
        published=any(rules.provision(group.provision).calendar(as_of) for group in rules.groups),
        exempted=exempted,
        reasons=reasons,
        duties=tuple(_duties(rules, states, answers, as_of, exempted)),
        open_questions=tuple(q.id for q in still),
        contradictions=tuple(_contradictions(own_answers, manifest, answered, unsure)) if manifest else (),
        warnings=tuple(_warning_text(rules, one, as_of) for one in warned),
    )


def apply_manifest(answers: Answers, manifest: Manifest | None) -> Answers:
    """A manifest that prepares decisions on persons stands for a « oui » to that question, whatever was answered."""
    if manifest is None or not manifest.legal.individual_decision:
        return answers
    return {**answers, INDIVIDUAL: Answer(answer=YES, justification="Dit par le manifeste du système.")}


def _purpose(manifest: Manifest) -> str:
    return f"{manifest.title}.\n{manifest.purpose}\n{manifest.helps}"


def _exempted(rules: Rules, states: Mapping[str, bool | None]) -> bool:
    """Article 6(3): a narrow task was chosen and nobody is profiled; an open answer exempts nothing."""
    way = rules.exemption
    in_group = any(states[q.id] for q in rules.questions if q.group == way.group)
    return in_group and states[way.by] is False and states[way.unless] is False


def _is_published(reason: Reason) -> bool:
    """At least one article behind it is published and not ended on that day."""
    return not reason.cited or any(c.status in (Status.IN_FORCE, Status.COMING) for c in reason.cited)


def _reasons(
    rules: Rules,
    states: Mapping[str, bool | None],
    as_of: date,
    plain: Mapping[str, str],
    exempted: bool,
) -> Iterator[Reason]:
    for question in rules.of("prohibited", "refused", "high", "transparency"):
        if not states[question.id]:
            continue
        cited = tuple(cite_provision(rules.provision(key), as_of) for key in question.provisions)
        spared = exempted and question.group == rules.exemption.group
        if spared:
            cited = (*cited, cite_provision(rules.provision(rules.exemption.provision), as_of))
        words = plain.get(question.id)
        yield Reason(
            question=question.id,
            effect="exempted" if spared else question.effect,
            told=_reason_text(question, cited, words, spared),
            by="purpose" if words else "answer",
            cited=cited,
        )


def _reason_text(question: Question, cited: tuple[Cited, ...], words: str | None, spared: bool) -> str:
    title = cited[0].title if question.effect != "high" else question.text.removesuffix(" ?").strip()
    if words:
        return f"{title} : la finalité déclarée le dit (« {words} »)."
    if question.effect != "high":
        return f"{title}."
    tail = "oui, mais exempté : tâche étroite, sans profilage." if spared else "oui."
    return f"« {title} » : {tail}"


def cite_provision(provision: Provision, as_of: date, *, not_before: date | None = None) -> Cited:
    """The provision as it stands on that day; `not_before`: the date before which its trigger does not apply."""
    calendar = provision.calendar(as_of)
    applies_from = calendar.applies_from if calendar else None
    state = provision_status(provision, as_of)
    if applies_from is not None and not_before is not None and not_before > applies_from:
        applies_from = not_before
        if state == Status.IN_FORCE and applies_from > as_of:
            state = Status.COMING
    return Cited(
        article=provision.article,
        title=provision.title,
        applies_from=applies_from,
        status=state,
        text=provision.text,
        source=provision.source,
        url=provision.url,
        read_on=provision.read_on,
    )


def _by_manifest(manifest: Manifest) -> Reason:
    return Reason(
        question="",
        effect=manifest.legal.risk,
        told=f"L'auteur du système le classe « {CLASSES[manifest.legal.risk]} » : {manifest.legal.risk_why}",
        by="manifest",
        cited=(),
    )


def _duties(
    rules: Rules,
    states: Mapping[str, bool | None],
    answers: Answers,
    as_of: date,
    exempted: bool,
) -> Iterator[DutyDue]:
    called = {key for key, state in states.items() if state}
    provider = any(states[q.id] is not False for q in rules.of("role"))
    for duty in rules.duties:
        hangs_on = [on for call in duty.if_any if (on := _duty_trigger(rules, duty, call, called, exempted))]
        if duty.if_any and not hangs_on:
            continue
        # Called for twice, it is owed from the first of its two dates.
        sooner = [
            min((_applies_from(rules, key, as_of) for key in on.groups), default=date.min) for on in hangs_on
        ]
        not_before = min(sooner, default=date.min)
        if duty.legacy and _in_service_before(rules, duty.legacy, states, answers):
            not_before = max(
                not_before, _applies_from(rules, _question(rules, duty.legacy).provisions[0], as_of)
            )
        cited = cite_provision(rules.provision(duty.provision), as_of, not_before=not_before)
        if cited.status != Status.ENDED:
            yield DutyDue(id=duty.id, text=duty.text, yours=duty.who != "provider" or provider, cited=cited)


@dataclass(frozen=True)
class _DutyTrigger:
    """Trigger of a duty; `groups`: the provisions that date its list (none: no list)."""

    groups: tuple[str, ...] = ()


def _duty_trigger(
    rules: Rules, duty: Duty, call: str, called: set[str], exempted: bool
) -> _DutyTrigger | None:
    dates = {group.id: group.provision for group in rules.groups}
    way_out = rules.exemption.group
    live = {q.group for q in rules.questions if q.group and q.id in called and q.id not in duty.but_for}
    if call == "exempted":
        return _DutyTrigger((dates[way_out],)) if exempted else None
    if exempted:
        live -= {way_out}
    if call.startswith("group:"):
        group = call.removeprefix("group:")
        return _DutyTrigger((dates[group],)) if group in live else None
    if call not in called:
        return None
    of = {each.removeprefix("group:") for each in _question(rules, call).when if each.startswith("group:")}
    if of and not of & live:
        return None
    return _DutyTrigger(tuple(dates[group] for group in sorted(of & live)))


def _in_service_before(rules: Rules, key: str, states: Mapping[str, bool | None], answers: Answers) -> bool:
    """Whether the answer is that it was in service already; « ne sait pas » grants no delay."""
    question = _question(rules, key)
    return key in answers and states[key] is False and answers[key].answer != question.strictest


def _question(rules: Rules, key: str) -> Question:
    return next(question for question in rules.questions if question.id == key)


def _applies_from(rules: Rules, provision: str, as_of: date) -> date:
    calendar = rules.provision(provision).calendar(as_of)
    return calendar.applies_from if calendar else date.min


def _contradictions(own_answers: Answers, manifest: Manifest, answered: str, unsure: bool) -> Iterator[str]:
    own = manifest.legal
    if not own.classed:
        return
    if not unsure and RANK[own.risk] > RANK[answered]:
        yield (
            f"L'auteur du système dit « {CLASSES[own.risk]} », vos réponses disent « {CLASSES[answered]} ». "
            "Le plus strict est retenu : vérifiez vos réponses avec lui."
        )
    elif RANK[own.risk] < RANK[answered]:
        yield (
            f"L'auteur du système dit « {CLASSES[own.risk]} », vos réponses disent « {CLASSES[answered]} ». "
            "Vos réponses sont retenues : demandez-lui de corriger sa fiche."
        )
    answer = own_answers.get(INDIVIDUAL)
    if answer and answer.answer in (YES, NO) and (answer.answer == YES) != own.individual_decision:
        verb = "prépare une" if own.individual_decision else "ne prépare pas de"
        yield (
            f"L'auteur du système dit qu'il {verb} décision sur une personne ; vous répondez le contraire. "
            "Le plus strict est retenu : vérifiez votre réponse avec lui."
        )


def _warning_text(rules: Rules, one: PurposeWarning, as_of: date) -> str:
    question = rules.worded(_question(rules, one.question).text, as_of)
    if one.plain:
        return (
            f"La finalité déclarée contient « {one.words} » : c'est un usage que la loi ne permet pas. Aucune réponse "
            "ne passe outre. Si c'est une maladresse, l'auteur doit récrire la finalité."
        )
    return f"La finalité déclarée contient « {one.words} » : répondez avec soin à la question « {question} »."

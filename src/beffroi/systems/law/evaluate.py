"""Legal evaluation: from answers, a manifest and a day to a class, its reasons and dated duties. Pure.

The rule of the law says which class the answers bring; the manifest's own class is a floor, and a purpose that names a
forbidden use counts as a « oui ». A prohibited or refused use has no way out: there is no parameter for it.
"""

from collections.abc import Iterator, Mapping
from datetime import date

from beffroi.guides import Rule, rule
from beffroi.systems.manifest import LegalAnswers, Manifest

from .answers import Answer, Answers, facts, load_rules
from .result import CLASSES, RANK, DutyDue, LegalResult, Reason
from .terms import PurposeWarning, screen_purpose

INDIVIDUAL = "individual_decision"  # the one question that a manifest answers too


def evaluate(
    answers: Answers, as_of: date, *, manifest: Manifest | None = None, rules: Rule | None = None
) -> LegalResult:
    """Legal result of these answers on that day. The manifest's own class is a floor, never a ceiling."""
    rules = rules or load_rules()
    warned = screen_purpose(rules, _purpose(manifest)) if manifest else ()
    plain = {one.question: one.words for one in warned if one.plain}
    outcome = rule.evaluate(rules, facts(apply_manifest(answers, manifest)), as_of, certain=plain)
    answered = at_least = outcome.status.key
    reasons = tuple(_reason(reason, plain) for reason in outcome.reasons)
    if manifest and RANK[manifest.legal.risk] > RANK[answered]:
        at_least = manifest.legal.risk
        reasons = (*reasons, _by_manifest(manifest.legal))
    unsure = _is_unsure(rules, outcome, at_least)
    return LegalResult(
        as_of=as_of,
        rules_version=rules.version,
        risk="undetermined" if unsure else at_least,
        at_least=at_least,
        refused="refused" in {status.key for status in outcome.parallel},
        published=any(rules.provision(group.provision).calendar(as_of) for group in rules.groups),
        exempted=bool(outcome.situation.exemptions),
        reasons=reasons,
        duties=tuple(
            DutyDue(id=due.duty.key, text=due.duty.text, yours=due.yours, cited=due.cited)
            for due in outcome.due
            if due.cited
        ),
        open_questions=tuple(fact.key for fact in outcome.situation.unanswered),
        contradictions=tuple(_contradictions(answers, manifest.legal, answered, unsure)) if manifest else (),
        warnings=tuple(_warning_text(rules, one, as_of) for one in warned),
    )


def apply_manifest(answers: Answers, manifest: Manifest | None) -> Answers:
    """A manifest that prepares decisions on persons stands for a « oui » to that question, whatever was answered."""
    if manifest is None or not manifest.legal.individual_decision:
        return answers
    return {**answers, INDIVIDUAL: Answer(answer="yes", justification="Dit par le manifeste du système.")}


def _purpose(manifest: Manifest) -> str:
    return f"{manifest.title}.\n{manifest.purpose}\n{manifest.helps}"


def _is_unsure(rules: Rule, outcome: rule.Outcome, at_least: str) -> bool:
    """Whether an open question could bring a class that is stronger than the certain one."""
    strength = [status.key for status in rules.statuses]
    return any(strength.index(status.key) < strength.index(at_least) for status in outcome.possible)


def _reason(reason: rule.Reason, plain: Mapping[str, str]) -> Reason:
    words = plain.get(reason.fact.key)
    return Reason(
        question=reason.fact.key,
        effect="exempted" if reason.spared_by else reason.fact.brings,
        told=_reason_text(reason, words),
        by="purpose" if words else "answer",
        cited=reason.cited,
    )


def _reason_text(reason: rule.Reason, words: str | None) -> str:
    is_high = reason.fact.brings == "high"
    title = reason.fact.label.removesuffix(" ?").strip() if is_high else reason.cited[0].title
    if words:
        return f"{title} : la finalité déclarée le dit (« {words} »)."
    if not is_high:
        return f"{title}."
    tail = "oui, mais exempté : tâche étroite, sans profilage." if reason.spared_by else "oui."
    return f"« {title} » : {tail}"


def _by_manifest(legal: LegalAnswers) -> Reason:
    text = f"L'auteur du système le classe « {CLASSES[legal.risk]} » : {legal.risk_why}"
    return Reason(question="", effect=legal.risk, told=text, by="manifest", cited=())


def _contradictions(answers: Answers, own: LegalAnswers, answered: str, unsure: bool) -> Iterator[str]:
    if not own.classed:
        return
    both = f"L'auteur du système dit « {CLASSES[own.risk]} », vos réponses disent « {CLASSES[answered]} »."
    if not unsure and RANK[own.risk] > RANK[answered]:
        yield f"{both} Le plus strict est retenu : vérifiez vos réponses avec lui."
    elif RANK[own.risk] < RANK[answered]:
        yield f"{both} Vos réponses sont retenues : demandez-lui de corriger sa fiche."
    answer = answers.get(INDIVIDUAL)
    if answer and answer.answer in ("yes", "no") and (answer.answer == "yes") != own.individual_decision:
        verb = "prépare une" if own.individual_decision else "ne prépare pas de"
        yield (
            f"L'auteur du système dit qu'il {verb} décision sur une personne ; vous répondez le contraire. "
            "Le plus strict est retenu : vérifiez votre réponse avec lui."
        )


def _warning_text(rules: Rule, one: PurposeWarning, as_of: date) -> str:
    if one.plain:
        return (
            f"La finalité déclarée contient « {one.words} » : c'est un usage que la loi ne permet pas. Aucune réponse "
            "ne passe outre. Si c'est une maladresse, l'auteur doit récrire la finalité."
        )
    fact = rules.fact(one.question)
    question = rules.worded(fact.label, as_of) if fact else one.question
    return f"La finalité déclarée contient « {one.words} » : répondez avec soin à la question « {question} »."

"""What a decision must be before it is written: open, in figures that make sense, and in the person's own words where it hurts.

In: a proposal and what a person chose. Out: the value to write. Raises DecisionError, or NeedsConfirmation; writes nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from beffroi.web.platform.models import Person
from beffroi.web.ui.formats import number

from . import closing, deadlines, plans, words
from .errors import DecisionError, NeedsConfirmation
from .models import Decision, Proposal
from .notices import Notice, notice_for

# Times the bounds of the interval: a number beyond is likelier a slip of the finger than a decision.
FAR = 3  # among other lines, it is not taken: it is decided apart, or confirmed
ABSURD = 10  # decided apart, it is confirmed
LARGEST = 1e15  # beyond, a number is no longer kept to the unit
REFERENCE_SERVES = "Mal prévu ici : la façon sans IA sert"


def is_without_ai(decision: Decision) -> bool:
    """Whether what stands is the number of the way without AI, as the page of the day put it first."""
    return decision.reason.startswith(REFERENCE_SERVES) and decision.correction is None


@dataclass(frozen=True)
class Choice:
    """What a person chose. `unfavourable`: what they say of its effect on the person concerned; `text`: their own words.

    `items`: of a plan, the parts that they retain, in their order; None where they said nothing of them.
    """

    verdict: str
    value: float | None
    reason: str
    confirmed: bool = False
    unfavourable: bool | None = None
    text: str = ""
    items: tuple[plans.Retained, ...] | None = None


def act_of(proposal: Proposal) -> str:
    """The right to decide on it: a supposed offence is for authorised agents alone."""
    return "offence.confirm" if proposal.offence else "decision.record"


def reading_act_of(proposal: Proposal) -> str:
    """The right to read again what another prepared on it."""
    return "offence.confirm" if proposal.offence else "decision.second_read"


def is_unfavourable(proposal: Proposal, verdict: str, stated: bool | None) -> bool:
    """Whether it takes something from the person of the file: by what was proposed, or because the person says so."""
    if not proposal.individual:
        return False
    by_itself = (verdict, proposal.effect) in (
        (Decision.Verdict.ACCEPT, Proposal.Effect.UNFAVOURABLE),
        (Decision.Verdict.REFUSE, Proposal.Effect.FAVOURABLE),
    )
    if not by_itself and verdict == Decision.Verdict.CHANGE and stated is None:
        raise DecisionError(
            "Cette proposition concerne une personne : dites si la valeur que vous retenez lui est défavorable. "
            "Rien n'a été enregistré.",
            "unfavourable",
        )
    return by_itself or bool(stated)


def check_text(proposal: Proposal, text: str) -> None:
    """Raise unless this text is a person's own: neither too short nor a copy of the proposal's or of the usual reasons."""
    if words.is_own(text, _copied(proposal, notice_for(proposal.territory, proposal.system))):
        return
    raise DecisionError(
        f"Cette décision est défavorable à la personne : expliquez-la avec vos propres mots, en {words.LEAST} caractères au "
        "moins, sans recopier les raisons du système ni les motifs courants. Ce que vous avez saisi est conservé ; rien "
        "n'a été enregistré.",
        "text",
    )


def _copied(proposal: Proposal, notice: Notice) -> list[str]:
    """What is nobody's own words: the reasons of the proposal, and those that are offered."""
    reasons = [str(reason) for reason in proposal.reasons]
    return [*reasons, " ".join(reasons), REFERENCE_SERVES, *notice.reasons.all]


def check_reasons(answers: Sequence[tuple[Proposal, Choice]]) -> None:
    """Raise where something is retained of a system that its last measure advises against, without a word of the person's own."""
    retained = [(one, choice) for one, choice in answers if choice.verdict != Decision.Verdict.REFUSE]
    notices = {
        system: notice_for(one.territory, system)
        for system, one in {one.system: one for one, _ in retained}.items()
    }
    advised_against = {system for system, notice in notices.items() if notice.advice}
    for proposal, choice in retained:
        if proposal.system not in advised_against:
            continue
        if not words.has_own_words(choice.reason, _copied(proposal, notices[proposal.system])):
            raise DecisionError(
                "La dernière mesure conseille de ne pas utiliser ce service ici. Pour retenir ce qu'il propose, dites pourquoi "
                "avec vos propres mots : un motif tout prêt ne suffit pas. Rien n'a été enregistré.",
                "words",
            )


def may_simulate(person: Person) -> bool:
    if not person.simulated:
        return False
    home = settings.HOME
    if home.exists() and home.is_demo:
        return True
    raise DecisionError(
        "Ce membre est un personnage de démonstration : il ne peut pas décider ailleurs que dans une "
        "démonstration. La proposition reste à valider."
    )


def still_open(proposals: Sequence[Proposal]) -> None:
    """Raise unless each of these, of one territory, may still be decided."""
    earlier = Decision.objects.filter(proposal__in=proposals).select_related("person").first()
    if earlier is not None:
        raise DecisionError(
            f"Une décision est déjà prise sur cette proposition : {earlier.get_verdict_display()} par {earlier.person} "
            f"le {timezone.localtime(earlier.at):%d/%m/%Y à %H h %M}. Elle est définitive ; la vôtre n'a pas été enregistrée."
        )
    for proposal in proposals:
        _not_withdrawn(proposal)
    # What closes a proposal closes all those of its system.
    for proposal in {proposal.system: proposal for proposal in proposals}.values():
        if reason := closing.why_closed(proposal):
            raise DecisionError(f"« {proposal.subject} » : {reason} Rien n'a été enregistré.")
    deadlines.check(proposals)


def _not_withdrawn(proposal: Proposal) -> None:
    if proposal.expires_at is not None and proposal.expires_at <= timezone.now():
        raise DecisionError(
            "Cette infraction supposée n'a pas été confirmée à temps : elle a expiré et ses preuves sont effacées. "
            "Rien n'a été enregistré."
        )
    if proposal.superseded_at is not None:
        raise DecisionError(
            "Cette proposition est retirée : une plus récente l'a remplacée, ou le service est arrêté. Rien n'a été "
            "enregistré. Voyez la liste « À valider »."
        )


def decided_items(proposal: Proposal, choice: Choice) -> list[plans.Part] | None:
    """The parts of a plan to write with the decision; None for a refusal, or where there are none."""
    if choice.verdict == Decision.Verdict.REFUSE:
        return None
    parts = plans.decided(proposal, choice.items)
    if choice.verdict == Decision.Verdict.ACCEPT and plans.is_changed(proposal, parts):
        raise DecisionError(
            "Vous changez la liste sans choisir « modifier ». Choisissez « modifier » pour la retenir. Rien n'a été "
            "enregistré.",
            "items",
        )
    return parts


def decided_value(proposal: Proposal, choice: Choice) -> float | None:
    verdict, value = choice.verdict, choice.value
    match verdict:
        case Decision.Verdict.ACCEPT | Decision.Verdict.REFUSE:
            if value is not None:
                raise DecisionError(
                    "Vous donnez une valeur sans choisir « modifier ». Choisissez « modifier » pour la "
                    "retenir, ou videz ce champ. Rien n'a été enregistré.",
                    "value",
                )
            return proposal.value if verdict == Decision.Verdict.ACCEPT else None
        case Decision.Verdict.CHANGE:
            if plans.is_changed(proposal, plans.decided(proposal, choice.items)) and value in (
                None,
                proposal.value,
            ):
                return proposal.value
            return _changed(proposal, value, choice.confirmed)
    raise DecisionError(
        "Choisissez : accepter, modifier la valeur ou refuser. Rien n'a été enregistré.", "verdict"
    )


def _changed(proposal: Proposal, value: float | None, confirmed: bool) -> float:
    if value is None or not math.isfinite(value):
        raise DecisionError(
            "Donnez la valeur que vous retenez, en chiffres. Rien n'a été enregistré.", "value"
        )
    if abs(value) > LARGEST:
        raise DecisionError("Ce nombre est trop grand. Vérifiez-le. Rien n'a été enregistré.", "value")
    if value < 0 <= proposal.low:
        raise DecisionError(
            f"La valeur ne peut pas être négative ({proposal.unit}). Corrigez-la. Rien n'a été enregistré.",
            "value",
        )
    if not value.is_integer() and _counts_whole(proposal):
        raise DecisionError(f"Écrivez un nombre entier ({proposal.unit}). Rien n'a été enregistré.", "value")
    if value == proposal.value:
        raise DecisionError(
            "La valeur donnée est celle qui est proposée : choisissez « accepter », ou donnez une autre valeur. "
            "Rien n'a été enregistré.",
            "value",
        )
    if _exceeds(proposal, value, ABSURD) and not confirmed:
        raise NeedsConfirmation(
            f"La valeur donnée dépasse {ABSURD} fois le haut de l'intervalle prévu. Si elle est voulue, "
            "confirmez-la ; sinon corrigez-la. Rien n'a encore été enregistré.",
            "value",
        )
    return value


def _counts_whole(proposal: Proposal) -> bool:
    """Whether half of one is no number here: the system says so of the unit, and proposed whole numbers."""
    proposed = (proposal.value, proposal.low, proposal.high)
    notice = notice_for(proposal.territory, proposal.system)
    return proposal.unit in notice.whole_units and all(one.is_integer() for one in proposed)


def _exceeds(proposal: Proposal, value: float, times: int) -> bool:
    return abs(value) > times * max(abs(proposal.low), abs(proposal.high))


def too_far(proposal: Proposal, value: float) -> str:
    """Why this number is too far from the interval, above or below, to be taken among others; empty where it is not."""
    if proposal.low < 0 or not (_exceeds(proposal, value, FAR) or value * FAR < proposal.low):
        return ""
    low, high = number(proposal.low), number(proposal.high)
    return f"{number(value)} est très loin de ce qui est attendu (de {low} à {high})."

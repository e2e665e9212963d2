"""Correcting the numbers decided for a day, until its order leaves: a line beside each decision, never in its place.

In: a day and the numbers that it should hold. Out: one `CaseCorrection` and one ledger line a changed number, all or none.
What concerns a person is put right case by case (`case_corrections`), and a plan by a new calculation. Raises DecisionError.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from beffroi.text import fold_name
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles, require
from beffroi.web.ui.formats import counted

from . import authority, case_corrections, deadlines, triage
from .errors import DecisionError, LinesRefused, NeedsConfirmation, StalePage
from .judging import ABSURD, Choice, check_reasons, decided_value, may_simulate, too_far
from .machines import by_a_person_only
from .models import CaseCorrection, Deadline, Decision
from .services import stated_reason


def correctable(decided: Iterable[Decision]) -> list[Decision]:
    """Those that are numbers of nobody in particular, of a day or recent, by place."""
    recent = timezone.now() - timedelta(days=triage.RECENT_DAYS)
    found = [
        one
        for one in decided
        if one.proposal.concerns_nobody and not one.proposal.items and (one.proposal.due or one.at >= recent)
    ]
    return sorted(found, key=lambda one: (fold_name(one.proposal.place), fold_name(one.proposal.subject)))


def of_day(territory: Territory, system: str, day: date | None) -> list[Decision]:
    return correctable(triage.decided(territory, system, day))


def why_closed(decided: Sequence[Decision], day: date | None, deadline: Deadline | None) -> str:
    """Why nothing of this day is corrected any more; empty while it may be. A trial on days already past has no end."""
    timely = any(timezone.localdate(one.proposal.created_at) <= day for one in decided) if day else False
    if day is None or not timely:
        return ""
    now = timezone.now()
    if deadline and now >= (moment := deadline.moment(day)):
        when = deadlines.moment_in_words(moment, now)
        return f"L'heure limite est passée ({when}) : la commande est partie. Prévenez directement ceux qui l'ont reçue."
    return "Ce jour est passé." if day < timezone.localdate() else ""


def correct_day(
    territory: Territory,
    person: Person,
    *,
    system: str,
    day: date | None,
    numbers: Mapping[int, tuple[float | None, float]],
    reason: str,
    confirmed: bool = False,
) -> list[CaseCorrection]:
    """`numbers`: by proposal, the number that the page showed and the one that is retained now; `confirmed`: even far ones.

    Raises PermissionDenied, StalePage, LinesRefused, DecisionError; then nothing is corrected.
    """
    require(person, "decision.record", territory)
    by_a_person_only("Les décisions restent telles quelles.")
    with transaction.atomic():
        # Locked: what stands must not change before it is written over.
        list(Decision.objects.of(territory).select_for_update(of=("self",)).filter(proposal__in=numbers))
        person = Person.objects.get(pk=person.pk)
        active_roles.clear_cache()
        require(person, "decision.record", territory)
        may_simulate(person)
        found = {one.proposal_id: one for one in of_day(territory, system, day)}
        deadline = deadlines.by_system(territory).get(system)
        if closed := why_closed(list(found.values()), day, deadline):
            raise DecisionError(f"{closed} Rien n'a été enregistré.")
        if any(
            pk not in found or found[pk].in_force[1] != displayed for pk, (displayed, _) in numbers.items()
        ):
            raise StalePage(
                "Ce qui est décidé a changé depuis que vous avez ouvert cette page. Rien n'a été enregistré ; vos nombres sont "
                "gardés. Relisez, puis enregistrez."
            )
        changed = {found[pk]: value for pk, (displayed, value) in numbers.items() if value != displayed}
        if not changed:
            raise DecisionError(
                "Aucun nombre n'a changé : il n'y a rien à corriger. Rien n'a été enregistré."
            )
        answers, refused, far = [], dict[int, str](), False
        for decision, value in changed.items():
            choice = _choice(decision, value, reason)
            try:
                answers.append((decision, choice, decided_value(decision.proposal, choice)))
            except NeedsConfirmation:
                refused[decision.proposal_id] = (
                    f"Ce nombre dépasse {ABSURD} fois le haut de l'intervalle prévu."
                )
            except DecisionError as error:
                refused[decision.proposal_id] = str(error)
            else:
                if not confirmed and (why := too_far(decision.proposal, value)):
                    refused[decision.proposal_id], far = f"{why} Corrigez-le, ou confirmez-le.", True
        if refused:
            raise LinesRefused(
                f"{counted(len(refused), 'nombre est', 'nombres sont')} à revoir. Rien n'a été enregistré.",
                refused,
                confirmable=far,
            )
        stated_reason(answers[0][1])
        check_reasons([(decision.proposal, choice) for decision, choice, _ in answers])
        mandate = authority.active_mandate(person, answers[0][0].proposal)
        rows = [(decision, choice.verdict, value) for decision, choice, value in answers]
        return case_corrections.write_corrections(rows, person, mandate, reason.strip())


def _choice(decision: Decision, value: float, reason: str) -> Choice:
    if value == decision.proposal.value:
        return Choice(Decision.Verdict.ACCEPT, None, reason)
    return Choice(Decision.Verdict.CHANGE, value, reason)

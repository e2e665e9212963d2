"""Who took part in what a contestation is about: such a person does not answer it where another may.

In: a contestation. Out: the accounts of who decided, prepared, read over or corrected, in every decision that it is, was, or names
itself as being about. Nothing is written here.
"""

from collections.abc import Iterable

from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.rights import RIGHTS, active_roles, people_who_may

from . import references
from .models import CaseCorrection, Contestation, Decision, FormerTie, PreparedDecision, Proposal

_ANSWERING = [role for role, acts in RIGHTS.items() if "contestation.answer" in acts]
_TOOK_PART = (*PreparedDecision.OPEN, PreparedDecision.State.CONFIRMED)


def concerned_proposals(contestation: Contestation) -> set[int]:
    """Keys of the proposals that it is tied to, was tied to, or names by the reference that was given with it."""
    former = FormerTie.objects.of(contestation.territory).filter(contestation=contestation)
    return {
        *filter(None, [contestation.proposal_id]),
        *former.values_list("proposal", flat=True),
        *_named_proposals(contestation),
    }


def deciders_of(contestation: Contestation) -> set[int]:
    """Keys of the people who took part in what is contested; what they corrected in answer to this very contestation is not that."""
    territory, proposals = contestation.territory, concerned_proposals(contestation)
    decisions = Decision.objects.of(territory).filter(proposal__in=proposals)
    prepared = PreparedDecision.objects.of(territory).filter(proposal__in=proposals, state__in=_TOOK_PART)
    corrections = CaseCorrection.objects.of(territory).filter(decision__proposal__in=proposals)
    people: set[int | None] = {
        *(key for pair in decisions.values_list("person", "second_reader") for key in pair),
        *(key for pair in prepared.values_list("person", "reader") for key in pair),
        *corrections.exclude(contestation=contestation).values_list("person", flat=True),
    }
    return {key for key in people if key is not None}


def answers_as_decider(contestation: Contestation, person: Person) -> bool:
    """Whether this person took part in what is contested, or may answer only by delegation of who did."""
    return person.pk in _with_delegates(contestation, deciders_of(contestation))


def who_answers_instead(contestation: Contestation, person: Person) -> list[str]:
    """Names of those who may answer in this person's place, where they took part; empty where they did not, or nobody else may."""
    partial = _with_delegates(contestation, deciders_of(contestation))
    if person.pk not in partial:
        return []
    return [
        str(one)
        for one in people_who_may("contestation.answer", contestation.territory)
        if one.pk not in partial
    ]


def _with_delegates(contestation: Contestation, deciders: set[int]) -> set[int]:
    """Those people, and whoever holds every role that answers by delegation of one of them."""
    if not deciders:
        return deciders
    rows = active_roles.active_memberships(contestation.territory).filter(delegation__delegator__in=deciders)
    delegates = set(rows.values_list("person", flat=True))
    return deciders | {key for key in delegates if not _answers_otherwise(contestation, key, deciders)}


def _answers_otherwise(contestation: Contestation, person: int, deciders: Iterable[int]) -> bool:
    """Whether a role of this person that answers rests on somebody else than these people, or on nobody."""
    roles: list[Membership] = list(
        active_roles.active_memberships(contestation.territory)
        .filter(person=person, role__in=_ANSWERING)
        .select_related("delegation")
    )
    return any(each.delegation is None or each.delegation.delegator_id not in deciders for each in roles)


def _named_proposals(contestation: Contestation) -> set[int]:
    """Those of the decision, or of the file, whose reference came with the contestation."""
    named = contestation.reference.strip()
    if not named:
        return set()
    decision = references.find(contestation.territory, named)
    of_case = Proposal.objects.of(contestation.territory).filter(case__iexact=named)
    return {*([decision.proposal_id] if decision else []), *of_case.values_list("pk", flat=True)}

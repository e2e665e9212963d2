"""Under which title a decision was taken: the elected person's mandate, or a delegation, frozen with the decision.

In: the person and the proposal. Out: the membership, which `platform.rights.mandates` freezes and says.
"""

from django.core.exceptions import PermissionDenied

from beffroi.web.platform import scope
from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.rights import active_roles
from beffroi.web.platform.rights.mandates import frozen, sentence

from .models import Proposal

__all__ = ["active_mandate", "frozen", "sentence"]


def active_mandate(person: Person, proposal: Proposal) -> Membership:
    """The title under which this person decides on it today. Raises PermissionDenied when none stands."""
    mandate: Membership | None
    if proposal.offence:
        with scope.inside(proposal.territory):
            rows = active_roles.active_memberships(proposal.territory).filter(
                person=person, role="authorised_agent"
            )
            mandate = rows.order_by("-since").first()
    else:
        mandate = active_roles.authority(person, proposal.territory)
    if mandate is None:
        raise PermissionDenied("Votre mandat, votre délégation ou votre habilitation n'est plus en cours.")
    return mandate

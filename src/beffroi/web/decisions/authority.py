"""Under which title a decision was taken: the elected person's mandate, or a delegation, frozen with the decision.

In: the membership under which the person decides. Out: plain data for the row and the ledger, and a French sentence.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.dateparse import parse_date

from beffroi.web.platform import scope
from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.rights import active_roles
from beffroi.web.ui.formats import french_date

from .models import Proposal


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


def frozen(mandate: Membership) -> dict[str, Any]:
    """Identifiers, dates and references only: people are named when the page is shown."""
    details: dict[str, Any] = {"membership": mandate.pk}
    if mandate.replaces_id:
        details["replaces"] = mandate.replaces_id
    if mandate.role == "authorised_agent":
        since = timezone.localdate(mandate.since).isoformat()
        return {"kind": "authorised", "deed": mandate.legal_act_reference, "deed_date": since} | details
    if mandate.delegation is None:
        day = mandate.legal_act_date.isoformat() if mandate.legal_act_date else None
        return {"kind": "elected", "deed": mandate.legal_act_reference, "deed_date": day} | details
    delegation = mandate.delegation
    return {
        "kind": "delegated",
        "deed": delegation.legal_act_reference,
        "deed_date": delegation.legal_act_date.isoformat(),
        "object": delegation.object,
        "delegation": delegation.pk,
        "delegator": delegation.delegator_id,
        "until": timezone.localtime(delegation.last_day).date().isoformat() if delegation.last_day else None,
    } | details


def sentence(authority: dict[str, Any] | None, names: dict[int, str] | None = None) -> str:
    """« Par délégation de …, arrêté n° … du … » : what a reader must know. `names` keeps those looked up, for a long list."""
    if not authority:
        return "Décision prise avant que Beffroi n'inscrive le mandat."
    day = parse_date(authority.get("deed_date") or "")
    if authority["kind"] == "authorised":
        return f"Par un agent habilité à constater cette infraction, depuis le {french_date(day) if day else '…'}."
    legal_act = f"{authority['deed']}{f', du {french_date(day)}' if day else ''}"
    if authority["kind"] == "elected":
        return f"En vertu de son mandat d'élu : {legal_act}."
    names = {} if names is None else names
    sentence = f"Par délégation de {_name(authority['delegator'], names)} : {legal_act}. Objet : {authority['object']}."
    if (replaced := authority.get("replaces")) and replaced != authority["delegator"]:
        sentence += f" En remplacement de {_name(replaced, names)}."
    return sentence


def _name(pk: int, names: dict[int, str]) -> str:
    if pk not in names:
        person = Person.objects.filter(pk=pk).first()
        names[pk] = str(person) if person else "un élu"
    return names[pk]

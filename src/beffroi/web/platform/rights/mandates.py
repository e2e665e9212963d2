"""Mandates and delegations as data: frozen with the act that they cover, and said in a sentence.

In: the membership under which a person acts. Out: plain data for the row and the ledger, and a French sentence.
"""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date

from beffroi.web.ui.formats import french_date

from ..models import Membership, Person


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


def title_of(authority: dict[str, Any] | None, by: Person, roles: Sequence[str] = ()) -> str:
    """Who acted and as what, for a row whose authority was looked for when it was made: none means that no mandate was needed."""
    return f"{by}. {sentence(authority)}" if authority else f"{', '.join((str(by), *roles))}."


def _name(pk: int, names: dict[int, str]) -> str:
    if pk not in names:
        person = Person.objects.filter(pk=pk).first()
        names[pk] = str(person) if person else "un élu"
    return names[pk]

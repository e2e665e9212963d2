"""For templates of one's account: the providers that this person may link, where they were going."""

from typing import Any

from django import template

from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.scope import host

from ..models import IdentityProvider
from ..signin import passkeys
from ..signin.factors import way_on
from ..signin.policy import leads_to

register = template.Library()


@register.simple_tag(takes_context=True)
def linkable_providers(context: dict[str, Any]) -> list[IdentityProvider]:
    """Those of the territories where the person is a member; the page may then lead to them."""
    request = context["request"]
    if not isinstance(request.user, Person):
        return []
    with host():
        memberships = Membership.objects.filter(person=request.user, waiting_since=None)
        places = set(memberships.values_list("territory", flat=True))
        found = list(
            IdentityProvider.objects.filter(territory__in=places, enabled=True).select_related("territory")
        )
    leads_to(request, found)
    return found


@register.simple_tag(takes_context=True)
def passkeys_are_possible(context: dict[str, Any]) -> bool:
    """Whether a passkey can be made at the address that the browser asks."""
    return passkeys.are_possible(context["request"])


@register.simple_tag(takes_context=True)
def after_factor(context: dict[str, Any]) -> str:
    """Where the person was going when they were led to a second factor."""
    return way_on(context["request"])


@register.simple_tag
def provider_named(public_id: str) -> str:
    """The name that people know a linked provider by."""
    with host():
        found = IdentityProvider.objects.filter(public_id=public_id).select_related("territory").first()
    return f"{found.name} ({found.territory})" if found else "un fournisseur qui n'existe plus"

"""Buttons of acts in templates: `{% load acts %}{% act_button "destination-withdraw" destination "danger small" %}`."""

from typing import Any

from django import template

from ..acts.views import button_of
from ..rights.permissions import Permission

register = template.Library()


@register.inclusion_tag("platform/act_button.html", takes_context=True)
def act_button(
    context: dict[str, Any], name: str, row: Any, kind: str = "", label: str = ""
) -> dict[str, Any]:
    """The button of the address of this name, for who may press it; for the others, its reason and who may. `kind`: its classes."""
    words, right, url = button_of(name, row)
    permission = Permission(context["request"].user, right, row)
    return {
        "label": label or words,
        "permission": permission,
        "url": url,
        "kind": kind,
        "request": context["request"],
    }

"""What the trust room's templates add: `espaces`, the no-break spaces of French in texts that come from data."""

from typing import Any

from django import template

from beffroi.web.trust.words import spaced

register = template.Library()


@register.filter
def espaces(text: Any) -> str:
    return spaced(str(text))

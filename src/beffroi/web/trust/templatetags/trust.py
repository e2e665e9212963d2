"""What the trust room's templates add: `quantite` and `provenance`, the figures of a footprint; `sign`, a DTPR icon."""

from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from beffroi.web.trust import signs
from beffroi.web.trust.report import presenting
from beffroi.web.workshop.presenting import amount

register = template.Library()


@register.filter
def quantite(line: dict[str, Any]) -> str:
    return amount(line["value"], line["unit"])


@register.filter
def provenance(line: dict[str, Any]) -> str:
    return presenting.how(line)


@register.simple_tag
def sign(icon: str) -> SafeString:
    """A packaged DTPR icon; the words beside it say what it means, so it is hidden from screen readers."""
    drawn = signs.drawing(icon).replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    return mark_safe(drawn)  # noqa: S308 (a file of the package)

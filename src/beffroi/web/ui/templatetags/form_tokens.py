"""`{% form_token %}address{% endform_token %}`: the token of a form, which the loader writes (`ui.form_tokens`)."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..form_tokens import FIELD, token_for

register = template.Library()


@register.simple_block_tag(name=FIELD, takes_context=True)
def form_token(context: dict[str, Any], content: str) -> SafeString:
    """Nothing where there is no request: such a form has no CSRF token either."""
    request = context.get("request")
    if request is None:
        return SafeString("")
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, token_for(request, content))

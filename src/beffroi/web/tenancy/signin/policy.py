"""What a browser is told of sign-in, in headers: where forms lead, what to forget.

The content policy lists a provider's page as a form's aim, on the pages that lead to it and nowhere else.
"""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ..models import IdentityProvider


def leads_to(request: HttpRequest, providers: Iterable[IdentityProvider]) -> None:
    """Say that this page has a form that leads to these providers."""
    origins: set[str] = getattr(request, "_beffroi_form_origins", set())
    request._beffroi_form_origins = origins | {provider.form_origin for provider in providers}  # type: ignore[attr-defined]


def forget(response: HttpResponse) -> HttpResponse:
    """What the browser kept of the site goes with the session; the cookie by which this device is known stays."""
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def apply(request: HttpRequest, response: HttpResponse) -> None:
    if origins := getattr(request, "_beffroi_form_origins", None):
        policy = {**settings.SECURE_CSP}
        policy["form-action"] = [*policy["form-action"], *sorted(origins)]
        response._csp_config = policy  # type: ignore[attr-defined]

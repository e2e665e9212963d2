"""The page « Qui appeler »: inside, with its address and its files; outside, without account, for whoever has the address."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.guides import Register
from beffroi.web import public_address
from beffroi.web.guides.addresses import address
from beffroi.web.guides.library import library
from beffroi.web.platform.guards import public_by_secret, requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui import printing

from . import calls


def _context(request: HttpRequest) -> dict[str, Any]:
    return {
        "contacts": calls.contacts(request.territory),
        "territory": request.territory,
        "today": timezone.localdate(),
    }


@requires("territory.enter")
def inside_page(request: HttpRequest) -> HttpResponse:
    """For everyone here: the numbers, and how to have them when nothing works any more."""
    page = calls.call_page(request.territory)
    there = (
        reverse("cyber-call", kwargs={"slug": request.territory.slug, "secret": page.secret}) if page else ""
    )
    register = library().guides.get(calls.REGISTER)
    register = register if isinstance(register, Register) else None
    context = _context(request)
    context |= {
        "can_begin": register is not None and bool(calls.proposed_rows(request.territory, register)),
        "has_own": not all(one.proposed for one in context["contacts"]),
        "page": page,
        "address": public_address.absolute(there) if there else "",
        "register": address(request.territory, register) if register else "",
        "permission": Permission(request.user, "cyber.answer", request.territory),
        "may_read": Permission(request.user, "cyber.read", request.territory),
    }
    return render(request, "cyber/call.html", context)


@requires("cyber.answer")
@require_POST
def renew_page(request: HttpRequest) -> HttpResponse:
    calls.renew_address(request.territory, request.user)
    return redirect(reverse("cyber-calls", kwargs={"slug": request.territory.slug}))


@requires("territory.enter")
def file_page(request: HttpRequest, form: str) -> HttpResponse:
    """The sheet as one HTML file that opens without network, or as a PDF of one A4 page."""
    text = render_to_string("cyber/call_document.html", _context(request) | {"style": printing.style()})
    content = printing.render_pdf(text) if form == "pdf" else printing.for_browsers(text)
    return HttpResponse(
        content,
        content_type="application/pdf" if form == "pdf" else "text/html; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="qui-appeler-{request.territory.slug}.{form}"'
        },
    )


@public_by_secret
def outside_page(request: HttpRequest, secret: str) -> HttpResponse:
    """One screen, no account."""
    if calls.find(request.territory, secret) is None:
        raise Http404
    return render(request, "cyber/call_public.html", _context(request))


urlpatterns = [
    path("qui-appeler/", inside_page, name="cyber-calls"),
    path("qui-appeler/adresse/", renew_page, name="cyber-call-address"),
    path("qui-appeler/feuille.html", file_page, {"form": "html"}, name="cyber-call-html"),
    path("qui-appeler/feuille.pdf", file_page, {"form": "pdf"}, name="cyber-call-pdf"),
]
public_urlpatterns = [path("p/<slug:slug>/qui-appeler/<str:secret>/", outside_page, name="cyber-call")]

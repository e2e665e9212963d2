"""The home of security: whom to call, the path, what is to be done this month; what is shared with the helper."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.models import ProgressShare
from beffroi.web.guides.offers import services as offers
from beffroi.web.guides.pages.listing import listed
from beffroi.web.platform.guards import requires
from beffroi.web.platform.open_entries import open_entries
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.tenancy.hosting import hosts_itself, in_force, the_host

from . import overview
from .due import due_this_month
from .incidents import calls
from .incidents.services import KIND
from .models import State, Ticket

DOMAIN = "cyber"
NOTHING = "none"


class ShareForm(forms.Form):
    """What the helper may see."""

    level = forms.ChoiceField(
        label="Ce que votre accompagnant voit",
        choices=[(NOTHING, "rien"), *ProgressShare.Level.choices],
        widget=forms.RadioSelect,
    )


@requires("cyber.read")
def home_page(request: HttpRequest) -> HttpResponse:
    """Three blocks: urgency, the path, this month; then everything else, folded."""
    territory = request.territory
    context: dict[str, Any] = {
        "contacts": calls.contacts(territory)[:4],
        "path": overview.path(territory),
        "due": due_this_month(territory, (DOMAIN, "general")),
        "incidents": overview.open_incidents(territory),
        "entries": [
            each
            for each in open_entries(request.user, territory, "securite")
            # A room above has a home of its own, which leads to its other pages.
            if each[0].url_name != "cyber" and (each[0].room == DOMAIN or each[0].url_name == each[0].room)
        ],
        "kinds": listed(request, territory, DOMAIN),
        "permission": Permission(request.user, "cyber.answer", territory),
        "share": ProgressShare.objects.of(territory).filter(domain=DOMAIN, until=None).first(),
    }
    if territory.kind == KIND:
        tickets = Ticket.objects.of(territory).exclude(state=State.CLOSED)
        context["queue"] = tickets.filter(state=State.TO_QUALIFY).count()
        context["referred"] = tickets.filter(state=State.REFERRED).count()
    return render(request, "cyber/home.html", context)


@requires("cyber.read")
def share_page(request: HttpRequest) -> HttpResponse:
    """What the helper sees, and the choice of who decides for the territory."""
    share = (
        ProgressShare.objects.of(request.territory)
        .filter(domain=DOMAIN, until=None)
        .select_related("by")
        .first()
    )
    form = ShareForm(initial={"level": share.level if share else NOTHING})
    context = {
        "form": form,
        "share": share,
        "host": the_host(),
        "alone": hosts_itself(request.territory, in_force(request.territory)),
        "permission": Permission(request.user, "cyber.accept", request.territory),
    }
    return render(request, "cyber/share.html", context)


@requires("cyber.accept")
@require_POST
def set_share(request: HttpRequest) -> HttpResponse:
    form = ShareForm(request.POST)
    there = reverse("cyber-share", kwargs={"slug": request.territory.slug})
    try:
        level = form.cleaned_data["level"] if form.is_valid() else "?"
        offers.share(request.territory, request.user, DOMAIN, "" if level == NOTHING else level)
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "C'est enregistré. Vous pouvez changer d'avis à tout moment.")
    return redirect(there)

"""The home of security: whom to call, the path, what is to be done this month; what is shared with the helper."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.web.guides.addresses import address
from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.library import library
from beffroi.web.guides.models import ProgressShare
from beffroi.web.guides.offers import services as offers
from beffroi.web.guides.opening import readable, successor
from beffroi.web.guides.pages.listing import listed
from beffroi.web.platform.guards import requires
from beffroi.web.platform.open_entries import open_entries
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.tenancy.hosting import hosts_itself, in_force, the_host
from beffroi.web.ui import navigation

from . import overview
from .due import due_this_month
from .incidents import calls
from .incidents.services import KIND
from .models import State, Ticket

DOMAIN = "cyber"
PLACE = "securite"
GENERAL_GUIDES = (
    "nis2", "obligations", "obligations_register", "legal_deadlines", "reen", "reen_strategy", "cyber_budget", "hosting", "processing",
)  # fmt: skip
"""Guides of the general subject that who looks after security needs too: they stand in both places."""
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
            *(each for each in open_entries(request.user, territory, PLACE) if each[0].url_name != "cyber"),
            # A place that a territory may fold into this one has a home of its own, which leads to its other pages.
            *(
                each
                for place, into in navigation.FOLDS_INTO.items()
                if into == PLACE
                for each in open_entries(request.user, territory, place)[:1]
            ),
        ],
        "kinds": listed(request, territory, DOMAIN),
        "general": [
            (found.title, address(territory, found))
            for key in GENERAL_GUIDES
            if (guide := library().guides.get(key))
            and (found := successor(guide, territory) or guide)
            and readable(request.user, found, territory)
        ],
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

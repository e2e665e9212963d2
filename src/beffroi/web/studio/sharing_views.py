"""Page of the sharing links of a board: list, creation, end."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from beffroi.web import public_address
from beffroi.web.platform.guards import requires
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.formats import french_date

from . import sharing
from .answers import StudioError
from .models import Board, BoardLink


class LinkForm(forms.Form):
    """For whom, and until when."""

    note = VisibleCharField(
        label="Pour qui",
        max_length=120,
        help_text="Par exemple « le bureau du 12 décembre ». Cela reste dans la liste, pas sur la page partagée.",
    )
    until = forms.DateField(
        label="Jusqu'au",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Ce jour compris ; un an au plus.",
    )


@require_http_methods(["GET", "POST"])
@requires("dataset.publish")
def board_share(request: HttpRequest, board: str) -> HttpResponse:
    """Create a link, displayed once; list and end the others."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Board.objects.of(place), slug=board)
    context: dict[str, Any] = {"board": found}
    if request.method == "POST":
        form = LinkForm(request.POST)
        if form.is_valid():
            try:
                link, secret = sharing.create_link(
                    found,
                    request.user,  # type: ignore[arg-type]
                    form.cleaned_data["until"],
                    form.cleaned_data["note"],
                )
            except StudioError as error:
                form.add_error(None, str(error))
            else:
                address = reverse("portal-link", args=[place.slug, secret])
                context |= {"made": link, "address": public_address.absolute(address)}
                form = _blank()
    else:
        form = _blank()
    views, withheld = sharing.link_figures(
        BoardLink(territory=place, board=found, author=request.user), lambda _: ""
    )  # type: ignore[misc]
    context |= {
        "form": form,
        "links": found.links.select_related("author"),
        "figures": views,
        "withheld": withheld,
    }
    context["incomplete"] = sharing.incomplete_figures(found, request.user)  # type: ignore[arg-type]
    return render(request, "studio/share.html", context)


@require_POST
@requires("dataset.publish")
def board_unshare(request: HttpRequest, board: str, link: int) -> HttpResponse:
    """End a link now."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(BoardLink.objects.of(place).select_related("board"), board__slug=board, pk=link)
    sharing.close_link(found, request.user)  # type: ignore[arg-type]
    messages.success(request, f"Le lien « {found.note} » ne mène plus à rien.")
    return redirect("board-share", place.slug, board)


def _blank() -> LinkForm:
    today = timezone.localdate()
    return LinkForm(
        initial={"until": today + sharing.DEFAULT_DURATION, "note": f"lien du {french_date(today)}"}
    )

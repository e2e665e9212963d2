"""Section of chart proposals on the page of a dataset, and the act that saves one.

Thin: the catalogue requests the section, the services save.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.catalogue.dataset_sections import Section
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may

from ..columns import FILE_UNIT
from ..new_analysis_views import PREVIEW_ERRORS
from ..partners import propose_partners
from . import proposals


def section(request: HttpRequest, dataset: Dataset) -> Section:
    """The charts proposed of a dataset, each with its buttons."""
    found = proposals.proposals(request.user, dataset)  # type: ignore[arg-type]
    shares = may(request.user, "dataset.publish", dataset.territory)
    part = {
        "proposals": found,
        "dataset": dataset,
        "may_share": shares,
        "partners": propose_partners(dataset, request.user),  # type: ignore[arg-type]
        "unknown_unit": FILE_UNIT,
    }
    return Section("studio/proposals.html", part)


def offered(request: HttpRequest, dataset: Dataset) -> bool:
    return proposals.open_to(request.user, dataset)  # type: ignore[arg-type]


@require_POST
@requires("recipe.edit")
def keep(request: HttpRequest, dataset: str) -> HttpResponse:
    """Save one of the proposed charts, then redirect to its board, or to its sharing page."""
    place = request.territory  # type: ignore[attr-defined]
    found = get_object_or_404(Dataset.objects.of(place), slug=dataset)
    if not offered(request, found):
        messages.error(request, "Aucun graphique ne peut être gardé de ce jeu. Rien n'a changé.")
        return redirect("dataset", place.slug, found.slug)
    try:
        unit = strip_invisible(request.POST.get("unite", ""))
        board, complete = proposals.keep(request.user, found, request.POST.get("graphique", ""), unit)  # type: ignore[arg-type]
    except PREVIEW_ERRORS as error:
        messages.error(request, str(error))
        return redirect("dataset", place.slug, found.slug)
    messages.success(request, f"Le graphique est gardé sur le tableau « {board.title} ».")
    if not complete:
        messages.warning(request, "Il n'a pas d'unité : donnez-la avant de le montrer au public.")
    shares = request.POST.get("suite") == "partager" and may(request.user, "dataset.publish", place)
    return redirect("board-share" if shares else "board", place.slug, board.slug)

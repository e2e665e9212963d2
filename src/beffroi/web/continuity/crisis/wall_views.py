"""The wall of the crisis director, which refreshes by itself without JavaScript, and the points of situation."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from beffroi.web.platform.guards import requires
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..models import Crisis, SituationPoint
from . import situation_points, wall
from .crisis_pages import address, base_context, crisis_or_404, pdf_or_text
from .forms import PointForm

EVERY = 30  # seconds


@requires("continuity.read")
def wall_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One screen. `?fixe=1`: it stays as it is, for who reads slowly."""
    crisis = crisis_or_404(request, pk)
    is_fixed = request.GET.get("fixe") == "1"
    context = base_context(request, crisis) | {
        "wall": wall.content(crisis),
        "now": timezone.now(),
        "is_fixed": is_fixed,
    }
    response = render(request, "continuity/crisis_wall.html", context)
    if not is_fixed and crisis.is_open:
        response.headers["Refresh"] = str(EVERY)
    return response


@requires("continuity.read")
def points_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Points that were made, and the next one, drafted from the journal."""
    crisis = crisis_or_404(request, pk)
    announced = crisis.next_point_at
    if announced is not None and announced < timezone.now():
        announced = None
    form = PointForm(initial={"situation": situation_points.draft(crisis), "next_at": announced})
    if request.method == "POST":
        form = PointForm(request.POST)
        if form.is_valid():
            try:
                point = situation_points.make(
                    crisis, request.user, form.cleaned_data["situation"], form.cleaned_data["next_at"]
                )
            except ContinuityError as error:
                add_field_error(form, error)
            else:
                return redirect(address(crisis, "crisis-point", number=point.number))
    context = base_context(request, crisis) | {"form": form, "points": crisis.points.select_related("by")}
    return render(request, "continuity/crisis_points.html", context, status=422 if form.errors else 200)


def _point(crisis: Crisis, number: int) -> SituationPoint:
    found = crisis.points.select_related("by", "crisis").filter(number=number).first()
    if found is None:
        raise Http404
    return found


@requires("continuity.read")
def point_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    crisis = crisis_or_404(request, pk)
    context = base_context(request, crisis) | situation_points.context(_point(crisis, number))
    return render(request, "continuity/crisis_point.html", context)


@requires("continuity.read")
def point_pdf_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    crisis = crisis_or_404(request, pk)
    point = _point(crisis, number)
    return pdf_or_text(crisis, f"point-{number}", lambda: situation_points.pdf(point))


urlpatterns = [
    path("crise/<int:pk>/mur/", wall_page, name="crisis-wall"),
    path("crise/<int:pk>/points/", points_page, name="crisis-points"),
    path("crise/<int:pk>/points/<int:number>/", point_page, name="crisis-point"),
    path("crise/<int:pk>/points/<int:number>/point.pdf", point_pdf_page, name="crisis-point-pdf"),
]

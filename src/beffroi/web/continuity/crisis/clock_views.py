"""A legal clock of a crisis: note that the complaint was lodged or the notice sent, correct it, have it run again."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from . import legal_clocks
from .crisis_pages import address, base_context, crisis_or_404
from .forms import ClockForm


@requires("cyber.answer")
def clock_page(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """When it was done, already now, and under which number: one act."""
    crisis = crisis_or_404(request, pk)
    try:
        running = legal_clocks.clock_of(crisis, key)
    except ContinuityError as error:
        raise Http404 from error
    form = ClockForm(running, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            done = legal_clocks.stop(crisis, request.user, key, data["at"], data.get("reference", ""))
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"{done.words}. Le délai est arrêté.")
            return redirect(address(crisis))
    context = base_context(request, crisis) | {"running": running, "form": form}
    return render(request, "continuity/crisis_clock.html", context, status=422 if form.errors else 200)


@requires("cyber.answer")
@require_POST
def reopen_page(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    crisis = crisis_or_404(request, pk)
    try:
        legal_clocks.reopen(crisis, request.user, key)
    except ContinuityError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Le délai court de nouveau.")
    return redirect(address(crisis))


urlpatterns = [
    path("crise/<int:pk>/delais/<slug:key>/", clock_page, name="crisis-clock"),
    path("crise/<int:pk>/delais/<slug:key>/rouvrir/", reopen_page, name="crisis-clock-reopen"),
]

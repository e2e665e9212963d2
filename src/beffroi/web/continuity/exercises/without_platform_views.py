"""An exercise that is played without the platform: its page as a file to carry away, and the file that comes back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..file_answers import attachment
from . import playable_page
from .exercise_file import MOST_BYTES
from .forms import PlayedFileForm
from .take_back import take_back
from .views import scenario_or_404, to


@requires("continuity.read")
def page_file(request: HttpRequest, key: str) -> HttpResponse:
    """The page that plays this scenario on a laptop, without network nor installation."""
    scenario = scenario_or_404(key)
    content = playable_page.document(scenario, request.territory)
    return attachment(content, "text/html; charset=utf-8", f"{playable_page.name(scenario)}.html")


@requires("continuity.answer")
def take_back_page(request: HttpRequest) -> HttpResponse:
    """Give back the file that the page saved: its record opens."""
    form = PlayedFileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if request.method == "POST" and form.is_valid():
        # One byte more than the most says that it is too much, and no more is read.
        try:
            taken = take_back(request.territory, request.user, form.cleaned_data["file"].read(MOST_BYTES + 1))
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "L'exercice est repris, avec son journal et ses corrections.")
            return redirect(to("exercise-debrief", taken.run))
    context = {"form": form, "permission": Permission(request.user, "continuity.answer", request.territory)}
    return render(request, "continuity/exercise_take_back.html", context, status=422 if form.errors else 200)

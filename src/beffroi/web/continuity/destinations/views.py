"""Pages of destinations: the list, one place with its copies and trials, declare, try now, withdraw."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.jobs import TooManyJobs
from beffroi.web.platform.operator_folders import folders_of
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.form_errors import add_field_error

from ..models import Destination, DestinationCopy, DestinationTrial, SitePublication
from ..offline_kit.stored_kits import last_whole
from . import services, trial_jobs
from .errors import DestinationError
from .forms import DeclareForm

MOST_LINES = 30


@requires("continuity.read")
def list_page(request: HttpRequest) -> HttpResponse:
    """Every place in use: its last copy and its last trial."""
    copies, trials = (
        {each.destination_id: each for each in services.last_attempts(model, request.territory)}
        for model in (DestinationCopy, DestinationTrial)
    )
    rows = Destination.objects.of(request.territory).filter(withdrawn_at=None)
    context = {
        "lines": [(each, copies.get(each.pk), trials.get(each.pk)) for each in rows],
        "permission": Permission(request.user, services.DECLARE, request.territory),
    }
    return render(request, "continuity/destinations.html", context)


@sensitive_post_parameters("password", "private_key")
@requires("continuity.approve")
def declare_page(request: HttpRequest) -> HttpResponse:
    form = DeclareForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            destination = services.declare(request.territory, request.user, **form.cleaned_data)
        except DestinationError as error:
            add_field_error(form, error)
        else:
            then = "Téléchargez le ZIP." if destination.is_by_hand else "Essayez-la maintenant."
            messages.success(request, f"« {destination} » est déclarée. {then}")
            return redirect("destination", request.territory.slug, destination.pk)
    context = {"form": form, "folders": folders_of(request.territory, settings.COPY_FOLDERS)}
    return render(request, "continuity/destination_declare.html", context, status=422 if form.errors else 200)


def _destination(request: HttpRequest, pk: int) -> Destination:
    rows = Destination.objects.of(request.territory).select_related("declared_by")
    found: Destination | None = rows.filter(pk=pk, withdrawn_at=None).first()
    if found is None:
        raise Http404
    return found


@requires("continuity.read")
def destination_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One place: where it is, what was copied, what its trials said."""
    destination = _destination(request, pk)
    of_it = {"destination": destination}
    context = {
        "destination": destination,
        "copies": DestinationCopy.objects.of(request.territory).filter(**of_it)[:MOST_LINES],
        "trials": DestinationTrial.objects.of(request.territory)
        .filter(**of_it)
        .select_related("by")[:MOST_LINES],
        "may_try": Permission(request.user, services.TRY, request.territory),
        "may_withdraw": Permission(request.user, services.DECLARE, request.territory),
        "may_take_kit": Permission(request.user, "continuity.answer", request.territory),
        "kit": last_whole(request.territory) if destination.is_by_hand else None,
        "publication": SitePublication.objects.of(request.territory).filter(site__is_exercise=False).first()
        if destination.is_by_hand
        else None,
    }
    return render(request, "continuity/destination.html", context)


@requires("continuity.answer")
@require_POST
def try_page(request: HttpRequest, pk: int) -> HttpResponse:
    destination = _destination(request, pk)
    if destination.is_by_hand:
        messages.error(request, "Cette destination se remplit à la main : il n'y a rien à essayer d'ici.")
        return redirect("destination", request.territory.slug, pk)
    try:
        job = trial_jobs.start(destination, request.user)
    except TooManyJobs as error:
        messages.error(request, str(error))
        return redirect("destination", request.territory.slug, pk)
    return redirect("job", request.territory.slug, job.pk)


@requires("continuity.approve")
@require_POST
def withdraw_page(request: HttpRequest, pk: int) -> HttpResponse:
    destination = _destination(request, pk)
    services.withdraw(destination, request.user)
    messages.success(
        request,
        f"« {destination} » est retirée, son mot de passe effacé. Ce qui s'y trouve n'est pas touché.",
    )
    return redirect("destinations", request.territory.slug)

"""Pages of a materialized result: its creation, its refresh, its end."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.jobs import JobError
from beffroi.web.platform.rights import may
from beffroi.web.ui.fields import VisibleCharField

from ..models import MaterializedResult, StoredRecipe
from . import materialization, refresh_jobs


class KeepForm(forms.Form):
    """What the dataset is called."""

    title = VisibleCharField(
        label="Titre du jeu de données",
        max_length=200,
        help_text="Le nom sous lequel vos collègues le trouveront au catalogue.",
    )


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def materialize(request: HttpRequest, recipe: str) -> HttpResponse:
    """What the dataset would inherit, then the job that creates it."""
    stored = _stored(request, recipe)
    place = stored.territory
    if not may(request.user, "dataset.deposit", place):
        raise Http404
    if (result := materialization.active_result(stored)) is not None:
        messages.info(request, f"Ce résultat est déjà gardé : c'est le jeu « {result.dataset.title} ».")
        return redirect("dataset", place.slug, result.dataset.slug)
    form = KeepForm(request.POST or None, initial={"title": stored.title})
    context: dict[str, Any] = {"recipe": stored, "form": form}
    try:
        planned = materialization.plan_materialization(request.user, stored)  # type: ignore[arg-type]
    except materialization.MATERIALIZATION_ERRORS as error:
        return render(request, "studio/materialize.html", context | {"trouble": str(error)})
    context |= {"rights": planned.rights, "sources": planned.opened.snapshots.values()}
    if request.method == "POST" and form.is_valid():
        try:
            job = refresh_jobs.start_materialize(stored, request.user, form.cleaned_data["title"])  # type: ignore[arg-type]
        except JobError as error:
            form.add_error(None, str(error))
        else:
            return redirect("job", place.slug, job.pk)
    return render(request, "studio/materialize.html", context, status=422 if form.errors else 200)


@require_POST
@requires("recipe.edit")
def take_over(request: HttpRequest, recipe: str) -> HttpResponse:
    """Refresh it now, with the requester's rights from now on."""
    result = _active_result_or_404(request, recipe)
    if not may(request.user, "dataset.deposit", result.territory):
        raise Http404
    try:
        materialization.take_over(result, request.user)  # type: ignore[arg-type]
        job = refresh_jobs.start_requested_refresh(result, request.user)  # type: ignore[arg-type]
    except (*materialization.MATERIALIZATION_ERRORS, JobError) as error:
        messages.error(request, f"Le calcul n'est pas demandé. {error}")
        return redirect("recipe", result.territory.slug, recipe)
    return redirect("job", result.territory.slug, job.pk)


@require_POST
@requires("dataset.manage")
def stop_refreshing(request: HttpRequest, recipe: str) -> HttpResponse:
    """Make it an ordinary dataset."""
    result = _active_result_or_404(request, recipe)
    if not may(request.user, "dataset.manage", result.dataset):
        raise Http404
    materialization.stop_refreshing(result, request.user)  # type: ignore[arg-type]
    messages.success(
        request, f"« {result.dataset.title} » n'est plus calculé. Ses dernières lignes sont gardées."
    )
    return redirect("dataset", result.territory.slug, result.dataset.slug)


def _stored(request: HttpRequest, slug: str) -> StoredRecipe:
    found = StoredRecipe.objects.of(request.territory).select_related("territory", "processing")  # type: ignore[attr-defined]
    return get_object_or_404(found, slug=slug)


def _active_result_or_404(request: HttpRequest, slug: str) -> MaterializedResult:
    result = materialization.active_result(_stored(request, slug))
    if result is None:
        raise Http404
    return result

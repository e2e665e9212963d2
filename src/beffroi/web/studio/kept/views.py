"""The page on which a result becomes a dataset; the buttons that compute it again or let it go."""

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

from ..models import KeptResult, StoredRecipe
from . import keeping, work


class KeepForm(forms.Form):
    """What the dataset is called."""

    title = VisibleCharField(
        label="Titre du jeu de données",
        max_length=200,
        help_text="Le nom sous lequel vos collègues le trouveront au catalogue.",
    )


@require_http_methods(["GET", "POST"])
@requires("recipe.edit")
def keep(request: HttpRequest, recipe: str) -> HttpResponse:
    """What the dataset would inherit, then the work that makes it."""
    stored = _stored(request, recipe)
    place = stored.territory
    if not may(request.user, "dataset.deposit", place):
        raise Http404
    if (kept := keeping.kept_of(stored)) is not None:
        messages.info(request, f"Ce résultat est déjà gardé : c'est le jeu « {kept.dataset.title} ».")
        return redirect("dataset", place.slug, kept.dataset.slug)
    form = KeepForm(request.POST or None, initial={"title": stored.title})
    context: dict[str, Any] = {"recipe": stored, "form": form}
    try:
        planned = keeping.plan(request.user, stored)  # type: ignore[arg-type]
    except keeping.TROUBLES as error:
        return render(request, "studio/keep.html", context | {"trouble": str(error)})
    context |= {"rights": planned.rights, "sources": planned.opened.snapshots.values()}
    if request.method == "POST" and form.is_valid():
        try:
            job = work.start_keep(stored, request.user, form.cleaned_data["title"])  # type: ignore[arg-type]
        except JobError as error:
            form.add_error(None, str(error))
        else:
            return redirect("job", place.slug, job.pk)
    return render(request, "studio/keep.html", context, status=422 if form.errors else 200)


@require_POST
@requires("recipe.edit")
def again(request: HttpRequest, recipe: str) -> HttpResponse:
    """Compute it now, with the rights of who asks from now on."""
    kept = _kept(request, recipe)
    if not may(request.user, "dataset.deposit", kept.territory):
        raise Http404
    try:
        keeping.ask_again(kept, request.user)  # type: ignore[arg-type]
        job = work.start_asked(kept, request.user)  # type: ignore[arg-type]
    except (*keeping.TROUBLES, JobError) as error:
        messages.error(request, f"Le calcul n'est pas demandé. {error}")
        return redirect("recipe", kept.territory.slug, recipe)
    return redirect("job", kept.territory.slug, job.pk)


@require_POST
@requires("dataset.manage")
def let_go(request: HttpRequest, recipe: str) -> HttpResponse:
    """An ordinary dataset from now on."""
    kept = _kept(request, recipe)
    if not may(request.user, "dataset.manage", kept.dataset):
        raise Http404
    keeping.let_go(kept, request.user)  # type: ignore[arg-type]
    messages.success(
        request, f"« {kept.dataset.title} » n'est plus calculé. Ses dernières lignes sont gardées."
    )
    return redirect("dataset", kept.territory.slug, kept.dataset.slug)


def _stored(request: HttpRequest, slug: str) -> StoredRecipe:
    found = StoredRecipe.objects.of(request.territory).select_related("territory", "processing")  # type: ignore[attr-defined]
    return get_object_or_404(found, slug=slug)


def _kept(request: HttpRequest, slug: str) -> KeptResult:
    kept = keeping.kept_of(_stored(request, slug))
    if kept is None:
        raise Http404
    return kept

"""Pages of the sources: the list, one source and what it brought, what is late; reading it now, pausing, changing, deleting."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from beffroi.lake.sources import Secret
from beffroi.web.platform.guards import requires
from beffroi.web.platform.http.downloads import download
from beffroi.web.platform.jobs import TooManyJobs
from beffroi.web.platform.rights import may

from ..errors import CatalogueError
from ..forms import SingleUploadForm
from ..lifecycle import receive
from ..lifecycle.file_storage import content_of
from ..models import Fetch, Source
from . import fetch_jobs, source_lists, source_registry, source_state
from .forms import (
    ClauseForm,
    DatasetForm,
    ModeForm,
    OwnerForm,
    PromiseForm,
    RhythmForm,
    TitleForm,
    initial_of,
)
from .place_forms import SecretForm
from .source_labels import BADGES, SECRETS, SHORT, freshness_of, place_of, state_of
from .wizard import assemble

A_PAGE = 20
MAX_DEADLINES = 8


@requires("source.read")
def sources(request: HttpRequest) -> HttpResponse:
    """Every source, the late ones first."""
    context = source_lists.listing(request.territory, request.GET)
    context["may_manage"] = may(request.user, "source.manage", request.territory)
    return render(request, "catalogue/sources/list.html", context)


@requires("source.read")
def late(request: HttpRequest) -> HttpResponse:
    """What is late: what, who owes it, since when, by which promise, who to write to."""
    return render(request, "catalogue/sources/late.html", {"rows": source_lists.late(request.territory)})


@requires("source.read")
def late_csv(request: HttpRequest) -> StreamingHttpResponse:
    found = source_lists.late(request.territory)
    return download(source_lists.as_csv(found), f"livraisons-en-retard-{timezone.localdate():%Y-%m-%d}.csv")


def _source(request: HttpRequest, pk: int) -> Source:
    rows = Source.objects.of(request.territory).select_related("territory", "dataset", "owner")
    return get_object_or_404(rows, pk=pk)


@requires("source.read")
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: where it stands, what it promised, what it brought."""
    found = _source(request, pk)
    today = timezone.localdate()
    fetches = list(found.fetches.select_related("delivery", "requested_by")[:A_PAGE])
    promise = found.promise
    person = request.user
    context: dict[str, Any] = {
        "source": found,
        "kind": SHORT.get(found.kind, found.kind),
        "place": place_of(found),
        "freshness": freshness_of(found),
        "state": state_of(found),
        "fetches": [(fetch, BADGES[Fetch.State(fetch.state)]) for fetch in fetches],
        "more": found.fetches.count() - len(fetches),
        "promise": promise.describe() if promise.unit else "",
        "deadlines": [(d, d.state(promise, today)) for d in source_state.deadlines(found)[-MAX_DEADLINES:]]
        if found.first_due
        else [],
        "waiting": source_state.waits(found),
        "running": next((fetch for fetch in fetches if fetch.state == Fetch.State.RUNNING), None),
        "may_manage": may(person, "source.manage", found),
        "may_fetch": not found.expected and fetch_jobs.may_fetch(person, found),
        "may_deposit": found.expected and may(person, "dataset.deposit", found),
        "has_secret": bool(SECRETS.get(found.kind)),
    }
    return render(request, "catalogue/sources/source.html", context)


@requires("source.read")
@require_POST
def fetch_now(request: HttpRequest, pk: int) -> HttpResponse:
    """« Relever maintenant »."""
    found = _source(request, pk)
    try:
        job = fetch_jobs.request_fetch(found, request.user)
    except PermissionDenied as error:
        raise Http404 from error
    except (CatalogueError, TooManyJobs) as error:
        messages.error(request, str(error))
        return redirect("source", request.territory.slug, pk)
    return redirect("job", request.territory.slug, job.pk)


@requires("dataset.deposit")
def deposit(request: HttpRequest, pk: int) -> HttpResponse:
    """The file that somebody owes, handed over: it counts as its delivery, and is poured when nothing is in doubt."""
    found = _source(request, pk)
    if not found.expected or not may(request.user, "source.read", found):
        raise Http404
    form = SingleUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = SingleUploadForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.upload()
            try:
                delivery = receive(request.territory, request.user, file.name or "fichier", content_of(file))
            except CatalogueError as error:
                form.add_error("file", str(error))
            else:
                job = fetch_jobs.deposited(found, delivery, request.user)
                return redirect("job", request.territory.slug, job.pk)
    context = {"source": found, "form": form}
    return render(request, "catalogue/sources/deposit.html", context, status=422 if form.errors else 200)


@requires("source.manage")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything but where it is and its secret, on one page."""
    found = _source(request, pk)
    initial, context = (
        initial_of(found),
        {"kind": found.kind, "source": found.pk, "growing": found.spec.get("cursor")},
    )
    data = request.POST if request.method == "POST" else None
    named: dict[str, Any] = {
        "titre": TitleForm,
        "jeu": DatasetForm,
        "mode": ModeForm,
        "rythme": RhythmForm,
        "responsable": OwnerForm,
        "promesse": PromiseForm,
        "clause": ClauseForm,
    }
    if found.expected:
        del named["rythme"]
    forms = {name: form(request.territory, context, data, initial) for name, form in named.items()}
    valid = [form.is_valid() for form in forms.values()] if data is not None else [False]
    failure = ""
    if all(valid):
        try:
            source_registry.change(found, request.user, assemble(forms["titre"].cleaned_data["title"], forms))
        except CatalogueError as error:
            failure = str(error)
        else:
            messages.success(request, "Les réglages sont enregistrés.")
            return redirect("source", request.territory.slug, pk)
    wrong = bool(failure) or any(form.errors for form in forms.values())
    context = {"source": found, "forms": forms, "failure": failure, "wrong": wrong}
    return render(request, "catalogue/sources/edit.html", context, status=422 if wrong else 200)


@sensitive_post_parameters("password", "key", "token")
@requires("source.manage")
def secret(request: HttpRequest, pk: int) -> HttpResponse:
    """A new secret in the place of the old one, which is never shown."""
    found = _source(request, pk)
    if not SECRETS.get(found.kind):
        raise Http404
    form = SecretForm(request.territory, {"kind": found.kind}, request.POST or None)
    if request.method == "POST" and form.is_valid():
        source_registry.new_secret(found, request.user, form.secret(Secret()))
        messages.success(request, "Le nouveau secret est chiffré et gardé. L'ancien est oublié.")
        return redirect("source", request.territory.slug, pk)
    context = {"source": found, "form": form}
    return render(request, "catalogue/sources/secret.html", context, status=422 if form.errors else 200)


@requires("source.manage")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """What cannot be undone is asked once: the source goes, what it brought stays."""
    found = _source(request, pk)
    if request.method == "POST":
        try:
            source_registry.remove(found, request.user)
        except CatalogueError as error:
            messages.error(request, str(error))
            return redirect("source", request.territory.slug, pk)
        messages.success(
            request, f"« {found.title} » est supprimée, avec son secret. Le jeu et ses livraisons restent."
        )
        return redirect("sources", request.territory.slug)
    return render(request, "catalogue/sources/remove.html", {"source": found})

"""Pages of the publication of personal data: one dataset's request step by step, and the list of those that wait."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from ..errors import CatalogueError, PublicationError
from ..models import Dataset, PublicationRequest
from ..row_queries import uniqueness
from . import authorisations, restrictions, workflow
from .forms import DecisionForm, OpinionForm, RequestForm, WithdrawForm
from .grounds import text_of_law
from .status import STEPS, publication_status

A_PAGE = 50
_FORMS: Final[dict[str, type[Form]]] = {"advise": OpinionForm, "decide": DecisionForm}


def _dataset(request: HttpRequest, slug: str) -> Dataset:
    found = Dataset.objects.of(request.territory).select_related("territory").filter(slug=slug).first()
    if found is None or not found.opens_by_decision:
        raise Http404
    return found


@requires("dataset.read")
def publications(request: HttpRequest) -> HttpResponse:
    """Every request of the territory: those that wait first."""
    place, person = request.territory, request.user
    rows = PublicationRequest.objects.of(place).select_related("dataset", "requested_by")
    context = {
        "to_advise": list(authorisations.waiting(place, advised=False)),
        "to_decide": list(authorisations.waiting(place, advised=True)),
        "page": Paginator(rows.exclude(outcome="", ended_at=None), A_PAGE).get_page(request.GET.get("page")),
        "closed": restrictions.recently_closed(person, place),
        "advises": may(person, authorisations.ADVISE, place),
        "decides": may(person, authorisations.DECIDE, place),
    }
    return render(request, "catalogue/publications.html", context)


@requires("dataset.read")
def publication(request: HttpRequest, dataset: str) -> HttpResponse:
    """Where the publication of one dataset is, who acts next, and the form of this reader's step."""
    return _page(request, _dataset(request, dataset))


def _page(request: HttpRequest, found: Dataset, failed: Form | None = None) -> HttpResponse:
    status = publication_status(found, request.user)
    obstacle = workflow.obstacle(found) if status.does == "request" else ""
    form: Form | None = None
    if status.does == "request" and not obstacle:
        form = RequestForm(found)
    elif status.does in _FORMS:
        form = _FORMS[status.does]()
    if form is not None and type(failed) is type(form):
        form = failed
    may_end = status.request is not None and (
        may(request.user, authorisations.PUBLISH, found) or may(request.user, authorisations.DECIDE, found)
    )
    in_words = {column["name"]: column["label"] for column in found.current.columns} if found.current else {}
    context: dict[str, Any] = {
        "dataset": found,
        "status": status,
        "steps": STEPS,
        "obstacle": obstacle,
        "form": form,
        "withdraw_form": (failed if isinstance(failed, WithdrawForm) else WithdrawForm())
        if may_end
        else None,
        "columns": [in_words.get(name, name) for name in status.request.columns] if status.request else [],
        "former": PublicationRequest.objects.of(request.territory)
        .filter(dataset=found)
        .exclude(ended_at=None)
        .select_related("decided_by", "ended_by")[:20],
        "law": text_of_law(),
        **(_counted(request.user, status.request) if status.request and status.does in _FORMS else {}),
    }
    return render(request, "catalogue/publication.html", context, status=422 if failed else 200)


def _counted(person: Person, row: PublicationRequest) -> dict[str, Any]:
    """How many rows would single somebody out, for who advises or decides; groups that an analysis made are not people."""
    if row.ground == PublicationRequest.Ground.ANONYMISED:
        return {}
    try:
        return {"uniqueness": uniqueness(person, row.dataset, row.columns)}
    except CatalogueError:
        return {"uncounted": True}


def _step(
    request: HttpRequest, found: Dataset, form: Form, act: Callable[[], object], done: str
) -> HttpResponse:
    """Do one step, and show the page again: with what happened, or with what must be corrected."""
    if form.is_valid():
        try:
            act()
        except PermissionDenied as error:
            raise Http404 from error
        except PublicationError as error:
            add_field_error(form, error)
        else:
            messages.success(request, done)
            return redirect("publication", request.territory.slug, found.slug)
    return _page(request, found, form)


def _open(found: Dataset) -> PublicationRequest:
    request = authorisations.open_request(found)
    if request is None:
        raise Http404
    return request


@requires("dataset.publish")
@require_POST
def request_page(request: HttpRequest, dataset: str) -> HttpResponse:
    found = _dataset(request, dataset)
    form = RequestForm(found, request.POST)
    return _step(
        request,
        found,
        form,
        lambda: workflow.request_publication(found, request.user, **form.cleaned_data),
        "Votre demande est inscrite. Le délégué à la protection des données donne d'abord son avis.",
    )


@requires("dataset.read")
@require_POST
def advise(request: HttpRequest, dataset: str) -> HttpResponse:
    """The opinion; the service asks for the DPO's right, which goes with few others."""
    found = _dataset(request, dataset)
    row, form = _open(found), OpinionForm(request.POST)
    return _step(
        request,
        found,
        form,
        lambda: workflow.advise(row, request.user, form.cleaned_data["opinion"], form.cleaned_data["words"]),
        "Votre avis est inscrit. L'élu décide maintenant.",
    )


@requires("publication.decide")
@require_POST
def authorise_or_refuse(request: HttpRequest, dataset: str) -> HttpResponse:
    found = _dataset(request, dataset)
    row, form = _open(found), DecisionForm(request.POST)
    authorise = request.POST.get("outcome") == PublicationRequest.Outcome.AUTHORISED
    return _step(
        request,
        found,
        form,
        lambda: workflow.settle(row, request.user, authorise=authorise, reason=form.cleaned_data["reason"]),
        f"« {found.title} » est publié : tout le monde peut lire les colonnes choisies."
        if authorise
        else "Votre refus est inscrit. Le public ne lit pas ces données.",
    )


@requires("dataset.read")
@require_POST
def withdraw(request: HttpRequest, dataset: str) -> HttpResponse:
    """The end; the service asks for the right to publish, or to decide."""
    found = _dataset(request, dataset)
    row, form = _open(found), WithdrawForm(request.POST)
    return _step(
        request,
        found,
        form,
        lambda: workflow.withdraw(row, request.user, form.cleaned_data["reason"]),
        "C'est retiré : le public ne lit pas ces données.",
    )

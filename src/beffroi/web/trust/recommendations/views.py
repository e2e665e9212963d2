"""Pages of citizens' recommendations inside: the list with its clock, one of them with its history, its forms, its CSV."""

import io
from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.web.decisions import authority
from beffroi.web.decisions.services import DecisionError
from beffroi.web.platform.forms import refused
from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.spreadsheets import Writer

from ..errors import TrustError
from ..models import Recommendation, RecommendationStep
from . import reading, services
from .forms import RecommendationForm, StepForm

FILTERS = [("", "toutes"), ("late", "en retard"), *RecommendationStep.State.choices]


@requires("system.read")
def list_page(request: HttpRequest) -> HttpResponse:
    """Every recommendation, those that wait the longest first."""
    return _list(request, RecommendationForm())


def list_context(request: HttpRequest) -> dict[str, object]:
    """Context of the list, inside or in public: the state and words searched for, and the lines found."""
    state, words = request.GET.get("etat", ""), request.GET.get("mots", "").strip()[:200]
    if state not in dict(FILTERS):
        state = ""
    every = reading.lines(request.territory)
    lines = reading.lines(request.territory, state=state, words=words) if state or words else every
    return {
        "lines": lines,
        "total": reading.count(every) if every else None,
        "filters": FILTERS,
        "state": state,
        "words": words,
    }


def _list(request: HttpRequest, form: RecommendationForm) -> HttpResponse:
    context = list_context(request) | {
        "form": form,
        "may_manage": may(request.user, "recommendation.manage", request.territory),
    }
    return render(request, "trust/recommendations.html", context, status=422 if form.errors else 200)


@requires("recommendation.manage")
@require_POST
def add_page(request: HttpRequest) -> HttpResponse:
    form = RecommendationForm(request.POST)
    if form.is_valid():
        try:
            row = services.receive(request.territory, request.user, **form.cleaned_data)
        except TrustError as error:
            refused(form, error)
        else:
            messages.success(
                request, f"{row} est inscrite et publique. Réponse promise le {row.answer_due:%d/%m/%Y}."
            )
            return _to(request, row)
    return _list(request, form)


def _to(request: HttpRequest, row: Recommendation) -> HttpResponse:
    kwargs = {"slug": request.territory.slug, "number": row.number}
    return redirect(reverse("recommendation", kwargs=kwargs))


def _row(request: HttpRequest, number: int) -> Recommendation:
    found: Recommendation | None = (
        Recommendation.objects.of(request.territory)
        .select_related("territory", "by")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise Http404
    return found


@requires("system.read")
def row_page(request: HttpRequest, number: int) -> HttpResponse:
    """One recommendation: where it stands, what was answered, by whom and under which title."""
    row = _row(request, number)
    return _one(request, row, StepForm(reading.where(row).state))


def _one(request: HttpRequest, row: Recommendation, form: StepForm) -> HttpResponse:
    where = reading.where(row)
    steps = row.steps.select_related("person").order_by("-at", "-pk")
    context = {
        "row": row,
        "where": where,
        "form": form,
        "next": services.PATHS[where.state],
        "history": [(step, authority.sentence(step.authority) if step.authority else "") for step in steps],
        "may_manage": may(request.user, "recommendation.manage", request.territory),
    }
    return render(request, "trust/recommendation.html", context, status=422 if form.errors else 200)


@requires("recommendation.manage")
@require_POST
def step_page(request: HttpRequest, number: int) -> HttpResponse:
    row = _row(request, number)
    form = StepForm(reading.where(row).state, request.POST)
    if form.is_valid():
        try:
            services.follow(row, request.user, form.cleaned_data["state"], form.cleaned_data["answer"])
        except (TrustError, DecisionError) as error:
            refused(form, error)
        else:
            messages.success(request, "La suite est inscrite, et publique.")
            return _to(request, row)
    return _one(request, row, form)


@requires("system.read")
def list_csv(request: HttpRequest) -> HttpResponse:
    """Every recommendation with its answer, for a spreadsheet."""
    return as_file(request.territory, reading.lines(request.territory))


HEADINGS = ("nature", "numéro", "recommandation", "origine", "reçue le", "réponse promise le", "état",
            "réponse donnée le", "en retard", "réponse")  # fmt: skip


def as_file(territory: Territory, lines: Iterable[reading.Line]) -> HttpResponse:
    nature = "données simulées" if territory.is_fictional else "réelle"
    text = io.StringIO()
    text.write("\ufeff")
    writer = Writer(text)
    writer.writerow(HEADINGS)
    for line in lines:
        row, where = line.row, line.where
        answered = where.answered.isoformat() if where.answered else ""
        cells = (nature, str(row.number), row.text, row.get_origin_display(), row.received_on.isoformat(),
                 row.answer_due.isoformat(), where.label, answered, "oui" if where.late else "non", where.answer)  # fmt: skip
        writer.writerow(cells)
    simulated = "-donnees-simulees" if territory.is_fictional else ""
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="recommandations-{territory.slug}{simulated}.csv"'
        },
    )

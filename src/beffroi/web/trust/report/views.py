"""Pages of the annual report inside: the years, the preview of one with what is missing, its files, its publication."""

import json
from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.web.decisions.services import DecisionError
from beffroi.web.platform.acts import act_of
from beffroi.web.platform.guards import requires
from beffroi.web.platform.ledger.memo import until_next_act
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui import printing
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import add_field_error

from ..errors import TrustError
from . import building, paper, presenting, publishing
from .content import AnnualReport


class CorrectionForm(forms.Form):
    """What a further version corrects; a first one corrects nothing."""

    use_required_attribute = False
    corrects = VisibleCharField(
        label="Ce que cette version corrige",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Exemple : « Le nombre de propositions de la cantine comptait deux fois le mois de mars. »",
    )


def _report(request: HttpRequest, year: int) -> AnnualReport:
    try:
        return building.build(request.territory, year)
    except ValueError as error:
        raise Http404 from error


@requires("system.read")
def reports_page(request: HttpRequest) -> HttpResponse:
    """The years, and what was published of each."""
    # Versions come the last first: read from the oldest, the last one stays.
    last = {one.year: one for one in reversed(publishing.publications(request.territory))}
    years = sorted({*last, *building.years(request.territory)}, reverse=True)
    rows = [(year, last.get(year)) for year in years]
    return render(request, "trust/reports.html", {"rows": rows})


@requires("system.read")
def report_page(request: HttpRequest, year: int) -> HttpResponse:
    return _page(request, year, CorrectionForm())


def _page(request: HttpRequest, year: int, form: CorrectionForm) -> HttpResponse:
    territory = request.territory
    report = until_next_act(territory, ("trust.report", year), lambda: _report(request, year))
    publications = publishing.publications(territory, year)
    form.fields["corrects"].required = bool(publications)
    context = presenting.context(presenting.plain(report)) | {
        "form": form,
        "missing": publishing.missing(report),
        "blocking": publishing.blocking(territory),
        "publications": publications,
        "may_publish": may(request.user, "report.publish", territory),
    }
    return render(request, "trust/report.html", context, status=422 if form.errors else 200)


@requires("report.publish")
@require_POST
def publish_page(request: HttpRequest, year: int) -> HttpResponse:
    form = CorrectionForm(request.POST)
    if form.is_valid():
        try:
            published = publishing.publish(
                request.territory, request.user, year, corrects=form.cleaned_data["corrects"]
            )
        except (TrustError, DecisionError) as error:
            add_field_error(form, error)
        else:
            messages.success(request, act_of(publishing.publish).sentence(published))
            return redirect(reverse("report", kwargs={"slug": request.territory.slug, "year": year}))
    return _page(request, year, form)


def file_name(territory: Territory, year: int, kind: str) -> str:
    simulated = "-donnees-simulees" if territory.is_fictional else ""
    return f"rapport-ia-{territory.slug}-{year}{simulated}.{kind}"


def printed(make: Callable[[], bytes], name: str) -> HttpResponse:
    """A PDF to take away, or why this machine cannot make one."""
    try:
        return answer(make(), name)
    except printing.NoPrinter as error:
        return HttpResponse(str(error), status=503, content_type="text/plain; charset=utf-8")


def answer(content: bytes | str, name: str) -> HttpResponse:
    """A file to take away: a PDF or a JSON."""
    kind = "application/pdf" if name.endswith(".pdf") else "application/json"
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@requires("system.read")
def report_pdf(request: HttpRequest, year: int) -> HttpResponse:
    report = presenting.plain(_report(request, year))
    return printed(
        lambda: paper.printed_report(json.dumps(report)), file_name(request.territory, year, "pdf")
    )


@requires("system.read")
def report_json(request: HttpRequest, year: int) -> HttpResponse:
    return answer(publishing.written(_report(request, year)), file_name(request.territory, year, "json"))

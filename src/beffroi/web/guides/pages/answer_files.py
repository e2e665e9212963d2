"""What goes in and out of answers as a file: taken away, filled in offline, read back with what it would change."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse

from beffroi.guides import Guide, Runbook
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted

from .. import answer_tables, tables
from ..errors import GuideError, StaleAnswersError
from ..models import Response, answers_of
from ..opening import domain, response_or_404
from ..register_forms import ImportForm
from ..services import responses

NOTE: Final = "Lu dans un fichier"
STEPS: Final = "Le fichier|Ce qui change"


@requires("territory.enter")
def export(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """What is asked and its answers, as a file that can be brought back."""
    response, found = response_or_404(request, pk)
    if form not in tables.MEDIA:
        raise Http404
    return tables.export(
        response.territory,
        found,
        form,
        answer_tables.HEADING,
        answer_tables.rows(response, found),
        version=response.edition.version,
        answers=answers_of(response),
    )


@requires("territory.enter")
def blank(request: HttpRequest, pk: int) -> HttpResponse:
    """Every question in a workbook, to be filled in offline."""
    response, found = response_or_404(request, pk)
    content = answer_tables.form(found, answers_of(response))
    return tables.file_response(content, response.territory, f"{found.title} à remplir", "xlsx")


@requires("territory.enter")
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a file or cells, read what they would change, apply it."""
    response, found = response_or_404(request, pk)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    context: dict[str, Any] = {
        "response": response,
        "guide": found,
        "domain": domain(found),
        "back": back_to(response, found),
        "steps": STEPS,
        "permission": Permission(request.user, domain(found).answer, request.territory),
    }
    if request.method == "POST":
        status = 200
        try:
            file, expected = request.FILES.get("file"), request.POST.get("expected", "")
            table = tables.read_upload(
                response.territory, answer_tables.column_of, file, request.POST.get("text", "")
            )
            read = answer_tables.read(found, table, answers_of(response))
            if expected and not file:
                try:
                    return _apply(request, response, found, read, expected)
                except StaleAnswersError as error:
                    messages.warning(request, str(error))
                    status = 409
            context |= _report(request, response, read) | {"text": table.to_text()}
        except GuideError as error:
            add_field_error(form, error)
        else:
            return render(request, "guides/answers_report.html", context, status=status)
    context |= {"form": form}
    return render(request, "guides/answers_import.html", context, status=422 if form.errors else 200)


def back_to(response: Response, found: Guide) -> str:
    """The page of this response."""
    name = "guide-run" if isinstance(found, Runbook) else "response"
    return reverse(name, kwargs={"slug": response.territory.slug, "pk": response.pk})


def _apply(
    request: HttpRequest, response: Response, found: Guide, read: answer_tables.AnswersRead, expected: str
) -> HttpResponse:
    report = responses.apply_answers(response, request.user, read.values, expected=expected, note=NOTE)
    done = counted(len(report.changed), "réponse enregistrée", "réponses enregistrées")
    messages.success(request, f"{done} d'après le fichier.")
    return redirect(back_to(response, found))


def _report(request: HttpRequest, response: Response, read: answer_tables.AnswersRead) -> dict[str, Any]:
    report = responses.review_answers(response, request.user, read.values)
    refused = read.refused + [
        (read.lines[fault.question], fault.message)
        for fault in report.faults
        if fault.question in read.values
    ]
    return {
        "report": report,
        "changed": [
            (question.label, question.format(before), question.format(after))
            for question, before, after in report.changed
        ],
        "same": len(read.lines) - len(report.changed) - sum(f.question in read.values for f in report.faults),
        "refused": sorted(refused),
        "warnings": [fault.message for fault in report.faults if fault.question not in read.values],
    }


urlpatterns: list[URLPattern] = [
    path("reponses/<int:pk>/importer/", import_page, name="response-import"),
    path("reponses/<int:pk>/a-remplir.xlsx", blank, name="response-blank"),
    path("reponses/<int:pk>/reponses.<slug:form>", export, name="response-export"),
]

"""Papers: read on the page, printed, taken away as PDF, ODT, text, mail draft or offline ZIP."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse

from beffroi.guides import Paper
from beffroi.web.platform.guards import requires
from beffroi.web.ui import opendocument, printing

from .. import papers
from ..models import Response
from ..opening import domain, guide_or_404, response_or_404

FORMS = {
    "pdf": ("application/pdf", papers.pdf),
    "odt": (opendocument.TEXT, papers.odt),
    "txt": ("text/plain; charset=utf-8", papers.text),
    "eml": ("message/rfc822", papers.mail),
    "zip": ("application/zip", papers.offline),
}


def _source(request: HttpRequest) -> Response | None:
    """The response that the paper is made of, when the address says one (`?de=12`)."""
    number = request.GET.get("de", "")
    if not number:
        return None
    if not number.isdecimal() or len(number) > 12:
        raise Http404
    return response_or_404(request, int(number))[0]


@requires("territory.enter")
def paper_page(request: HttpRequest, key: str) -> HttpResponse:
    """The paper with what is known today; what is missing is said."""
    paper = guide_or_404(request, Paper, key)
    source = _source(request)
    context = {
        "guide": paper,
        "domain": domain(paper),
        "document": papers.build(paper, request.territory, source),
        "query": f"?de={source.pk}" if source else "",
    }
    return render(request, "guides/paper.html", context)


@requires("territory.enter")
def file_page(request: HttpRequest, key: str, form: str) -> HttpResponse:
    """The paper as a file. `form`: one of FORMS."""
    paper = guide_or_404(request, Paper, key)
    document = papers.build(paper, request.territory, _source(request))
    content_type, make = FORMS[form]
    try:
        content = make(document)
    except printing.NoPrinter as error:
        messages.error(request, str(error))
        return redirect(reverse("paper", kwargs={"slug": request.territory.slug, "key": key}))
    return HttpResponse(
        content,
        content_type=content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{document.file_name}.{form}"',
            "Cache-Control": "no-store",
        },
    )


urlpatterns = [
    path("documents/<slug:key>/", paper_page, name="paper"),
    *(
        path(f"documents/<slug:key>/document.{form}", file_page, {"form": form}, name=f"paper-{form}")
        for form in FORMS
    ),
]

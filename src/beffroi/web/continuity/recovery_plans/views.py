"""Pages of the plans: both and their state, one plan as it stands beside what was signed, its files; the calendar of tests."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.mandates import sentence
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui import printing
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..file_answers import file_answer, pdf_answer
from ..models import PlanEdition
from . import continuity_tests, plan_editions
from .forms import ResultForm
from .plan_drafts import draft_of


@requires("continuity.read")
def list_page(request: HttpRequest) -> HttpResponse:
    """Both plans: what each is for, whether it is signed, since when."""
    lines = []
    for kind in PlanEdition.Kind.values:
        last = plan_editions.last_edition(request.territory, kind)
        lines.append(
            (kind, draft_of(request.territory, kind), last, last is not None and plan_editions.is_fresh(last))
        )
    return render(request, "continuity/plans.html", {"lines": lines})


def _kind(kind: str) -> str:
    if kind not in PlanEdition.Kind.values:
        raise Http404
    return kind


@requires("continuity.read")
def plan_page(request: HttpRequest, kind: str) -> HttpResponse:
    """The plan as it stands, what changed since it was signed, the signed editions."""
    draft = draft_of(request.territory, _kind(kind))
    signed = plan_editions.editions_of(request.territory, kind)
    last = signed[0] if signed else None
    changes = draft.changes_since(last)
    context = {
        "draft": draft,
        "last": last,
        "is_signed": last is not None and not changes,
        "is_fresh": last is not None and plan_editions.is_fresh(last),
        "changes": changes,
        "older": signed[1:],
        "authority": sentence(last.authority) if last and last.authority else "",
        "permission": Permission(request.user, "continuity.accept", request.territory, "signer ce plan"),
    }
    return render(request, "continuity/plan.html", context)


@requires("continuity.accept")
@require_POST
def sign_page(request: HttpRequest, kind: str) -> HttpResponse:
    """Sign what was read."""
    try:
        edition = plan_editions.sign(
            request.territory, request.user, _kind(kind), expected=request.POST.get("expected", "")
        )
    except ContinuityError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Édition {edition.number} signée. Imprimez-la, et rangez-la hors ligne.")
    return redirect("recovery-plan", request.territory.slug, kind)


@requires("continuity.read")
def draft_file(request: HttpRequest, kind: str) -> HttpResponse:
    """The draft as a PDF, to be read in a meeting."""
    draft = draft_of(request.territory, _kind(kind))
    page = reverse("recovery-plan", args=[request.territory.slug, kind])
    return pdf_answer(request, lambda: printing.render_pdf(draft.document()), f"{kind}-projet", page)


@requires("continuity.read")
def edition_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """A signed edition: the HTML file whose hash was signed, or its PDF."""
    edition: PlanEdition | None = PlanEdition.objects.of(request.territory).filter(pk=pk).first()
    if edition is None:
        raise Http404
    name = f"{edition.kind}-edition-{edition.number}"
    if form == "html":
        content = edition.document.encode()
        return file_answer(request.territory, content, "text/html; charset=utf-8", name, form)
    page = reverse("recovery-plan", args=[request.territory.slug, edition.kind])
    return pdf_answer(request, lambda: plan_editions.pdf(edition), name, page)


@requires("continuity.read")
def tests_page(request: HttpRequest) -> HttpResponse:
    """The calendar: what comes next first."""
    context = {
        "lines": continuity_tests.calendar(request.territory),
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/tests.html", context)


@requires("continuity.answer")
@require_POST
def begin_tests_page(request: HttpRequest) -> HttpResponse:
    """Take the tests that Beffroi proposes."""
    count = continuity_tests.begin(request.territory, request.user)
    messages.success(request, f"{counted(count, 'essai ajouté', 'essais ajoutés')}. Donnez un jour à chacun.")
    return redirect("continuity-tests", request.territory.slug)


@requires("continuity.answer")
def result_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Note a test; what did not work becomes corrections."""
    entry = _test(request, pk)
    form = ResultForm(request.POST or None, initial={"seen": entry.revision})
    if request.method == "POST" and form.is_valid():
        try:
            actions = continuity_tests.record_result(entry, request.user, **_values(form))
        except (ContinuityError, GuideError) as error:
            add_field_error(form, error)
        else:
            more = (
                f" {counted(len(actions), 'correction ajoutée', 'corrections ajoutées')} au plan."
                if actions
                else ""
            )
            messages.success(request, f"L'essai est noté.{more}")
            return redirect("continuity-tests", request.territory.slug)
    context = {"form": form, "entry": entry, "today": timezone.localdate()}
    return render(request, "continuity/test_result.html", context, status=422 if form.errors else 200)


def _test(request: HttpRequest, pk: int) -> RegisterEntry:
    rows = RegisterEntry.objects.of(request.territory).filter(
        register=continuity_tests.REGISTER, removed_at=None
    )
    found: RegisterEntry | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _values(form: ResultForm) -> dict[str, Any]:
    found = dict(form.cleaned_data)
    return found | {"findings": found["findings"].splitlines()}

"""The debrief of an exercise: what was expected and seen, and what is to be corrected, by whom and when; as a page and as files."""

from decimal import Decimal
from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from beffroi.guides import Plan
from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import FollowedAction, Response
from beffroi.web.guides.services import plans
from beffroi.web.guides.tables import MEDIA, export
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import require
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui import printing
from beffroi.web.ui.form_errors import FieldError, add_field_error

from . import papers
from .forms import CorrectionForm
from .presenting import Course, course, short_title
from .views import exercise_or_404, to

PLAN: Final = "continuity_plan"
HEADING: Final = (
    "EXERCICE", "Minute du scénario", "Reçu à", "Pour", "Par", "Message", "Attendu", "Vu", "Réactions",
    "Minutes avant réaction",
)  # fmt: skip


def _corrections(run: Response) -> list[FollowedAction]:
    rows = FollowedAction.objects.of(run.territory).filter(plan=PLAN)
    return [row for row in rows if row.content.get("why") == _reason(run)]


def _reason(run: Response) -> str:
    """How a correction says where it comes from."""
    return f"Décidé au bilan de l'exercice n° {run.pk}, le {timezone.localtime(run.opened_at):%d/%m/%Y}."


@requires("continuity.read")
def debrief_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Each inject with what was expected and seen; posting adds a correction to the plan of continuity."""
    run, scenario = exercise_or_404(request, pk)
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        require(request.user, "continuity.answer", request.territory)
        plan = guide(Plan, PLAN)
        try:
            with transaction.atomic():
                action = plans.add_action(
                    run.territory, request.user, plan, form.cleaned_data["title"], why=_reason(run)
                )
                owner, due_on = form.cleaned_data["owner"], form.cleaned_data["due_on"]
                plans.update_action(action, request.user, plan, owner=owner, due_on=due_on, spent=Decimal(0))
        except GuideError as error:
            add_field_error(form, FieldError(str(error), error.field))
        else:
            messages.success(request, "La correction est dans le plan de continuité.")
            return redirect(to("exercise-debrief", run))
    now = course(run, scenario)
    context: dict[str, Any] = {
        "course": now,
        "run": run,
        "guide": scenario,
        "form": form,
        "corrections": _corrections(run),
        "plan": PLAN,
        "seen": _counts(now),
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/exercise_debrief.html", context, status=422 if form.errors else 200)


def _counts(now: Course) -> list[tuple[str, int]]:
    """How many expected reactions were seen, partly seen, missed, and not observed."""
    received = [row for row in now.rows if row.placed.state == "delivered" and row.placed.inject.expected]
    words = [row.verdict or "sans observation" for row in received]
    return [(word, words.count(word)) for word in ("fait", "en partie", "pas fait", "sans observation")]


@requires("continuity.read")
def debrief_file(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """The debrief as a file: pdf, or the table as csv, xlsx, ods or json."""
    run, scenario = exercise_or_404(request, pk)
    now = course(run, scenario)
    if form == "pdf":
        try:
            content = papers.debrief_pdf(now, _corrections(run))
        except printing.NoPrinter as error:
            messages.error(request, str(error))
            return redirect(to("exercise-debrief", run))
        return HttpResponse(
            content,
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="EXERCICE-bilan-{run.pk}.pdf"',
                "Cache-Control": "no-store",
            },
        )
    if form not in MEDIA:
        raise Http404
    rows = [_cells(row) for row in now.rows]
    named = scenario.model_copy(update={"title": f"EXERCICE {short_title(scenario.title)}"})
    return export(run.territory, named, form, HEADING, rows, exercise=True, injects=rows)


def _cells(row: Any) -> list[Any]:
    placed, inject = row.placed, row.placed.inject
    at = f"{timezone.localtime(placed.at):%d/%m/%Y %H:%M:%S}" if placed.at else ""
    reactions = " ; ".join(event.data["text"] for event in row.reactions)
    return [
        "EXERCICE", round(placed.minute, 1), at, row.role, row.medium, inject.title, inject.expected, row.verdict,
        reactions, row.minutes_to_react,
    ]  # fmt: skip

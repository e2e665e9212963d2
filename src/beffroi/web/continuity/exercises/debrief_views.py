"""The debrief of an exercise: what was expected and seen, and what is to be corrected, by whom and when; as a page and as files."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from beffroi.web.guides.tables import MEDIA, export
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..file_answers import pdf_answer
from . import papers, services
from .exercise_journal import JOURNAL_HEADING
from .forms import CorrectionForm
from .presenting import Course, InjectRow, course, short_title
from .views import exercise_or_404, to

HEADING: Final = (
    "EXERCICE", "Minute du scénario", "Reçu à", "Pour", "Par", "Message", "Attendu", "Observé", "Réactions",
    "Minutes avant réaction",
)  # fmt: skip


@requires("continuity.read")
def debrief_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Each inject with what was expected and seen; posting adds a correction to the plan of continuity."""
    run, scenario = exercise_or_404(request, pk)
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_correction(run, request.user, **form.cleaned_data)
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "La correction est dans le plan de continuité.")
            return redirect(to("exercise-debrief", run))
    now = course(run, scenario)
    context: dict[str, Any] = {
        "course": now,
        "run": run,
        "guide": scenario,
        "form": form,
        "corrections": services.corrections(run),
        "plan": services.PLAN,
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
    """The debrief as a file: pdf, or the table as csv, xlsx, ods or json; `journal-csv`…: its journal."""
    run, scenario = exercise_or_404(request, pk)
    now = course(run, scenario)
    if form == "pdf":
        return pdf_answer(
            request,
            lambda: papers.debrief_pdf(now, services.corrections(run)),
            f"EXERCICE-bilan-{run.pk}",
            to("exercise-debrief", run),
        )
    table, _, kind = form.rpartition("-")
    if kind not in MEDIA or table not in ("", "journal"):
        raise Http404
    injects, journal = [_cells(row) for row in now.rows], [each.cells() for each in now.journal]
    heading, rows = (JOURNAL_HEADING, journal) if table else (HEADING, injects)
    title = " ".join(filter(None, ("EXERCICE", table, short_title(scenario.title))))
    named = scenario.model_copy(update={"title": title})
    return export(run.territory, named, kind, heading, rows, exercise=True, injects=injects, journal=journal)


def _cells(row: InjectRow) -> list[Any]:
    placed, inject = row.placed, row.placed.inject
    at = f"{timezone.localtime(placed.at):%d/%m/%Y %H:%M:%S}" if placed.at else ""
    reactions = " ; ".join(f"{note.clock} {note.author} : {note.text}" for note in row.reactions)
    return [
        "EXERCICE", round(placed.minute, 1), at, row.role, row.medium, inject.title, inject.expected, row.verdict,
        reactions, row.minutes_to_react,
    ]  # fmt: skip

"""The journal: one line in one act, corrections beside, filters, files; journals of sticks read, then merged."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..file_answers import attachment
from ..models import Crisis, JournalLine
from ..offline_pages.journal_lines import MOST_BYTES
from ..reviewed_files import carried, carry, read_upload
from . import journal, journal_files, journal_merge, roles
from .crisis_pages import address, base_context, crisis_or_404, pdf_or_text
from .forms import CorrectionForm, JournalFileForm, LineForm
from .views import show_crisis

A_PAGE = 200


@requires("continuity.answer")
@require_POST
def write_page(request: HttpRequest, pk: int) -> HttpResponse:
    crisis = crisis_or_404(request, pk)
    form = LineForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        role = "" if data["author"] else roles.role_of(crisis, request.user)
        try:
            journal.write_line(
                crisis,
                request.user,
                text=data["text"],
                kind=data["kind"],
                fact_at=data["fact_at"],
                author=data["author"],
                role=role,
                one_time=data["one_time"],
            )
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            return redirect(address(crisis))
    return show_crisis(request, crisis, form)


@requires("continuity.read")
def journal_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Every line, its hours, its corrections; filters by sort, author and words."""
    crisis = crisis_or_404(request, pk)
    rows = journal.rows_in_order(crisis)
    kind = request.GET.get("sorte", "")
    author, words = request.GET.get("auteur", ""), request.GET.get("mots", "")[:100]
    found = journal.entries(
        rows, kinds=[kind] if kind in JournalLine.Kind.values else [], words=words, author=author
    )
    context = base_context(request, crisis) | {
        "page": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
        "count": journal.counted_lines(rows),
        "forms": list(journal_files.FORMS),
        "kinds": JournalLine.Kind.choices,
        "kind": kind,
        "authors": sorted({row.author for row in rows}),
        "author": author,
        "words": words,
        "faults": journal.faults(crisis),
        "merges": crisis.merges.select_related("by"),
    }
    return render(request, "continuity/crisis_journal.html", context)


@requires("continuity.answer")
def correct_page(request: HttpRequest, pk: int, line: int) -> HttpResponse:
    """A correction: a new line beside the one that it corrects."""
    crisis = crisis_or_404(request, pk)
    row = crisis.lines.filter(pk=line).first()
    if row is None:
        raise Http404
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            journal.write_line(
                crisis,
                request.user,
                text=form.cleaned_data["text"],
                kind=JournalLine.Kind.CORRECTION,
                role=roles.role_of(crisis, request.user),
                corrects=row,
                one_time=form.cleaned_data["one_time"],
            )
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            return redirect(address(crisis, "crisis-journal"))
    context = base_context(request, crisis) | {"row": row, "form": form}
    return render(request, "continuity/crisis_correct.html", context, status=422 if form.errors else 200)


@requires("continuity.read")
def export_page(request: HttpRequest, pk: int, form: str) -> HttpResponse:
    """PDF, CSV, XLSX, or JSON in the format of the stick."""
    crisis = crisis_or_404(request, pk)
    if form not in journal_files.FORMS:
        raise Http404
    media, make = journal_files.FORMS[form]
    if form == "pdf":
        return pdf_or_text(crisis, "journal", lambda: make(crisis))
    return attachment(make(crisis), media, f"{journal_files.file_name(crisis, 'journal')}.{form}")


@requires("continuity.answer")
def merge_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a journal back: read what it would add, then merge it."""
    crisis = crisis_or_404(request, pk)
    form = JournalFileForm()
    context = base_context(request, crisis)
    if request.method == "POST":
        form = JournalFileForm(request.POST, request.FILES)
        try:
            if expected := request.POST.get("expected", ""):
                return _merge(request, crisis, form, expected)
            if form.is_valid():
                raw = read_upload(form.cleaned_data["file"], MOST_BYTES)
                context |= {
                    "preview": journal_merge.preview(crisis, request.user, raw),
                    "raw": carry(raw),
                    "form": JournalFileForm(),
                }
                return render(request, "continuity/crisis_merge_preview.html", context)
        except ContinuityError as error:
            form.is_valid()
            form.errors.clear()
            add_field_error(form, error)
    context["form"] = form
    return render(request, "continuity/crisis_merge.html", context, status=422 if form.errors else 200)


def _merge(request: HttpRequest, crisis: Crisis, form: JournalFileForm, expected: str) -> HttpResponse:
    if text := request.POST.get("raw", ""):
        raw = carried(text)
    elif form.is_valid():
        raw = read_upload(form.cleaned_data["file"], MOST_BYTES)
    else:
        raise ContinuityError("Choisissez de nouveau le même fichier.", "file")
    row = journal_merge.merge(crisis, request.user, raw, expected)
    added = counted(row.added, "ligne reprise", "lignes reprises")
    messages.success(request, f"{added}, {row.known} déjà là. Elles sont marquées « hors ligne ».")
    return redirect(address(crisis, "crisis-journal"))


urlpatterns = [
    path("crise/<int:pk>/ligne/", write_page, name="crisis-write"),
    path("crise/<int:pk>/journal/", journal_page, name="crisis-journal"),
    path("crise/<int:pk>/journal/<int:line>/corriger/", correct_page, name="crisis-correct"),
    path("crise/<int:pk>/journal.<slug:form>", export_page, name="crisis-journal-export"),
    path("crise/<int:pk>/reprendre/", merge_page, name="crisis-merge"),
]

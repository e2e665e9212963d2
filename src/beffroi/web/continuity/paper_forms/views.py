"""Pages of paper forms: the list, one form with its counters, its sheets to print, what became of each number."""

from collections import Counter

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui import printing
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..file_answers import file_answer, pdf_answer
from ..models import NumberRange
from . import numbers
from .definitions import PaperForm, paper_form, paper_forms
from .forms import AllotForm, EndForm
from .kit_forms import kit_forms
from .printing import blank_forms, range_document
from .sheet_numbers import NumberError, SheetNumber, parse_code, parse_number


@requires("continuity.read")
def list_page(request: HttpRequest) -> HttpResponse:
    """Every form, how many sheets of it are out, and whether the kit has it."""
    counted: Counter[str] = Counter()
    kit: Counter[str] = Counter()
    for row in NumberRange.objects.of(request.territory):
        counted[row.form] += row.size
        kit[row.form] += row.size if row.counter == numbers.KIT_COUNTER else 0
    in_kit = {each.form.key: each for each in kit_forms(request.territory)}
    forms = [
        (form, counted[form.key], kit[form.key], in_kit.get(form.key))
        for form in paper_forms(request.territory)
    ]
    missing = sum(len(each.missing) for each in numbers.sheets_by_counter(request.territory))
    return render(request, "continuity/paper_forms.html", {"forms": forms, "missing": missing})


def _form(request: HttpRequest, key: str) -> PaperForm:
    try:
        return paper_form(request.territory, key)
    except KeyError:
        raise Http404 from None


@requires("continuity.read")
def form_page(request: HttpRequest, key: str) -> HttpResponse:
    """One form: its counters and their sheets; allot more."""
    form = _form(request, key)
    typed = AllotForm(request.POST or None)
    if request.method == "POST" and typed.is_valid():
        data = typed.cleaned_data
        try:
            counter = numbers.Counter.parse(data["counter"], data["counter_name"])
            row = numbers.allot(
                request.territory,
                form,
                counter,
                data["count"],
                request.user,
                is_exercise=data["is_exercise"],
            )
        except ContinuityError as error:
            add_field_error(typed, error)
        else:
            done = "attribués à" if row.size > 1 else "attribué à"
            print_it = "Imprimez-les." if row.size > 1 else "Imprimez-le."
            messages.success(request, f"{row} : {done} « {row.counter_name} ». {print_it}")
            return redirect("paper-form", request.territory.slug, key)
    context = {
        "form": form,
        "allot": typed,
        "counters": numbers.sheets_by_counter(request.territory, key),
        "ranges": NumberRange.objects.of(request.territory).filter(form=key).select_related("allotted_by"),
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/paper_form.html", context, status=422 if typed.errors else 200)


@requires("continuity.read")
def preview_page(request: HttpRequest, key: str) -> HttpResponse:
    """The sheet as it is printed, with a number that is nobody's."""
    form = _form(request, key)
    sample = SheetNumber(form.mark, "0", 0)
    try:
        document = blank_forms(request.territory, form, [sample], "Modèle, à ne pas utiliser")
        content = printing.render_pdf(document)
    except printing.NoPrinter as error:
        messages.error(request, str(error))
        return redirect("paper-form", request.territory.slug, key)
    return HttpResponse(content, content_type="application/pdf")


@requires("continuity.read")
def range_page(request: HttpRequest, pk: int, extension: str) -> HttpResponse:
    """The sheets of a range as one PDF, or as one HTML file that opens without network."""
    row = NumberRange.objects.of(request.territory).select_related("territory").filter(pk=pk).first()
    if row is None:
        raise Http404
    document = range_document(row, _form(request, row.form))
    name = f"{row.mark}-{row.counter}-{row.first:04}-{row.last:04}{'-exercice' if row.is_exercise else ''}"
    if extension != "pdf":
        content = printing.for_browsers(document)
        return file_answer(request.territory, content, "text/html; charset=utf-8", name, extension)
    page = reverse("paper-form", args=[request.territory.slug, row.form])
    return pdf_answer(request, lambda: printing.render_pdf(document), name, page)


@requires("continuity.read")
def ends_page(request: HttpRequest) -> HttpResponse:
    """What became of the sheets: those of which nothing is known, those explained; say how one ended."""
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            number = _number(data["number"])
            numbers.end_number(request.territory, number, data["outcome"], data["reason"], request.user)
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"C'est noté pour la feuille {number}.")
            return redirect("number-ends", request.territory.slug)
    context = {
        "form": form,
        "counters": numbers.sheets_by_counter(request.territory),
        "titles": {each.key: each.title for each in paper_forms(request.territory)},
        "permission": Permission(request.user, "continuity.answer", request.territory),
    }
    return render(request, "continuity/number_ends.html", context, status=422 if form.errors else 200)


def _number(text: str) -> SheetNumber:
    try:
        return parse_code(text).number if ":" in text else parse_number(text)
    except NumberError as error:
        raise ContinuityError(str(error), "number") from None

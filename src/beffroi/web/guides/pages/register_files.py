"""What goes in and out of a register as a file: import with its report, exports, the paper; the files that prove an entry."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web import public_address
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted

from .. import tables
from ..calendars import Event, write_calendar
from ..errors import GuideError, StaleEntryError
from ..opening import domain, guide_or_404
from ..register_forms import ImportForm
from ..register_lists import due_of, rows_of
from ..services import registers

MOST_LISTED = 50
"""Lines of each part of a report; its counts say the rest."""


@requires("territory.enter")
def import_page(request: HttpRequest, key: str) -> HttpResponse:
    """Bring a file or cells, read what they would change, apply it."""
    register = guide_or_404(request, Register, key)
    known = domain(register)
    context: dict[str, Any] = {
        "guide": register,
        "domain": known,
        "may_answer": Permission(request.user, known.answer, request.territory),
    }
    form = ImportForm()
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
        status = 200
        try:
            table = tables.read_upload(
                request.territory,
                register.field_of,
                request.FILES.get("file"),
                request.POST.get("text", ""),
            )
            if expected := request.POST.get("expected", ""):
                try:
                    return _apply(request, register, table, expected)
                except StaleEntryError:
                    changed = "Le registre a changé depuis ce compte rendu. Relisez-le, puis appliquez."
                    messages.warning(request, changed)
                    status = 409
            context |= _report(request, register, table)
        except GuideError as error:
            add_field_error(form, error)
        else:
            return render(request, "guides/register_report.html", context, status=status)
    context |= {"form": form}
    return render(request, "guides/register_import.html", context, status=422 if form.errors else 200)


def _apply(request: HttpRequest, register: Register, table: tables.Table, expected: str) -> HttpResponse:
    report = registers.import_table(
        request.territory, request.user, register, table.heading, table.rows, apply=True, expected=expected
    )
    created, changed = len(report.created), len(report.changed)
    messages.success(
        request,
        f"{counted(created, 'ligne ajoutée', 'lignes ajoutées')}, {counted(changed, 'modifiée', 'modifiées')}.",
    )
    return redirect("register", slug=request.territory.slug, key=register.id)


def _report(request: HttpRequest, register: Register, table: tables.Table) -> dict[str, Any]:
    """What the import would do, in words."""
    report = registers.import_table(
        request.territory, request.user, register, table.heading, table.rows, apply=False, lines=table.lines
    )
    refused = [(line, fault.message) for line, fault in report.faults] + table.refused
    return {
        "report": report,
        "text": table.to_text(),
        "created": [register.label_of(values) for values in report.created[:MOST_LISTED]],
        "changed": [
            (
                register.label_of(after),
                [
                    (field.label, field.format(before.get(field.key)), field.format(after.get(field.key)))
                    for field in register.fields
                    if before.get(field.key) != after.get(field.key)
                ],
            )
            for before, after in report.changed[:MOST_LISTED]
        ],
        "refused": sorted(refused)[:MOST_LISTED],
        "refused_count": len(refused),
        "writes": len(report.created) + len(report.changed),
    }


@requires("territory.enter")
def export(request: HttpRequest, key: str, form: str) -> HttpResponse:
    """Every entry, as a file that can be imported again."""
    register = guide_or_404(request, Register, key)
    if form not in tables.MEDIA:
        raise Http404
    rows = rows_of(request.territory, register)
    return tables.export(
        request.territory,
        register,
        form,
        [field.label for field in register.fields],
        [tables.typed(register.fields, row.values) for row in rows],
        entries=[row.values for row in rows],
    )


@requires("territory.enter")
def calendar(request: HttpRequest, key: str) -> HttpResponse:
    """Every day that expires, to open in a calendar."""
    register = guide_or_404(request, Register, key)
    rows = rows_of(request.territory, register)
    events = [
        Event(
            f"{request.territory.slug}-{register.id}-{row.pk}-{expiry.key}@beffroi",
            day,
            f"{register.label_of(row.values)} : {expiry.title}",
            public_address.absolute(reverse("register-entry", args=[request.territory.slug, key, row.pk])),
        )
        for row in rows
        for expiry in register.expiries
        if (day := expiry.day_of(row.values)) is not None
    ]
    name = f"{register.id}-{request.territory.slug}.ics"
    return HttpResponse(
        write_calendar(f"{register.title}, {request.territory.name}", events, timezone.now()),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@requires("territory.enter")
def paper(request: HttpRequest, key: str) -> HttpResponse:
    """The whole register on paper: what expires, then every entry with every field."""
    register = guide_or_404(request, Register, key)
    rows = rows_of(request.territory, register)
    today = timezone.localdate()
    context = {
        "guide": register,
        "domain": domain(register),
        "today": today,
        "due": due_of(register, rows, today),
        "rows": [
            (
                register.label_of(row.values),
                [(field.label, field.format(row.values[field.key])) for field in register.fields
                 if field.key in row.values and field.key not in register.identity],
            )
            for row in rows
        ],
    }  # fmt: skip
    return render(request, "guides/register_paper.html", context)


urlpatterns: list[URLPattern] = [
    path("registres/<slug:key>/importer/", import_page, name="register-import"),
    path("registres/<slug:key>/export.<slug:form>", export, name="register-export"),
    path("registres/<slug:key>/agenda.ics", calendar, name="register-calendar"),
    path("registres/<slug:key>/imprimer/", paper, name="register-paper"),
]

"""What was published from the stick: read a file, take it back, read a publication made without the platform, its ZIP."""

import base64

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from beffroi.web.platform.guards import requires
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..models import RestorationSite, SiteImport
from ..offline_pages import site_render
from ..reviewed_files import carried, carry, read_upload
from . import builder, document_signing, reading, sending, stick_files, stick_history
from .document import DocumentError, conflicts, parse
from .errors import RestorationError
from .forms import StickFileForm, VouchForm
from .restoration_pages import base_context, describe, site_or_404
from .stick_files import MOST_FILE_BYTES, StickFile
from .stick_history import HistoryPreview


@requires("continuity.answer")
def import_page(request: HttpRequest) -> HttpResponse:
    """Read what a file of the stick would bring, then take it back."""
    site = site_or_404(request)
    form = StickFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        try:
            if expected := request.POST.get("expected", ""):
                return _take_back(request, site, form, expected)
            if form.is_valid():
                return _preview(request, site, *_chosen(form))
        except ContinuityError as error:
            form.is_valid()
            form.errors.clear()
            add_field_error(form, error)
    context = base_context(request, site) | {"form": form}
    return render(request, "continuity/restoration_import.html", context, status=422 if form.errors else 200)


def _chosen(form: StickFileForm) -> tuple[bytes, bytes | None]:
    return read_upload(form.cleaned_data["file"], MOST_FILE_BYTES), form.cleaned_data["signature"]


def _read(content: bytes, signature: bytes | None) -> StickFile:
    try:
        return stick_files.read(content, signature)
    except DocumentError as error:
        raise RestorationError(str(error), "file") from None


def _preview(
    request: HttpRequest,
    site: RestorationSite,
    content: bytes,
    signature: bytes | None,
    *,
    unvouched: bool = False,
) -> HttpResponse:
    file = _read(content, signature)
    found = stick_history.preview(site, request.user, file)
    context = base_context(request, site) | {
        "preview": found,
        "saved_at": file.saved_at,
        "new": _named(site, found),
        "competing": _competing(site, found),
        "languages": [site_render.language_name(each) for each in found.languages],
        "raw": carry(content),
        "raw_signature": carry(signature or b""),
        "form": StickFileForm(),
        "vouch": (VouchForm({}) if unvouched else VouchForm()) if found.signer != "ours" else None,
    }
    status = 422 if unvouched else 200
    return render(request, "continuity/restoration_import_preview.html", context, status=status)


def _named(site: RestorationSite, found: HistoryPreview) -> list[tuple[str, dict[str, object]]]:
    names = {each.key: each.name["fr"] for each in found.document.services}
    return [(names[each.service], describe(each, {})) for each in found.new]


def _competing(site: RestorationSite, found: HistoryPreview) -> list[tuple[str, list[dict[str, object]]]]:
    """By service, the announcements among which somebody will choose."""
    names = {each.key: each.name["fr"] for each in (*found.document.services, *reading.draft(site).services)}
    writers = reading.writers(site)
    return [
        (names[key], [describe(each, writers) for each in updates])
        for key, updates in found.conflicts.items()
    ]


def _take_back(
    request: HttpRequest, site: RestorationSite, form: StickFileForm, expected: str
) -> HttpResponse:
    if text := request.POST.get("raw", ""):
        content, signature = carried(text), carried(request.POST.get("raw_signature", "")) or None
    elif form.is_valid():
        content, signature = _chosen(form)
    else:
        raise RestorationError("Choisissez de nouveau le même fichier.", "file")
    trusted = request.POST.get("trusted") == "on"
    try:
        row = stick_history.take_back(
            site, request.user, _read(content, signature), expected=expected, trusted=trusted
        )
    except RestorationError as error:
        if error.field == "trusted":
            return _preview(request, site, content, signature, unvouched=True)
        raise
    messages.success(request, _summary(site, row.added))
    return redirect("restoration", request.territory.slug)


def _summary(site: RestorationSite, added: int) -> str:
    found = "Rien de nouveau : tout était déjà là."
    if added:
        found = f"{counted(added, 'annonce reprise', 'annonces reprises')}."
    waiting = len(conflicts(reading.draft(site)))
    if not waiting:
        return f"{found} Rien n'est publié."
    return f"{found} {counted(waiting, 'service')} à départager avant de publier."


def _import_or_404(request: HttpRequest, pk: int) -> SiteImport:
    rows = SiteImport.objects.of(request.territory).select_related("site", "by")
    found: SiteImport | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@requires("continuity.read")
def outside_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One publication made without the platform: its signature, and every announcement that it brought, with its words."""
    row = _import_or_404(request, pk)
    updates = reading.updates_of(row)
    names = {each.key: str(each) for each in row.site.services.all()}
    context = base_context(request, row.site) | {
        "row": row,
        "fingerprint": document_signing.fingerprint(row.public_key) if row.public_key else "",
        "updates": [(names.get(each.service, each.service), describe(each, {})) for each in updates],
    }
    return render(request, "continuity/restoration_outside.html", context)


@requires("continuity.read")
def outside_zip_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The files of a publication made without the platform, signed as they were."""
    row = _import_or_404(request, pk)
    if not row.document:
        raise Http404
    files = builder.build(
        parse(row.document.encode()),
        public_key=row.public_key or "",
        signature=base64.b64decode(row.signature) if row.signature else None,
    )
    return HttpResponse(
        sending.zip_of(files),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="page-des-habitants-cle-{row.pk}.zip"'},
    )

"""Pages of the kit: its state, its making, its download, its openings, the phrase of the safe, its lists."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.guards import requires
from beffroi.web.platform.jobs import TooManyJobs
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.form_errors import add_field_error

from ..errors import ContinuityError
from ..models import KitBuild, KitList
from ..service_sheets.sheets import REGISTER, has_begun
from . import lists, paper_pages, passphrase, services, sources, stored_kits
from .forms import ListForm, OpeningForm, SourceForm

BUILDS = 10


@requires("continuity.read")
def kit_page(request: HttpRequest) -> HttpResponse:
    return _show(request)


def _show(request: HttpRequest, form: OpeningForm | None = None) -> HttpResponse:
    """The last kit, what it lacks, its copies and openings, its lists."""
    territory = request.territory
    builds = list(KitBuild.objects.of(territory).select_related("by")[:BUILDS])
    last = stored_kits.last_whole(territory)
    context = {
        "last": last,
        "failed": builds[0] if builds and not builds[0].is_whole else None,
        "paper": paper_pages.pages_in(stored_kits.path_of(last)) if last else None,
        "builds": builds,
        "running": services.running_job(territory),
        "copy": services.last_copy(territory),
        "failed_copies": list(last.copies.filter(ok=False)) if last else [],
        "opening": services.last_opening(territory),
        "lists": lists.lists_of(territory),
        "phrase": passphrase.current_phrase(territory),
        "form": form or OpeningForm(),
        "has_begun": has_begun(territory),
        "may_answer": Permission(request.user, "continuity.answer", territory),
        "may_approve": Permission(request.user, "continuity.approve", territory),
    }
    return render(request, "continuity/kit.html", context, status=422 if form and form.errors else 200)


@requires("continuity.answer")
@require_POST
def build_page(request: HttpRequest) -> HttpResponse:
    try:
        job = services.start(request.territory, request.user)
    except TooManyJobs as error:
        messages.error(request, str(error))
        return redirect("kit", request.territory.slug)
    return redirect("job", request.territory.slug, job.pk)


@requires("continuity.answer")
def download_page(request: HttpRequest) -> HttpResponse:
    """The last whole kit as a ZIP, for a stick."""
    territory = request.territory
    build = stored_kits.last_whole(territory)
    if build is None:
        raise Http404
    content = services.download(build, request.user)
    name = f"{stored_kits.archive_name(territory)}.zip"
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@requires("continuity.answer")
@require_POST
def opened_page(request: HttpRequest) -> HttpResponse:
    form = OpeningForm(request.POST)
    if form.is_valid():
        try:
            opening = services.note_opening(request.territory, request.user, form.cleaned_data["code"])
        except ContinuityError as error:
            add_field_error(form, error)
        else:
            last = stored_kits.last_whole(request.territory)
            old = last is not None and last.pk != opening.build_id
            messages.success(
                request,
                "L'ouverture est notée. Ce kit n'est pas le dernier : prenez-en une copie neuve."
                if old
                else "L'ouverture est notée. C'est le dernier kit.",
            )
            return redirect("kit", request.territory.slug)
    return _show(request, form)


@requires("continuity.approve", fresh=True)
def phrase_page(request: HttpRequest) -> HttpResponse:
    """« La phrase du coffre »: what it is for; once made, displayed this once, to be printed."""
    territory, phrase = request.territory, ""
    renewed = passphrase.current_phrase(territory) is not None
    if request.method == "POST":
        try:
            phrase = passphrase.renew(territory, request.user)
        except ContinuityError as error:
            messages.error(request, str(error))
            return redirect("kit-phrase", territory.slug)
    context = {"phrase": phrase, "current": passphrase.current_phrase(territory), "renewed": renewed}
    response = render(request, "continuity/kit_phrase.html", context)
    response["Cache-Control"] = "no-store"
    return response


@requires("continuity.answer")
def add_list_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose what the list shows, then its title and columns."""
    territory = request.territory
    entry = RegisterEntry.objects.of(territory).filter(register=REGISTER, removed_at=None, pk=pk).first()
    if entry is None:
        raise Http404
    key = request.POST.get("source") or request.GET.get("source", "")
    source = sources.find_source(request.user, territory, key) if key else None
    context: dict[str, Any] = {"entry": entry, "source": source}
    if source is None:
        choices = [(one.key, one.label) for one in sources.list_sources(request.user, territory)]
        context["source_form"] = SourceForm(choices=choices) if choices else None
        return render(request, "continuity/kit_list_source.html", context)
    form = ListForm(request.POST or None, columns=source.columns(), initial={"title": source.title[:120]})
    if request.method == "POST" and form.is_valid():
        try:
            row = lists.add(
                entry,
                request.user,
                recipe=source.recipe,
                dataset=source.dataset,
                processing=source.processing,
                **form.cleaned_data,
            )
        except lists.FAILURES as error:
            add_field_error(form, error)
        else:
            where = "la partie scellée" if row.is_personal else "la partie ouverte"
            messages.success(request, f"La liste sera dans {where} du prochain kit.")
            return redirect("sheet", territory.slug, pk)
    context |= {"form": form, "is_personal": lists.reads_people(territory, source.recipe, source.dataset)}
    return render(request, "continuity/kit_list.html", context, status=422 if form.errors else 200)


@requires("continuity.answer")
@require_POST
def remove_list_page(request: HttpRequest, pk: int) -> HttpResponse:
    row = KitList.objects.of(request.territory).filter(pk=pk).first()
    if row is None:
        raise Http404
    lists.remove(row, request.user)
    messages.success(request, "La liste n'est plus dans les prochains kits. Les kits déjà faits la gardent.")
    return redirect("sheet", request.territory.slug, row.entry_id)

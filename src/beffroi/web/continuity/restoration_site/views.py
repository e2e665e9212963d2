"""Pages of the draft: beside what is published, its settings, one announcement, the choice between two, its preview."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.guards import requires
from beffroi.web.ui.form_errors import add_field_error

from ..destinations.services import destinations_for
from ..models import RestorationSite, SiteService, SiteUpdate
from . import builder, page_setup, reading, sending, services
from .document import EASY_FRENCH, FRENCH, STATES, Update
from .errors import RestorationError
from .forms import AnnounceForm, NamesForm, SettingsForm
from .restoration_pages import back_home, base_context, describe, published_by, site_or_404, url_names
from .waiting_messages import messages_for


@requires("continuity.read")
def home_page(request: HttpRequest, *, exercise: bool = False) -> HttpResponse:
    """Draft beside published; what is to be chosen; where the last publication went."""
    site = reading.site_of(request.territory, exercise=exercise)
    context = base_context(request, site, exercise=exercise)
    if site is None:
        return render(request, "continuity/restoration_begin.html", context)
    publication = reading.last_publication(site)
    places = []
    if publication is not None and not exercise:
        copies = sending.copies_of(publication)
        places = [
            (each, next((copy for copy in copies if copy.destination_id == each.pk), None))
            for each in destinations_for(request.territory, "site")
        ]
    document = reading.draft(site)
    digest = reading.digest(document)
    writers, lines = reading.writers(site), reading.compare(site)
    context |= {
        "lines": [
            (
                line,
                line.draft and describe(line.draft, writers),
                line.published and describe(line.published, writers),
            )
            for line in lines
        ],
        "conflicts": [line for line in lines if line.choices],
        "publication": publication,
        "mandate": published_by(publication) if publication else "",
        "digest": digest,
        "is_begun": bool(document.updates),
        "is_new": bool(document.updates) and (publication is None or publication.sha256 != digest),
        "places": places,
        "waiting": bool(publication and not exercise and sending.targets(publication)),
        "key": reading.key_in_use(request.territory),
    }
    return render(request, "continuity/restoration.html", context)


@requires("continuity.answer")
def settings_page(request: HttpRequest, *, exercise: bool = False) -> HttpResponse:
    """Title, languages and services of the page; it is made here the first time."""
    territory = request.territory
    site = reading.site_of(territory, exercise=exercise)
    entries = RegisterEntry.objects.of(territory).filter(register=page_setup.REGISTER, removed_at=None)
    form = SettingsForm(entries, request.POST or None, initial=_settings_of(site))
    if request.method == "POST" and form.is_valid():
        try:
            page_setup.set_up(territory, request.user, is_exercise=exercise, **form.cleaned_data)
        except RestorationError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "C'est enregistré. Rien n'est publié.")
            return back_home(request, exercise=exercise)
    context = base_context(request, site, exercise=exercise) | {"form": form}
    return render(
        request, "continuity/restoration_settings.html", context, status=422 if form.errors else 200
    )


def _settings_of(site: RestorationSite | None) -> dict[str, Any]:
    if site is None:
        return {"title": "Vos services pendant la panne", "languages": ["fr-x-facile"]}
    rows = list(site.services.all())
    return {
        "title": site.title,
        "languages": site.languages,
        "entries": [each.entry_id for each in rows if each.entry_id],
        "names": "\n".join(str(each) for each in rows if not each.entry_id),
    }


@requires("continuity.answer")
def names_page(request: HttpRequest) -> HttpResponse:
    """Names of the services in the languages of the page."""
    site = site_or_404(request)
    form = NamesForm(site, site.services.all(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            page_setup.name_services(site, request.user, form.names())
        except RestorationError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "Les noms sont enregistrés. Rien n'est publié.")
            return redirect("restoration", request.territory.slug)
    context = base_context(request, site) | {"form": form}
    return render(request, "continuity/restoration_names.html", context, status=422 if form.errors else 200)


def _service_or_404(request: HttpRequest, key: str, *, exercise: bool) -> tuple[RestorationSite, SiteService]:
    site = site_or_404(request, exercise=exercise)
    rows = (
        SiteService.objects.of(request.territory).filter(site=site, key=key).select_related("site__territory")
    )
    service = rows.first()
    if service is None:
        raise Http404
    return site, service


@requires("continuity.answer")
@require_POST
def choose_page(request: HttpRequest, key: str, *, exercise: bool = False) -> HttpResponse:
    """Of two announcements that compete, the right one."""
    _, service = _service_or_404(request, key, exercise=exercise)
    seen = [each for each in request.POST.get("seen", "").split(",") if each]
    try:
        services.choose(service, request.user, request.POST.get("chosen", ""), seen)
    except RestorationError as error:
        messages.error(request, str(error))
        return redirect(url_names(exercise=exercise)["service"], request.territory.slug, key)
    messages.success(request, f"C'est choisi pour « {service} ». Rien n'est publié : le porte-parole publie.")
    return back_home(request, exercise=exercise)


@requires("continuity.answer")
def service_page(request: HttpRequest, key: str, *, exercise: bool = False) -> HttpResponse:
    """One service on one screen: what to announce, beside what is announced; when two announcements compete, both."""
    site, service = _service_or_404(request, key, exercise=exercise)
    last = services.followed_heads(site, service)
    chosen = next(
        (each for each in last if each.id == request.GET.get("partir-de")), last[-1] if last else None
    )
    models = {each.state: each for each in reversed(messages_for(request.territory, str(service)))}
    model = models.get(request.GET.get("modele", ""))
    if model is None and chosen is None:
        model = next(reversed(models.values()), None)
    initial = AnnounceForm.initial_of(chosen) if model is None else {}
    if model is not None:
        since = AnnounceForm.since_of(chosen, model.state)
        initial = {"since": since, "state": model.state, f"text_{FRENCH}": model.text, f"text_{EASY_FRENCH}": model.easy, f"alternative_{FRENCH}": model.alternative}  # fmt: skip
    initial["after"] = ",".join(each.id for each in last)
    form = AnnounceForm(
        site.languages, request.POST or None, initial=initial, announced=reading.draft(site).updates
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.announce(
                service,
                request.user,
                state=form.cleaned_data["state"],
                texts=form.texts("text"),
                alternatives=form.texts("alternative"),
                since=form.cleaned_data["since"],
                next_news=form.cleaned_data["next_news"],
                after=form.followed(),
            )
        except RestorationError as error:
            add_field_error(form, error)
        else:
            left = f" Laissé de côté : {', '.join(form.dropped)}." if form.dropped else ""
            messages.success(
                request, f"C'est écrit pour « {service} ».{left} Rien n'est publié : le porte-parole publie."
            )
            return back_home(request, exercise=exercise)
    rows = SiteUpdate.objects.of(request.territory).filter(service=service, discarded_at=None)
    public = {each.id for each in reading.public_document(site).updates}
    writers = reading.writers(site)
    context = base_context(request, site, exercise=exercise) | {
        "service": service,
        "form": form,
        "last": [describe(each, writers) for each in last],
        "models": [(state, name) for state, name in STATES.items() if state in models],
        "used_model": model,
        "past": [
            (describe(Update.model_validate(row.content), writers), row, str(row.uid) in public)
            for row in reversed(rows)
        ],
    }
    return render(request, "continuity/restoration_service.html", context, status=422 if form.errors else 200)


@requires("continuity.answer")
@require_POST
def discard_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Set aside an announcement that never went out."""
    rows = SiteUpdate.objects.of(request.territory).select_related("site", "service")
    update = rows.filter(pk=pk).first()
    if update is None:
        raise Http404
    try:
        services.discard(update, request.user)
    except RestorationError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "L'annonce est écartée : elle ne sera jamais publiée.")
    return back_home(request, exercise=update.site.is_exercise)


@requires("continuity.read")
def preview_page(request: HttpRequest, name: str, *, exercise: bool = False) -> HttpResponse:
    """A file of the draft, as residents would read it, in a page that can do nothing."""
    site, key = site_or_404(request, exercise=exercise), reading.key_in_use(request.territory)
    files = builder.build(
        reading.draft(site),
        public_key=key.public if key else "",
        signature=None,
    )
    if name not in files or not name.endswith(".html"):
        raise Http404
    response = HttpResponse(files[name], content_type="text/html; charset=utf-8")
    response._csp_config = builder.PREVIEW_POLICY  # type: ignore[attr-defined]
    return response

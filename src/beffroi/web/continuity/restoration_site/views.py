"""Pages of the restoration page: draft beside published, one announcement, publish, preview, ZIP, history, the stick's history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.guards import requires
from beffroi.web.platform.jobs import TooManyJobs
from beffroi.web.platform.rights.mandates import title_of
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.form_errors import add_field_error

from ..destinations.services import destinations_for
from ..models import RestorationSite, SitePublication, SiteService, SiteUpdate
from . import builder, reading, sending, services, stick_history, words
from .document import EASY_FRENCH, FRENCH, STATES, Update, heads
from .errors import RestorationError
from .forms import AnnounceForm, ImportForm, NamesForm, SettingsForm
from .waiting_messages import messages_for

MOST_PUBLICATIONS = 50


def _site(request: HttpRequest, *, exercise: bool = False) -> RestorationSite:
    site = reading.site_of(request.territory, exercise=exercise)
    if site is None:
        raise Http404
    return site


def _urls(*, exercise: bool) -> dict[str, str]:
    """Names of the addresses of the page, or of that of exercises, which is another one."""
    before = "restoration-exercise" if exercise else "restoration"
    pages = {name: f"{before}-{name}" for name in ("settings", "service", "publish", "preview")}
    return pages | {"home": before}


def _back(request: HttpRequest, *, exercise: bool = False) -> HttpResponse:
    return redirect(_urls(exercise=exercise)["home"], request.territory.slug)


def _context(request: HttpRequest, site: RestorationSite | None, *, exercise: bool = False) -> dict[str, Any]:
    return {
        "site": site,
        "is_exercise": exercise,
        "urls": _urls(exercise=exercise),
        "may_write": Permission(request.user, services.WRITE, request.territory),
        "may_publish": Permission(request.user, services.PUBLISH, request.territory),
    }


@requires("continuity.read")
def home_page(request: HttpRequest, *, exercise: bool = False) -> HttpResponse:
    """Draft beside published; what is to be chosen; where the last publication went."""
    site = reading.site_of(request.territory, exercise=exercise)
    context = _context(request, site, exercise=exercise)
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
    writers = reading.writers(site)
    context |= {
        "lines": [
            (line, _for_table(line.draft, writers), _for_table(line.published, writers))
            for line in reading.compare(site)
        ],
        "conflicts": [line for line in reading.compare(site) if line.choices],
        "publication": publication,
        "mandate": _title_of(publication) if publication else "",
        "digest": digest,
        "is_begun": bool(document.updates),
        "is_new": bool(document.updates) and (publication is None or publication.sha256 != digest),
        "places": places,
        "waiting": bool(publication and not exercise and sending.targets(publication)),
        "key": reading.key_in_use(request.territory),
    }
    return render(request, "continuity/restoration.html", context)


def _for_table(update: Update | None, writers: Mapping[str, str]) -> dict[str, Any] | None:
    """An update as a table shows it, by the person who wrote it: residents read a function instead."""
    if update is None:
        return None
    return {
        "state": STATES[update.state],
        "badge": {"works": "good", "degraded": "warn", "stopped": "danger"}[update.state],
        "text": update.text.get(FRENCH, ""),
        "alternative": update.alternative.get(FRENCH, ""),
        "since": datetime.fromisoformat(update.since) if update.since else None,
        "next_news": datetime.fromisoformat(update.next_news) if update.next_news else None,
        "at": update.moment,
        "author": writers.get(update.id, update.author),
        "by_stick": update.origin == "stick",
        "id": update.id,
    }


def _title_of(publication: SitePublication) -> str:
    """« publié par Claire Martin, administrateur », or their mandate."""
    title = publication.mandate
    return f"publié par {title_of(title.get('mandate'), publication.by, title.get('roles', []))}"


@requires("continuity.answer")
def settings_page(request: HttpRequest, *, exercise: bool = False) -> HttpResponse:
    """Title, languages and services of the page; it is made here the first time."""
    territory = request.territory
    site = reading.site_of(territory, exercise=exercise)
    entries = RegisterEntry.objects.of(territory).filter(register=services.REGISTER, removed_at=None)
    form = SettingsForm(entries, request.POST or None, initial=_settings_of(site))
    if request.method == "POST" and form.is_valid():
        try:
            services.set_up(territory, request.user, is_exercise=exercise, **form.cleaned_data)
        except RestorationError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "C'est enregistré. Rien n'est publié.")
            return _back(request, exercise=exercise)
    context = _context(request, site, exercise=exercise) | {"form": form}
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
    site = _site(request)
    form = NamesForm(site, site.services.all(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.name_services(site, request.user, form.names())
        except RestorationError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "Les noms sont enregistrés. Rien n'est publié.")
            return redirect("restoration", request.territory.slug)
    context = _context(request, site) | {"form": form}
    return render(request, "continuity/restoration_names.html", context, status=422 if form.errors else 200)


@requires("continuity.answer")
def service_page(request: HttpRequest, key: str, *, exercise: bool = False) -> HttpResponse:
    """One service on one screen: what to announce, beside what is announced; when two announcements compete, both."""
    site = _site(request, exercise=exercise)
    service = (
        SiteService.objects.of(request.territory).filter(site=site, key=key).select_related("site").first()
    )
    if service is None:
        raise Http404
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
        initial = {"state": model.state, f"text_{FRENCH}": model.text, f"text_{EASY_FRENCH}": model.easy, f"alternative_{FRENCH}": model.alternative}  # fmt: skip
    initial["after"] = ",".join(each.id for each in last)
    form = AnnounceForm(site.languages, request.POST or None, initial=initial)
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
            messages.success(
                request, f"C'est écrit pour « {service} ». Rien n'est publié : le porte-parole publie."
            )
            return _back(request, exercise=exercise)
    rows = SiteUpdate.objects.of(request.territory).filter(service=service, discarded_at=None)
    public = {each.id for each in reading.public_document(site).updates}
    writers = reading.writers(site)
    context = _context(request, site, exercise=exercise) | {
        "service": service,
        "form": form,
        "last": [_for_table(each, writers) for each in last],
        "models": [(state, name) for state, name in STATES.items() if state in models],
        "used_model": model,
        "past": [
            (_for_table(Update.model_validate(row.content), writers), row, str(row.uid) in public)
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
    return _back(request, exercise=update.site.is_exercise)


@requires("continuity.publish")
@require_POST
def publish_page(request: HttpRequest, *, exercise: bool = False) -> HttpResponse:
    """The spokesperson's act: nothing goes out otherwise."""
    site = _site(request, exercise=exercise)
    try:
        publication = services.publish(site, request.user, request.POST.get("digest", ""))
        job = None if exercise else sending.start(publication, request.user)
    except (RestorationError, TooManyJobs) as error:
        messages.error(request, str(error))
        return _back(request, exercise=exercise)
    if exercise:
        messages.success(
            request,
            "EXERCICE : c'est signé, et rien n'est sorti. Lisez la page dans l'aperçu ou dans le ZIP.",
        )
        return _back(request, exercise=True)
    if job is None:
        messages.success(request, "C'est publié et signé. Aucune destination ne l'envoie : téléchargez le ZIP et déposez-le chez un hébergeur.")  # fmt: skip
        return _back(request, exercise=exercise)
    return redirect("job", request.territory.slug, job.pk)


@requires("continuity.publish")
@require_POST
def send_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a publication again where it did not arrive whole."""
    publication = _publication(request, pk)
    try:
        job = sending.start(publication, request.user, again=True)
    except (RestorationError, TooManyJobs) as error:
        messages.error(request, str(error))
        return redirect("restoration", request.territory.slug)
    if job is None:
        messages.info(request, "Toutes les destinations ont déjà cette publication entière.")
        return redirect("restoration", request.territory.slug)
    return redirect("job", request.territory.slug, job.pk)


def _publication(request: HttpRequest, pk: int) -> SitePublication:
    rows = SitePublication.objects.of(request.territory).select_related("site", "key", "by")
    found: SitePublication | None = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@requires("continuity.read")
def preview_page(request: HttpRequest, name: str, *, exercise: bool = False) -> HttpResponse:
    """A file of the draft, as residents would read it, in a page that can do nothing."""
    site, key = _site(request, exercise=exercise), reading.key_in_use(request.territory)
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


@requires("continuity.read")
def zip_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The files of a publication, for any host."""
    publication = _publication(request, pk)
    name = f"page-des-habitants-{publication.number}.zip"
    return HttpResponse(
        sending.zip_of(sending.files_of(publication)),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@requires("continuity.read")
def history_page(request: HttpRequest) -> HttpResponse:
    """Every publication: who, under which title, where it went."""
    site = _site(request)
    rows = SitePublication.objects.of(request.territory).filter(site=site).select_related("by", "site")
    context = _context(request, site) | {
        "publications": [
            (each, _title_of(each), sending.copies_of(each)) for each in rows[:MOST_PUBLICATIONS]
        ],
        "imports": site.imports.select_related("by")[:MOST_PUBLICATIONS],
    }
    return render(request, "continuity/restoration_history.html", context)


@requires("continuity.answer")
def import_page(request: HttpRequest) -> HttpResponse:
    """Take back what was written on the stick."""
    site = _site(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = stick_history.import_history(
                site, request.user, data["state"], data["signature"], trusted=data["trusted"]
            )
        except RestorationError as error:
            add_field_error(form, error)
        else:
            messages.success(request, _imported(site, row.added))
            return redirect("restoration", request.territory.slug)
    context = _context(request, site) | {"form": form}
    return render(request, "continuity/restoration_import.html", context, status=422 if form.errors else 200)


def _imported(site: RestorationSite, added: int) -> str:
    found = (
        "Rien de nouveau : tout était déjà là."
        if not added
        else f"{added} annonce{'s' if added > 1 else ''} reprise{'s' if added > 1 else ''}."
    )
    waiting = sum(len(last) > 1 for last in heads(reading.draft(site)).values())
    if not waiting:
        return f"{found} Rien n'est publié."
    return f"{found} {waiting} service{'s' if waiting > 1 else ''} à départager avant de publier."


@requires("continuity.read")
def key_page(request: HttpRequest) -> HttpResponse:
    """The key that signs the page: its fingerprint to print, how residents check it, how to replace it."""
    site = _site(request)
    context = _context(request, site) | {
        "key": reading.key_in_use(request.territory),
        "check": words.of(FRENCH)["check"],
    }
    return render(request, "continuity/restoration_key.html", context)


@requires("continuity.publish")
@require_POST
def renew_key_page(request: HttpRequest) -> HttpResponse:
    services.renew_key(request.territory, request.user)
    messages.success(
        request,
        "Une nouvelle clé signera la prochaine publication. Imprimez sa nouvelle empreinte et refaites le kit.",
    )
    return redirect("restoration-key", request.territory.slug)

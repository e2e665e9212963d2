"""Publications of the restoration page: publish, send again, ZIP, history; the key that signs them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.jobs import TooManyJobs

from ..models import SitePublication
from ..offline_pages import site_render
from . import page_setup, reading, sending, services
from .document import FRENCH
from .errors import RestorationError
from .restoration_pages import back_home, base_context, published_by, site_or_404

MOST_PUBLICATIONS = 50


@requires("continuity.publish")
@require_POST
def publish_page(request: HttpRequest, *, exercise: bool = False) -> HttpResponse:
    """The spokesperson's act: nothing goes out otherwise."""
    site = site_or_404(request, exercise=exercise)
    try:
        publication = services.publish(site, request.user, request.POST.get("digest", ""))
        job = None if exercise else sending.start(publication, request.user)
    except (RestorationError, TooManyJobs) as error:
        messages.error(request, str(error))
        return back_home(request, exercise=exercise)
    if exercise:
        messages.success(
            request,
            "EXERCICE : c'est signé, et rien n'est sorti. Lisez la page dans l'aperçu ou dans le ZIP.",
        )
        return back_home(request, exercise=True)
    if job is None:
        messages.success(request, "C'est publié et signé. Aucune destination ne l'envoie : téléchargez le ZIP et déposez-le chez un hébergeur.")  # fmt: skip
        return back_home(request, exercise=exercise)
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
    site = site_or_404(request)
    rows = SitePublication.objects.of(request.territory).filter(site=site).select_related("by", "site")
    context = base_context(request, site) | {
        "publications": [
            (each, published_by(each), sending.copies_of(each)) for each in rows[:MOST_PUBLICATIONS]
        ],
        "imports": site.imports.select_related("by")[:MOST_PUBLICATIONS],
    }
    return render(request, "continuity/restoration_history.html", context)


@requires("continuity.read")
def key_page(request: HttpRequest) -> HttpResponse:
    """The key that signs the page: its fingerprint to print, how residents check it, how to replace it."""
    site = site_or_404(request)
    context = base_context(request, site) | {
        "key": reading.key_in_use(request.territory),
        "check": site_render.words()[FRENCH]["check"],
    }
    return render(request, "continuity/restoration_key.html", context)


@requires("continuity.publish")
@require_POST
def renew_key_page(request: HttpRequest) -> HttpResponse:
    page_setup.renew_key(request.territory, request.user)
    messages.success(
        request,
        "Une nouvelle clé signera la prochaine publication. Imprimez sa nouvelle empreinte et refaites le kit.",
    )
    return redirect("restoration-key", request.territory.slug)

"""Files that prove what an answer, an entry or an action says: attached, and handed over to who may read its guide."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.http import content_disposition_header

from beffroi.guides import Guide, Plan, Register
from beffroi.web.platform.guards import requires
from beffroi.web.platform.http.downloads import download_file

from ..contributions.services import guide_of
from ..errors import GuideError
from ..models import Evidence, FollowedAction, RegisterEntry, Response
from ..opening import guide_or_404, readable, response_or_404
from ..services import evidence


def attach_file(
    request: HttpRequest, target: Response | RegisterEntry | FollowedAction, guide: Guide, place: str = ""
) -> None:
    """Attach the file of this form, and say so in a message of the next page."""
    if (file := request.FILES.get("file")) is None:
        messages.error(request, "Choisissez d'abord un fichier.")
        return
    try:
        evidence.attach(target, request.user, guide, file, place)
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "La pièce est jointe.")


@requires("territory.enter")
def download(request: HttpRequest, pk: int) -> HttpResponse:
    """One file, as a download only: nothing in it is opened by the site."""
    rows = Evidence.objects.of(request.territory).select_related(
        "territory", "entry", "action", "contribution__link__response__edition"
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    _guide_of(request, found)
    try:
        file = evidence.path_of(found).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = download_file(file, f"piece-{found.pk}", "application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, found.name) or "attachment"
    return response


def _guide_of(request: HttpRequest, found: Evidence) -> Guide:
    """The guide of what it proves, or 404."""
    if found.entry is not None:
        return guide_or_404(request, Register, found.entry.register)
    if found.action is not None:
        return guide_or_404(request, Plan, found.action.plan)
    if found.contribution is not None:
        guide = guide_of(found.contribution.link)
        if not readable(request.user, guide, request.territory):
            raise Http404
        return guide
    return response_or_404(request, found.response_id)[1]


urlpatterns: list[URLPattern] = [path("pieces/<int:pk>/", download, name="guide-evidence")]

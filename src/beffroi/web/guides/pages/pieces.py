"""Evidence: a file that was attached, given back as it came, as a download only."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import path

from beffroi.web.platform.guards import requires

from ..library import library
from ..models import Evidence
from ..opening import readable
from ..services.evidence import path_of


@requires("territory.enter")
def evidence_page(request: HttpRequest, pk: int) -> HttpResponse:
    rows = Evidence.objects.of(request.territory).select_related("response", "entry", "action")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    key = row.response.guide if row.response else row.entry.register if row.entry else row.action.plan
    found = library().guides.get(key)
    if found is None or not readable(request.user, found, request.territory):
        raise Http404
    try:
        file = path_of(row).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(
        file, as_attachment=True, filename=row.name, content_type="application/octet-stream"
    )
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]


urlpatterns = [path("pieces/<int:pk>/", evidence_page, name="guide-evidence")]

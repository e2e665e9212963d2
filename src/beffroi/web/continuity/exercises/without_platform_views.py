"""An exercise that is played without the platform: its page as a file to carry away."""

from django.http import HttpRequest, HttpResponse

from beffroi.web.platform.guards import requires

from ..file_answers import attachment
from . import playable_page
from .views import scenario_or_404


@requires("continuity.read")
def page_file(request: HttpRequest, key: str) -> HttpResponse:
    """The page that plays this scenario on a laptop, without network nor installation."""
    scenario = scenario_or_404(key)
    content = playable_page.document(scenario, request.territory)
    return attachment(content, "text/html; charset=utf-8", f"{playable_page.name(scenario)}.html")

"""What a monitor asks, without a secret in the answer: whether the instance serves, and its metrics in numbers."""

import secrets

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from beffroi.web.platform import scope
from beffroi.web.platform.guards import public
from beffroi.web.platform.storage import disk_space

from .health import checks, metrics, report, service
from .health.report import State

BEARER = "Bearer "


@public
def health(request: HttpRequest) -> JsonResponse:
    """200 where everybody is served as they should be; else 503, with the keys of what is wrong.

    `database`: it does not answer (then the answer is a plain 500); `disk`: nothing more is written; `scheduler`: the clock
    stands still; `queue`: a job has waited for two hours; `files`: something stored is missing or damaged.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    problems = [key for key, wrong in _problems() if wrong]
    status = "degraded" if problems else "ok"
    return JsonResponse({"status": status, "problems": problems}, status=503 if problems else 200)


def _problems() -> list[tuple[str, bool]]:
    made = report.stored(settings.HOME)
    files = made.check(checks.FILES) if made else None
    with scope.nowhere():
        late = service.queue_state().oldest > service.TOO_LONG
        silent = service.has_run_for(settings.HOME, service.SILENCE) and service.is_silent()
    return [
        ("disk", disk_space.is_low()),
        ("scheduler", silent),
        ("queue", late),
        ("files", files is not None and files.state == State.BAD),
    ]


@public
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Metrics for Prometheus, to who bears the operator's token; 404 to everybody else, and where no token is set."""
    header = request.headers.get("Authorization", "")
    token = settings.METRICS_TOKEN
    if not token or not secrets.compare_digest(header.encode(), f"{BEARER}{token}".encode()):
        raise Http404
    return HttpResponse(metrics.render(settings.HOME), content_type=metrics.CONTENT_TYPE)

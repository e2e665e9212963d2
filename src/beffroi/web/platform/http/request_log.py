"""Log of the requests, and the identifier that every line written during one bears, for who runs the instance.

A line says what was asked, in which territory, how it ended and how long it took: never who asked, from where, nor a word of the
query. The same identifier goes back in `X-Request-Id`, to be quoted when something went wrong.
"""

import logging
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from beffroi.web.log_lines import request_id

logger = logging.getLogger("beffroi.requests")


class RequestLogMiddleware:
    """Outermost of ours: what the others refuse is logged too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = request.identifier = secrets.token_hex(8)  # type: ignore[attr-defined]
        token, begun, cpu = request_id.set(identifier), time.perf_counter(), time.thread_time()
        try:
            response = self.get_response(request)
            response.headers["X-Request-Id"] = identifier
            if logger.isEnabledFor(logging.INFO):
                facts = {
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "ms": round(1000 * (time.perf_counter() - begun)),
                    "cpu_ms": round(1000 * (time.thread_time() - cpu)),
                }
                logger.info("%(method)s %(path)s %(status)s %(ms)d ms", facts, extra={"facts": facts})
            return response
        finally:
            request_id.reset(token)

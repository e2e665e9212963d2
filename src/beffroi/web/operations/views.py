"""Health: what a supervisor or a monitor asks, without a secret in the answer."""

from django.db import connection
from django.http import HttpRequest, JsonResponse

from beffroi.web.platform.guards import public


@public
def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})

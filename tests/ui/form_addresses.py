"""Addresses that take a form only, or are only read, one under the other."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST, require_safe


def opened(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ouverte")


urlpatterns = [
    path("room/", opened),
    path("room/form/", require_POST(opened)),
    path("room/form/again/", require_POST(opened)),
    path("room/form/again/paper.txt", require_POST(opened)),
    path("room/read/", require_safe(opened)),
]

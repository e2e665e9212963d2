"""Taking the register away: in the territory's space, and from the public site, the same files."""

from typing import Literal

from django.http import HttpRequest, HttpResponse

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory

from .export import FORMS, as_csv, as_json


def download(territory: Territory, form: Literal["fr", "nl"], kind: Literal["csv", "json"]) -> HttpResponse:
    """The register's file in this form. Called by the public site too."""
    register = FORMS[form]
    text = as_csv(territory, register) if kind == "csv" else as_json(territory, register)
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8" if kind == "csv" else "application/json",
        headers={"Content-Disposition": f'attachment; filename="{register.file_name(territory, kind)}"'},
    )


@requires("system.read")
def register_csv(request: HttpRequest) -> HttpResponse:
    return download(request.territory, "fr", "csv")


@requires("system.read")
def register_json(request: HttpRequest) -> HttpResponse:
    return download(request.territory, "fr", "json")


@requires("system.read")
def register_nl_csv(request: HttpRequest) -> HttpResponse:
    return download(request.territory, "nl", "csv")


@requires("system.read")
def register_nl_json(request: HttpRequest) -> HttpResponse:
    return download(request.territory, "nl", "json")

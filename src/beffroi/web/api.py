"""The API of the house at `/api/v1/`: the rooms' routers, their errors told in French, its description and its page.

Each operation declares its act (`declares`), as pages do. The description (OpenAPI) and the page that shows it are
served from here: nothing is fetched from outside.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from beffroi.web.catalogue import api as catalogue
from beffroi.web.catalogue import correction_api, delivery_api
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.sources import api as sources
from beffroi.web.decisions import api as decisions
from beffroi.web.studio import api as studio
from beffroi.web.studio.answers import StudioError
from beffroi.web.workshop import api as workshop

from .platform import gates
from .platform.access_log.refusals import note_denied
from .platform.api import routes as platform_routes
from .platform.api.problems import problem
from .platform.guards import public
from .platform.rights import ACTS

logger = logging.getLogger(__name__)
VERSION: Final = "1"
ROOT: Final = f"/api/v{VERSION}"
ABOUT: Final = (
    "Lire et déposer les données d'un territoire depuis un programme. Les données publiées se lisent sans jeton, sous "
    "« /p/ ». Sous « /t/ », chaque demande porte un jeton : « Authorization: Bearer bft_… ». Un jeton permet au plus ce que "
    "son titulaire peut faire, dans un seul territoire, jusqu'à sa date de fin. Aucun jeton ne permet de décider."
)
INVALID: Final = {
    "missing": "il manque",
    "int_parsing": "un nombre entier est attendu",
    "int_type": "un nombre entier est attendu",
    "greater_than_equal": "la valeur est trop petite",
    "less_than_equal": "la valeur est trop grande",
    "string_type": "un texte est attendu",
}
PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "Ce qui s'est passé et quoi faire, en français."},
    },
    "additionalProperties": True,
}

api = NinjaAPI(
    title="Beffroi",
    version=VERSION,
    description=ABOUT,
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
for router in (
    catalogue.public,
    platform_routes.router,
    catalogue.router,
    delivery_api.router,
    correction_api.router,
    sources.router,
    studio.router,
    workshop.router,
    decisions.router,
    platform_routes.ledger_router,
):
    api.add_router("", router)


@api.exception_handler(AuthenticationError)
def _no_token(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(401)


@api.exception_handler(Http404)
@api.exception_handler(PermissionDenied)
def _not_there(request: HttpRequest, error: Exception) -> HttpResponse:
    if isinstance(error, PermissionDenied):
        note_denied(request)
    return problem(404)


@api.exception_handler(gates.TerritoryClosed)
def _closed(request: HttpRequest, error: Exception) -> HttpResponse:
    response = problem(503, str(error))
    response["Retry-After"] = str(gates.RETRY_AFTER)
    return response


@api.exception_handler(CatalogueError)
@api.exception_handler(StudioError)
def _refused(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(422, str(error))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"field": str(item["loc"][-1]), "reason": INVALID.get(item["type"], "la valeur ne convient pas")}
        for item in error.errors
    ]
    message = " ; ".join(f"« {item['field']} » : {item['reason']}" for item in errors)
    return problem(422, f"{message}. Corrigez, puis recommencez.", errors=errors)


@api.exception_handler(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.exception("API request failed: %s %s", request.method, request.path)
    return problem(500)


@dataclass(frozen=True)
class Route:
    """One operation: its method, its address with its parameters in braces, its act and what it does."""

    method: str
    path: str
    act: str
    summary: str
    tag: str


def operations() -> Iterator[Route]:
    """Every operation of the API, in the order of the rooms."""
    for bound in api._get_bound_routers():
        for template, view in bound.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield Route(
                        method,
                        ROOT + template,
                        getattr(operation.view_func, "declares", ""),
                        operation.summary or "",
                        (operation.tags or bound.tags or [""])[0],
                    )


def description() -> dict[str, Any]:
    """The OpenAPI description, with the problems that any operation may answer."""
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=f"{ROOT}/"))
    schema["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    response = {
        "description": "Un problème, dit en français (RFC 9457).",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    acts = {(route.method.lower(), route.path): route.act for route in operations()}
    for address, methods in schema["paths"].items():
        for method, operation in methods.items():
            operation["responses"]["4XX"] = response
            operation["x-act"] = acts[method, address]
    return schema


@public
def openapi(request: HttpRequest) -> JsonResponse:
    """The description that tools read."""
    return JsonResponse(description(), json_dumps_params={"ensure_ascii": False, "indent": 1})


@public
def front(request: HttpRequest) -> HttpResponse:
    """The page for people: what the API can do, and how to begin."""
    groups: dict[str, list[tuple[Route, str]]] = {}
    for route in operations():
        groups.setdefault(route.tag, []).append((route, ACTS.get(route.act, "sans jeton")))
    base = request.build_absolute_uri(f"{ROOT}/")
    return render(request, "portal/api.html", {"groups": groups.items(), "about": ABOUT, "base": base})


def _routes() -> Iterator[URLPattern]:
    """Each operation's address, its view declaring the act as every view of the site does."""
    for bound in api._get_bound_routers():
        for pattern, view in zip(bound.urls_paths(""), bound.path_operations.values(), strict=True):
            # One operation a path, so that a walk over the addresses finds its act.
            (operation,) = view.operations
            pattern.callback.declares = operation.view_func.declares  # type: ignore[attr-defined]
            pattern.name = f"api-{pattern.name}".replace("_", "-")
            yield pattern


api._validate()
urlpatterns = [
    path("", front, name="api"),
    path("openapi.json", openapi, name="api-description"),
    *_routes(),
]

"""Problem responses of the API: `application/problem+json` (RFC 9457), title and detail in French.

In comes a status and what to say of it; out comes the response. Forbidden and unknown are the same 404.
"""

import json
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse

TITLES: Final = {
    400: "Demande illisible",
    401: "Jeton absent ou sans effet",
    404: "Introuvable",
    405: "Méthode non permise",
    409: "À faire par une personne",
    413: "Fichier trop grand",
    422: "Demande refusée",
    429: "Trop de demandes",
    500: "Erreur inattendue",
    503: "Momentanément indisponible",
    507: "Place insuffisante",
}
DETAILS: Final = {
    400: "La demande n'a pas pu être lue. Vérifiez son format, puis recommencez.",
    401: "Donnez un jeton en service dans l'en-tête « Authorization: Bearer bft_… ». "
    "On en crée un dans Réglages, « Jetons et comptes de service ».",
    404: "Cette adresse n'existe pas, ou ce jeton ne l'ouvre pas. Vérifiez le territoire, le nom demandé et ce que le jeton permet.",
    405: "Cette adresse existe, mais pas pour cette méthode. La liste des opérations est à l'adresse /api/v1/.",
    500: "Une erreur inattendue a arrêté la demande. Rien n'a été perdu. Réessayez, puis prévenez votre administrateur.",
}


def problem(status: int, detail: str = "", **more: Any) -> HttpResponse:
    """The response; `more` are members that a program can use (`errors`, `location`…)."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or DETAILS.get(status, ""),
        **more,
    }
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json"
    )
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Beffroi"'
    return response

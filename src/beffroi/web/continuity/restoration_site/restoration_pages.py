"""What every page of the restoration page opens with: the page of this territory or 404, its addresses, what the reader may do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from beffroi.web.platform.rights.mandates import title_of
from beffroi.web.platform.rights.permissions import Permission

from ..models import RestorationSite, SitePublication
from ..offline_pages import site_render
from . import reading, services
from .document import FRENCH, STATES, Update


def site_or_404(request: HttpRequest, *, exercise: bool = False) -> RestorationSite:
    site = reading.site_of(request.territory, exercise=exercise)
    if site is None:
        raise Http404
    return site


def url_names(*, exercise: bool) -> dict[str, str]:
    """Names of the addresses of the page, or of that of exercises, which is another one."""
    before = "restoration-exercise" if exercise else "restoration"
    pages = {name: f"{before}-{name}" for name in ("settings", "service", "choose", "publish", "preview")}
    return pages | {"home": before}


def back_home(request: HttpRequest, *, exercise: bool = False) -> HttpResponse:
    return redirect(url_names(exercise=exercise)["home"], request.territory.slug)


def base_context(
    request: HttpRequest, site: RestorationSite | None, *, exercise: bool = False
) -> dict[str, Any]:
    return {
        "site": site,
        "is_exercise": exercise,
        "urls": url_names(exercise=exercise),
        "may_write": Permission(request.user, services.WRITE, request.territory),
        "may_publish": Permission(request.user, services.PUBLISH, request.territory),
    }


def describe(update: Update, writers: Mapping[str, str]) -> dict[str, Any]:
    """An update as pages show it, by the person who wrote it: residents read a function instead."""
    return {
        "state": STATES[update.state],
        "badge": {"works": "good", "degraded": "warn", "stopped": "danger"}[update.state],
        "text": update.text.get(FRENCH, ""),
        "alternative": update.alternative.get(FRENCH, ""),
        "languages": _in_other_languages(update),
        "since": datetime.fromisoformat(update.since) if update.since else None,
        "next_news": datetime.fromisoformat(update.next_news) if update.next_news else None,
        "at": update.moment,
        "author": writers.get(update.id) or update.author or "sans nom",
        "by_stick": update.origin == "stick",
        "id": update.id,
    }


def _in_other_languages(update: Update) -> list[dict[str, str]]:
    """Its words in each language but French."""
    languages = [each for each in (*update.text, *update.alternative) if each != FRENCH]
    return [
        {
            "name": site_render.language_name(language),
            "tag": language.partition("-x-")[0],
            "text": update.text.get(language, ""),
            "alternative": update.alternative.get(language, ""),
        }
        for language in dict.fromkeys(languages)
    ]


def published_by(publication: SitePublication) -> str:
    """« publié par Claire Martin, administrateur », or their mandate."""
    title = publication.mandate
    return f"publié par {title_of(title.get('mandate'), publication.by, title.get('roles', []))}"

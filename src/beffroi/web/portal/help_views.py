"""Guides of the site: the list with its search, one guide. Without account: those for citizens only."""

from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.web.platform import scope
from beffroi.web.platform.feature_switches import feature_of_act, is_open
from beffroi.web.platform.guards import public
from beffroi.web.platform.models import Membership, Territory
from beffroi.web.platform.suspended_forms import ask_sign_in
from beffroi.web.ui.help import HelpPage, help_pages
from beffroi.web.ui.help.guide_search import search
from beffroi.web.ui.navigation import PLACES, all_entries

_GROUPS = {"citoyens": "Pour tout le monde", **PLACES, "exploitation": "Pour qui installe et exploite"}


@public
def guide_list(request: HttpRequest) -> HttpResponse:
    """Guides by place of the navigation, or the sections that answer `?q=`."""
    query = request.GET.get("q", "").strip()[:200]
    closed = _closed_places(request)
    grouped = groupby(_open_guides(request), key=lambda guide: guide.group)
    context = {
        "query": query,
        "found": search(query, only_public=not request.user.is_authenticated) if query else [],
        "groups": [(_GROUPS[group], closed.get(group, ()), list(inside)) for group, inside in grouped],
    }
    return _page(request, "portal/help.html", context)


@public
def guide(request: HttpRequest, guide: str) -> HttpResponse:
    """One guide with its table of contents; those for members ask visitors to sign in."""
    found = next((one for one in help_pages() if one.slug == guide), None)
    if found is None:
        raise Http404
    available = _open_guides(request)
    if found not in available:
        return ask_sign_in(request)
    rank = available.index(found)
    context = {
        "guide": found,
        "before": available[rank - 1] if rank else None,
        "after": available[rank + 1] if rank + 1 < len(available) else None,
    }
    return _page(request, "portal/guide.html", context)


def _closed_places(request: HttpRequest) -> dict[str, list[str]]:
    """The places of the navigation whose rooms are all closed in a territory of this person, with its name."""
    if not request.user.is_authenticated:
        return {}
    found: dict[str, list[str]] = {}
    with scope.host():
        memberships = Membership.objects.filter(person=request.user, waiting_since=None)
        for territory in Territory.objects.filter(pk__in=memberships.values("territory")).order_by("name"):
            for place in PLACES:
                rooms = [
                    each.room or feature_of_act(each.act) for each in all_entries() if each.place == place
                ]
                if rooms and not any(is_open(territory, room) for room in rooms):
                    found.setdefault(place, []).append(territory.name)
    return found


def _open_guides(request: HttpRequest) -> list[HelpPage]:
    return [one for one in help_pages() if one.is_public or request.user.is_authenticated]


def _page(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    frame = "ui/base.html" if request.user.is_authenticated else "ui/public.html"
    return render(request, template, {"frame": frame, **context})

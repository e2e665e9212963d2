"""Context processor of every template: the territory, the person, the navigation entries that are open to them."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from beffroi.web.ui import navigation

from .. import due_places, emergency_banner, feature_switches, scope
from ..models import Person, Territory
from ..rights import may_host, may_somewhere
from ..storage import disk_space


def house(request: HttpRequest) -> dict[str, Any]:
    territory: Territory | None = getattr(request, "territory", None)
    person = request.user if isinstance(getattr(request, "user", None), Person) else None
    nav, search_url = [], ""
    if territory is not None and person is not None:

        def may_here(act: str) -> bool:
            return feature_switches.act_is_open(territory, act) and may_somewhere(person, act, territory)

        with scope.inside(territory):
            nav = navigation.entries_for(
                may_here,
                {"slug": territory.slug},
                current_path=request.path,
                current_place=getattr(request, "current_place", ""),
                is_open=lambda room: feature_switches.is_open(territory, room),
                folded=feature_switches.folded_places(territory),
                short=feature_switches.menu_is_short(territory),
                due=due_places.known(request, territory),
            )
            search_url = navigation.search_url(may_here, {"slug": territory.slug})
    runs_host = person is not None and may_host(person, "host.enter")
    context = {
        "territory": territory,
        "person": person,
        "nav": nav,
        "search_url": search_url,
        "runs_host": runs_host,
    }
    if territory is not None and person is not None:
        # Called by the pages of members alone: the others ask nothing.
        context["short_menu"] = feature_switches.menu_is_short(territory)
        context["banner"] = partial(emergency_banner.banner_for, person, territory)
    context["idle_seconds"] = settings.SESSION_IDLE_SECONDS
    return {**context, "read_only": person is not None and disk_space.is_low()}

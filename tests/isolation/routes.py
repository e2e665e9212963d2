"""Every address of the site, as the resolver has it, and the attempts that it calls for.

In: nothing but the site's own table of addresses. Out: routes with their parameters, their right, and the ways in which
their identifiers can be swapped for those of another territory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from beffroi.web.api import api
from beffroi.web.platform.acts import Act

from .parameters import HOSTS, UNKNOWN, value_of
from .world import Side

_ALLAUTH = "compte/"
_API = "api/v1/"
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One address: `space` is t (members), p (the public) or host; `api` when a program asks, with a token."""

    name: str
    path: str
    declares: str | None
    parameters: tuple[tuple[str, str], ...]  # name, converter
    module: str  # of its view
    act: Act | None = None  # that its view does, where one was made of it
    has_form: bool = False  # or a button

    @property
    def api(self) -> bool:
        return self.path.startswith(_API)

    @property
    def space(self) -> str:
        head = self.path.removeprefix(_API).split("/")[0]
        return head if head in ("t", "p") and ("slug", "slug") in self.parameters else "host"

    @property
    def hosts(self) -> bool:
        """Whether it is for those who run the host."""
        return (self.declares or "").startswith("host.")

    @property
    def inner(self) -> tuple[tuple[str, str], ...]:
        """The parameters besides the territory."""
        return tuple(p for p in self.parameters if p[0] != "slug")

    @property
    def swappable(self) -> tuple[str, ...]:
        """The inner parameters whose values belong to a territory."""
        return tuple(n for n, _ in self.inner if (v := value_of(self.name, n)) and not v.shared)

    def values(self, side: Side) -> dict[str, Any]:
        """Raises LookupError for a parameter that the table does not know."""
        return {name: known(self.name, name)(side) for name, _ in self.parameters}

    def at(self, values: dict[str, Any]) -> str:
        return reverse(self.name, kwargs=values)

    def mixed(self, a: Side, b: Side) -> Iterator[tuple[dict[str, Any], dict[str, Any], list[str]]]:
        """A's address with B's identifiers, and with unknown ones in the same places; which places."""
        own, theirs, converters = self.values(a), self.values(b), dict(self.parameters)
        for size in range(1, len(self.swappable) + 1):
            for places in combinations(self.swappable, size):
                swapped = {name: theirs[name] for name in places}
                unknown = {
                    name: UNKNOWN["int" if isinstance(theirs[name], int) else converters[name]]
                    for name in places
                }
                yield own | swapped, own | unknown, list(places)


def known(route: str, parameter: str) -> Any:
    found = value_of(route, parameter)
    if found is None:
        raise LookupError(
            f"the route {route!r} has a parameter {parameter!r} that the isolation suite does not know: add "
            f"({route!r}, {parameter!r}) to PARAMETERS in tests/isolation/parameters.py, with where its value is found "
            "in each territory, and make that thing exist in tests/isolation/world.py"
        )
    return found.of


@cache
def all_routes() -> tuple[Route, ...]:
    """Every address of ours; those of the sign-in library hold nothing of a territory."""
    return tuple(_walk(get_resolver().url_patterns, ""))


def of_space(*spaces: str) -> list[Route]:
    return [route for route in all_routes() if route.space in spaces]


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if path.startswith(_ALLAUTH):
            continue
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
            continue
        found = tuple((name, converter or "str") for converter, name in _PARAMETER.findall(path))
        found = tuple((name, "slug" if name == "slug" else kind) for name, kind in found)
        yield Route(
            pattern.name or path,
            path,
            getattr(pattern.callback, "declares", None),
            found,
            _api_modules().get(pattern.name, pattern.callback.__module__),
            getattr(pattern.callback, "act", None),
            getattr(pattern.callback, "has_form", False),
        )


@cache
def _api_modules() -> dict[str | None, str]:
    """The module of each operation of the API, by the name of its address: its view is the library's own."""
    return {
        f"api-{pattern.name}".replace("_", "-"): view.operations[0].view_func.__module__
        for bound in api._get_bound_routers()
        for pattern, view in zip(bound.urls_paths(""), bound.path_operations.values(), strict=True)
    }


def faults() -> list[str]:
    """What a new route forgot to say."""
    said = []
    for route in all_routes():
        if route.declares is None:
            said.append(
                f"{route.path} declares no right: guard its view with @requires(act), @signed_in or @public"
            )
        if route.space == "t" and route.declares in (None, "public", "signed-in"):
            said.append(f"{route.path} is in a territory's space: its view needs @requires(act)")
        if route.space == "host" and route.name not in HOSTS and not route.hosts:
            said.append(
                f"{route.path} is under no territory: put it under /t/<slug>/ or /p/<slug>/, guard it with an act of the host, or add {route.name!r} to "
                "HOSTS in tests/isolation/parameters.py if it holds nothing of any territory"
            )
        for name, _ in route.parameters:
            try:
                known(route.name, name)
            except LookupError as error:
                said.append(str(error))
    return said

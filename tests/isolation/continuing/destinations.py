"""What the continuity room holds of destinations, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from typing import Any

from beffroi.web.continuity.destinations import services

_ROUTES = ("destination", "destination-try", "destination-withdraw")
PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    (route, "pk"): lambda side: side.destination.pk for route in _ROUTES
}
SHARED: dict[tuple[str, str], Any] = {}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = set()
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {
    "continuity.trial": lambda side: [{"destination": side.destination.pk}]
}


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory. No server is called: none is allowed."""
    person, word = side.people["everything"], side.words.private_word
    for n in range(1 + side.words.more):
        made = services.declare(
            side.territory, person, use="site", kind="webdav", name=f"Nuage {side.words.private} {n}"[:120],
            address=f"https://{word}-{n}.example/dav/", account=f"compte {side.words.private}", password=word,
            folder=f"dossier {word}",
        )  # fmt: skip
        services.send(made, {"index.html": side.words.private.encode()})
        services.try_out(made, person)
    side.facts["destination"] = made

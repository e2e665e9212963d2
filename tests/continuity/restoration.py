"""Documents of the restoration page for the tests, plain or hostile."""

from typing import Any
from uuid import UUID, uuid5

TOWN = UUID("6f1d3c1e-5a0b-4f3e-9c1a-0d7a5b7c9e11")


def uid(name: str) -> str:
    return str(uuid5(TOWN, name))


def an_update(name: str, service: str = "canteen", **fields: Any) -> dict[str, Any]:
    return {
        "id": uid(name),
        "at": "2026-11-29T08:00:00+01:00",
        "service": service,
        "state": "stopped",
        "since": "2026-11-28T22:00:00+01:00",
        "text": {"fr": f"Annonce {name}."},
        "alternative": {"fr": "Apportez un pique-nique."},
        "next_news": None,
        "author": "Claire Martin",
        "origin": "platform",
        "after": [],
    } | fields


def a_document(*updates: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "territory": {"code": "99T01", "name": "Valbruyère", "simulated": True},
        "document": uid("document"),
        "title": "Vos services pendant la panne",
        "languages": ["fr", "fr-x-facile", "en"],
        "services": [
            {"key": "canteen", "name": {"fr": "Cantine", "en": "School meals"}},
            {"key": "civil", "name": {"fr": "État civil"}},
        ],
        "updates": list(updates),
    } | fields

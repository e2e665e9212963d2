"""The restoration page for the tests: written and published, what a stick gives back, documents plain or hostile."""

import hashlib
import json
from typing import Any
from uuid import UUID, uuid5

from beffroi.web.continuity.models import (
    RestorationSite,
    SiteImport,
    SitePublication,
    SiteService,
    SiteUpdate,
)
from beffroi.web.continuity.offline_pages import site_render
from beffroi.web.continuity.restoration_site import (
    document_signing,
    kit_part,
    reading,
    sending,
    services,
    stick_files,
    stick_history,
)
from beffroi.web.continuity.restoration_site.document import canonical, from_data
from beffroi.web.platform.models import Person

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


def service_of(site: RestorationSite, key: str = "cantine") -> SiteService:
    return SiteService.objects.of(site.territory).select_related("site").get(site=site, key=key)


def write(
    site: RestorationSite,
    by: Person,
    text: str = "La cantine est fermée.",
    key: str = "cantine",
    **fields: Any,
) -> SiteUpdate:
    service = service_of(site, key)
    options: dict[str, Any] = {
        "state": "stopped",
        "texts": {"fr": text},
        "alternatives": {"fr": "Apportez un repas."},
        "after": [each.id for each in services.followed_heads(site, service)],
    }
    return services.announce(service, by, **options | fields)


def publish(site: RestorationSite, by: Person) -> SitePublication:
    return services.publish(site, by, reading.digest(reading.draft(site)))


def on_the_stick(site: RestorationSite, *updates: dict[str, Any], **fields: Any) -> bytes:
    """The document that a stick gives back: what is published, with these updates. `fields`: what else it changes."""
    data = reading.public_document(site).model_dump() | fields
    data["updates"] += [
        an_update(f"stick {n}", "cantine") | each | {"origin": "stick"} for n, each in enumerate(updates)
    ]
    return canonical(from_data(data))


def stick_zip(
    site: RestorationSite, content: bytes, *, pair: tuple[str, str] | None = None, is_signed: bool = True
) -> bytes:
    """The ZIP of this document, as the page of the stick makes it. `pair`: of another key than ours."""
    pair = pair or kit_part.signing_pair(site.territory)
    assert pair is not None
    signature = document_signing.sign(content, pair[0]) if is_signed else None
    return sending.zip_of(site_render.build(json.loads(content), public_key=pair[1], signature=signature))


def taken_back(site: RestorationSite, by: Person, content: bytes, *, trusted: bool = False) -> SiteImport:
    """A file of the stick, read then taken back."""
    file = stick_files.read(content)
    expected = hashlib.sha256(file.state).hexdigest()
    return stick_history.take_back(site, by, file, expected=expected, trusted=trusted)

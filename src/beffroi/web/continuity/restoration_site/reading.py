"""What the restoration page holds: its draft, what is published, and what differs between them."""

import hashlib
from dataclasses import dataclass

from beffroi.text import fold_name
from beffroi.web.platform.models import Territory

from ..models import RestorationSite, SiteImport, SiteKey, SitePublication, SiteService, SiteUpdate
from .document import (
    Document,
    Place,
    Service,
    Update,
    canonical,
    conflicts,
    current,
    from_data,
    in_order,
    parse,
)


def site_of(territory: Territory, *, exercise: bool = False) -> RestorationSite | None:
    found: RestorationSite | None = (
        RestorationSite.objects.of(territory).filter(is_exercise=exercise).select_related("territory").first()
    )
    return found


def draft(site: RestorationSite) -> Document:
    """Everything that was written and not discarded."""
    rows = SiteUpdate.objects.of(site.territory).filter(site=site, discarded_at=None)
    return _document(site, [row.content for row in rows])


def _document(site: RestorationSite, updates: list[dict[str, object]]) -> Document:
    territory = site.territory
    place = Place(code=territory.code, name=territory.name[:80], simulated=territory.is_fictional)
    services = SiteService.objects.of(territory).filter(site=site)
    return from_data(
        {
            "format": 1,
            "territory": place.model_dump(),
            "document": str(site.document),
            "title": site.title,
            "languages": site.languages,
            "services": [Service(key=each.key, name=each.name).model_dump() for each in services],
            "updates": [each.model_dump() for each in in_order(map(Update.model_validate, updates))],
            "exercise": site.is_exercise,
        }
    )


def writers(site: RestorationSite) -> dict[str, str]:
    """Who wrote each update on the platform, by its identifier."""
    rows = SiteUpdate.objects.of(site.territory).filter(site=site, source=None).select_related("by")
    return {str(row.uid): str(row.by) for row in rows}


def updates_of(row: SiteImport) -> list[Update]:
    """What a stick had announced when it published this; those that the import added, where its document was not stored."""
    if row.document:
        return in_order(each for each in parse(row.document.encode()).updates if each.origin == "stick")
    return in_order(Update.model_validate(each.content) for each in row.updates.all())


def last_publication(site: RestorationSite) -> SitePublication | None:
    found: SitePublication | None = (
        SitePublication.objects.of(site.territory).filter(site=site).select_related("by", "key").first()
    )
    return found


def published_document(publication: SitePublication) -> Document:
    return parse(publication.content.encode("utf-8"))


def public_document(site: RestorationSite) -> Document:
    """What may be read outside: the last publication, or the page without any announcement."""
    publication = last_publication(site)
    return _document(site, []) if publication is None else published_document(publication)


def digest(document: Document) -> str:
    """SHA-256 of the document's canonical bytes."""
    return hashlib.sha256(canonical(document)).hexdigest()


def key_in_use(territory: Territory) -> SiteKey | None:
    found: SiteKey | None = SiteKey.objects.of(territory).filter(replaced_at=None).first()
    return found


@dataclass(frozen=True)
class Line:
    """One service: what the draft says beside what is published. `choices`: the updates among which the spokesperson chooses."""

    key: str
    name: str
    draft: Update | None
    published: Update | None
    choices: tuple[Update, ...]

    @property
    def is_changed(self) -> bool:
        return self.draft != self.published


def compare(site: RestorationSite) -> list[Line]:
    """Draft beside published, the services that changed first."""
    written, public = draft(site), public_document(site)
    now, before, twice = current(written), current(public), conflicts(written)
    lines = [
        Line(
            each.key,
            each.name["fr"],
            now.get(each.key),
            before.get(each.key),
            tuple(twice.get(each.key, ())),
        )
        for each in written.services
    ]
    return sorted(lines, key=lambda line: (not line.choices, not line.is_changed, fold_name(line.name)))

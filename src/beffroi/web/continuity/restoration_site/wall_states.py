"""How services are for residents, as last published: what the wall of a crisis displays."""

from collections.abc import Iterator
from datetime import datetime

from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import french_date

from ..crisis.wall import ServiceState
from . import reading
from .document import current


def published_states(territory: Territory) -> Iterator[ServiceState]:
    site = reading.site_of(territory)
    if site is None:
        return
    publication = reading.last_publication(site)
    if publication is None:
        return
    document = reading.published_document(publication)
    source = f"d'après la page des habitants, publiée le {french_date(publication.at)}"
    states = current(document)
    for service in document.services:
        if (update := states.get(service.key)) is not None:
            since = datetime.fromisoformat(update.since) if update.since else None
            yield ServiceState(
                service.name["fr"], update.state, since, source=source, reported_at=publication.at
            )

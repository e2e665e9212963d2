"""What the continuity room holds of the restoration page, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import uuid4

from beffroi.web.continuity.models import RestorationSite, SiteImport, SiteService
from beffroi.web.continuity.restoration_site import (
    document_signing,
    kit_part,
    page_setup,
    reading,
    services,
    stick_history,
)
from beffroi.web.continuity.restoration_site.document import canonical
from beffroi.web.continuity.restoration_site.stick_files import StickFile

PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("restoration-service", "key"): lambda side: side.site_service.key,
    ("restoration-exercise-service", "key"): lambda side: side.exercise_service.key,
    ("restoration-choose", "key"): lambda side: side.site_service.key,
    ("restoration-exercise-choose", "key"): lambda side: side.exercise_service.key,
    ("restoration-outside", "pk"): lambda side: side.site_import.pk,
    ("restoration-outside-zip", "pk"): lambda side: side.site_import.pk,
    ("restoration-discard", "pk"): lambda side: side.site_update.pk,
    ("restoration-send", "pk"): lambda side: side.site_publication.pk,
    ("restoration-zip", "pk"): lambda side: side.site_publication.pk,
}
SHARED: dict[tuple[str, str], Any] = {
    (route, "name"): "index.html" for route in ("restoration-preview", "restoration-exercise-preview")
}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"restoration-zip", "restoration-outside-zip"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {
    "continuity.publication": lambda side: [{"publication": side.site_publication.pk}]
}


def _from_the_stick(site: RestorationSite, person: Any) -> SiteImport:
    """What a stick wrote of the last service, which the platform says nothing of."""
    document = reading.public_document(site)
    update = document.updates[0].model_copy(
        update={"id": str(uuid4()), "service": document.services[-1].key, "origin": "stick", "after": []}
    )
    content = canonical(document.model_copy(update={"updates": [*document.updates, update]}))
    pair = kit_part.signing_pair(site.territory)
    assert pair is not None
    file = StickFile(content, document_signing.sign(content, pair[0]))
    return stick_history.take_back(site, person, file, expected=sha256(content).hexdigest())


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory: a page that was published, a draft, a history of the stick."""
    person, word = side.people["everything"], side.words.private
    site = page_setup.set_up(
        side.territory, person, title=f"Services {word}"[:80], languages=["en"],
        names=[f"Cantine {side.words.private_word}", f"Piscine {word}"[:80]],
    )  # fmt: skip
    service = SiteService.objects.of(side.territory).filter(site=site).first()
    assert service is not None
    texts, instead = {"fr": f"Fermée, {word}.", "en": f"Closed, {word}."}, {"fr": f"Venez, {word}."}
    for _ in range(1 + side.words.more):
        after = [each.id for each in services.followed_heads(site, service)]
        services.announce(service, person, state="stopped", texts=texts, alternatives=instead, after=after)
        published = services.publish(site, person, reading.digest(reading.draft(site)))
    taken_back = _from_the_stick(site, person)
    after = [each.id for each in services.followed_heads(site, service)]
    waiting = services.announce(service, person, state="works", texts=texts, alternatives={}, after=after)
    drill = page_setup.set_up(
        side.territory, person, title=f"Exercice {word}"[:80], languages=[], names=[f"Crèche {side.words.private_word}"],
        is_exercise=True,
    )  # fmt: skip
    side.facts["exercise_service"] = drill.services.get()
    side.facts |= {
        "site_import": taken_back,
        "site_service": service,
        "site_publication": published,
        "site_update": waiting,
    }

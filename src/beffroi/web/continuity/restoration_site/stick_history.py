"""Take back what was announced from the stick: the signature is checked, the histories joined by identifier, nothing is lost.

In: the files « etat.json » and « etat.json.sig » of the stick. Out: an import, and new announcements in the draft. Raises RestorationError.
"""

import hashlib
from collections.abc import Collection, Mapping

from django.db import transaction

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..models import RestorationSite, SiteImport, SiteKey, SiteService, SiteUpdate
from . import document_signing, reading
from .document import Document, DocumentError, Service, Update, merge, parse
from .errors import RestorationError
from .services import WRITE, store_update


def import_history(
    site: RestorationSite, by: Person, content: bytes, signature: bytes | None, *, trusted: bool = False
) -> SiteImport:
    """Take back what was written on the stick: signature checked, union by identifier, nothing lost; the same file twice changes nothing.

    `trusted`: a person vouches for a history that has no signature. A wrong signature is always refused.
    """
    territory = site.territory
    require(by, WRITE, territory)
    try:
        other = parse(content)
    except DocumentError as error:
        raise RestorationError(str(error), "state") from None
    signed = _is_signed(territory, content, signature, trusted=trusted)
    sha256 = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        RestorationSite.objects.of(territory).select_for_update().get(pk=site.pk)
        known: SiteImport | None = SiteImport.objects.of(territory).filter(site=site, sha256=sha256).first()
        if known is not None:
            return known
        stored = {str(row.uid): row for row in SiteUpdate.objects.of(territory).filter(site=site)}
        try:
            merge(reading.draft(site), other)
            _refuse_changed(stored, other)
        except DocumentError as error:
            raise RestorationError(str(error), "state") from None
        added = [each for each in other.updates if each.id not in stored]
        row: SiteImport = SiteImport.objects.create(
            territory=territory, site=site, sha256=sha256, signed=signed, added=len(added), by=by
        )
        services = _services_of(site, other.services)
        for update in added:
            store_update(site, services[update.service], update.model_dump(), by, row)
        detail = {"sha256": sha256, "signed": signed, "added": len(added)}
        ledger.append(territory, "restoration.import", by, f"restoration:{site.pk}", detail)
    return row


def _refuse_changed(stored: Mapping[str, SiteUpdate], other: Document) -> None:
    """Those that were discarded here are compared too."""
    for update in other.updates:
        row = stored.get(update.id)
        if row is not None and Update.model_validate(row.content) != update:
            raise DocumentError(
                "Une annonce de ce fichier porte le numéro d'une autre sans dire la même chose. Rien n'a été repris."
            )


def _services_of(site: RestorationSite, wanted: Collection[Service]) -> dict[str, SiteService]:
    """By key; those that only the stick knows are added. What is named here keeps its name."""
    found = {each.key: each for each in SiteService.objects.of(site.territory).filter(site=site)}
    for service in wanted:
        if service.key not in found:
            found[service.key] = SiteService.objects.create(
                territory=site.territory, site=site, key=service.key, name=dict(service.name)
            )
    return found


def _is_signed(territory: Territory, content: bytes, signature: bytes | None, *, trusted: bool) -> bool:
    """Whether one of our keys, in use or replaced, signed it. Raises RestorationError unless so, or unsigned and vouched for."""
    if not signature:
        if trusted:
            return False
        raise RestorationError(
            "Ajoutez aussi le fichier « etat.json.sig » : sans signature, rien ne dit que cette histoire vient de votre clé USB. "
            "Si vous n'en avez pas et que vous reconnaissez cette clé, cochez la case.",
            "signature",
        )
    if not any(
        document_signing.verify(content, signature, key.public) for key in SiteKey.objects.of(territory)
    ):
        raise RestorationError(
            "La signature n'est pas celle de votre collectivité, ou le fichier a été modifié. Rien n'a été repris.",
            "signature",
        )
    return True

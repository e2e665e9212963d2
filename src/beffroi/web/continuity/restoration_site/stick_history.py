"""Take back what was published from the stick: signature checked, histories joined by identifier, nothing lost, nothing published.

In: a `StickFile`. Out: what it would bring, then an import and its announcements in the draft. Raises RestorationError, PermissionDenied.
"""

import base64
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from django.db import transaction

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..models import RestorationSite, SiteImport, SiteKey, SitePublication, SiteService, SiteUpdate
from . import document_signing, reading
from .document import Document, DocumentError, Service, Update, conflicts, in_order, merge, parse
from .errors import RestorationError
from .services import WRITE, store_update
from .stick_files import StickFile, refuse_changed_pages

TO_VOUCH: Final = "Cochez la case si vous savez qui a écrit ce fichier. Sinon, ne le reprenez pas."

type Signer = Literal["ours", "other", "nobody"]


@dataclass(frozen=True)
class HistoryPreview:
    """What a file would bring. `public_key`: in PEM, that of the signer; `known`: announcements that are already here."""

    sha256: str
    document: Document
    signer: Signer
    public_key: str | None
    new: list[Update]
    known: int
    conflicts: dict[str, list[Update]]
    services: list[str]
    languages: list[str]

    @property
    def fingerprint(self) -> str:
        return document_signing.fingerprint(self.public_key) if self.public_key else ""


def preview(site: RestorationSite, by: Person, file: StickFile) -> HistoryPreview:
    """What taking this file back would do; nothing is written."""
    territory = site.territory
    require(by, WRITE, territory)
    try:
        other = parse(file.state)
        merged = merge(reading.draft(site), other)
        stored = {str(row.uid): row for row in SiteUpdate.objects.of(territory).filter(site=site)}
        _refuse_changed(stored, other)
        refuse_changed_pages(file)
    except DocumentError as error:
        raise RestorationError(str(error), "file") from None
    sha256 = hashlib.sha256(file.state).hexdigest()
    here = SitePublication.objects.of(territory).filter(site=site, sha256=reading.digest(other)).first()
    if here is not None:
        raise RestorationError(
            f"Ce fichier est la publication {here.number}, faite ici : il n'y a rien à reprendre.", "file"
        )
    signer, public_key = _signer(territory, file)
    known = {each.key for each in SiteService.objects.of(territory).filter(site=site)}
    new = [each for each in in_order(other.updates) if each.id not in stored]
    return HistoryPreview(
        sha256=sha256,
        document=other,
        signer=signer,
        public_key=public_key,
        new=new,
        known=len(other.updates) - len(new),
        conflicts=conflicts(merged),
        services=[each.name["fr"] for each in other.services if each.key not in known],
        languages=[each for each in merged.languages if each not in site.languages],
    )


def take_back(
    site: RestorationSite, by: Person, file: StickFile, *, expected: str, trusted: bool = False
) -> SiteImport:
    """Write what a file brings, once its preview was read; the same file twice changes nothing.

    `expected`: the digest of what was read; `trusted`: a person vouches for a history that none of our keys signed.
    """
    territory = site.territory
    with transaction.atomic():
        site = RestorationSite.objects.of(territory).select_for_update().get(pk=site.pk)
        found = preview(site, by, file)
        if found.sha256 != expected:
            raise RestorationError("Ce n'est pas le fichier que vous avez relu. Rien n'a été repris.", "file")
        if found.signer != "ours" and not trusted:
            raise RestorationError(TO_VOUCH, "trusted")
        signed = found.signer == "ours"
        same = SiteImport.objects.of(territory).filter(
            site=site, sha256=found.sha256, signed=signed, public_key=found.public_key
        )
        known: SiteImport | None = same.first()
        if known is not None:
            return known
        row: SiteImport = SiteImport.objects.create(
            territory=territory,
            site=site,
            sha256=found.sha256,
            signed=signed,
            added=len(found.new),
            document=file.state.decode("utf-8"),
            signature=_base64(file.signature),
            public_key=found.public_key,
            saved_at=file.saved_at,
            by=by,
        )
        _store(site, by, found, row)
        detail = {"sha256": row.sha256, "signed": signed, "key": found.fingerprint, "added": row.added}
        ledger.append(territory, "restoration.import", by, f"restoration:{site.pk}", detail)
    return row


def _store(site: RestorationSite, by: Person, found: HistoryPreview, row: SiteImport) -> None:
    if found.languages:
        site.languages = [*site.languages, *found.languages]
        site.save(update_fields=["languages"])
    services = _services_of(site, found.document.services)
    for update in found.new:
        store_update(site, services[update.service], update.model_dump(), by, row)
    try:
        reading.draft(site)
    except DocumentError:
        raise RestorationError(
            "Ce fichier suit une annonce qui a été écartée ici, ou ferait une page trop longue. Rien n'a été repris.",
            "file",
        ) from None


def _base64(signature: bytes | None) -> str | None:
    return base64.b64encode(document_signing.der_of(signature)).decode("ascii") if signature else None


def _refuse_changed(stored: Mapping[str, SiteUpdate], other: Document) -> None:
    """Those that were discarded here are compared too."""
    for update in other.updates:
        row = stored.get(update.id)
        if row is not None and Update.model_validate(row.content) != update:
            raise DocumentError(
                "Une annonce de ce fichier porte le numéro d'une autre sans dire la même chose. Rien n'a été repris."
            )


def _services_of(site: RestorationSite, wanted: Collection[Service]) -> dict[str, SiteService]:
    """By key; those that only the stick knows are added. What is named here keeps its name; a language that lacks one takes it."""
    found = {each.key: each for each in SiteService.objects.of(site.territory).filter(site=site)}
    for service in wanted:
        here = found.get(service.key)
        if here is None:
            found[service.key] = SiteService.objects.create(
                territory=site.territory, site=site, key=service.key, name=dict(service.name)
            )
        elif missing := {
            language: name for language, name in service.name.items() if language not in here.name
        }:
            here.name = {**here.name, **missing}
            here.save(update_fields=["name"])
    return found


def _signer(territory: Territory, file: StickFile) -> tuple[Signer, str | None]:
    """Who signed the document, and the key that says so. Raises RestorationError where it was changed since."""
    if not file.signature:
        return "nobody", None
    for key in SiteKey.objects.of(territory):
        if document_signing.verify(file.state, file.signature, key.public):
            return "ours", key.public
    if file.public_key and document_signing.verify(file.state, file.signature, file.public_key):
        return "other", file.public_key
    raise RestorationError(
        "La signature n'est pas celle de votre collectivité, ou le fichier a été modifié. Rien n'a été repris.",
        "file",
    )

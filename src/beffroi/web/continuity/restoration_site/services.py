"""Announce the state of a service, choose between two announcements, discard, publish.

Nothing goes out before `publish`, the spokesperson's act. Announcements are written once. Raises RestorationError, PermissionDenied.
"""

import base64
import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from beffroi.web.platform import ledger, sealing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import ROLES, require, roles_of
from beffroi.web.platform.rights.active_roles import authority
from beffroi.web.platform.rights.mandates import frozen

from ..models import (
    RestorationSite,
    SiteImport,
    SiteKey,
    SitePublication,
    SiteService,
    SiteUpdate,
)
from . import document_signing, reading
from .document import (
    FRENCH,
    STATES,
    Document,
    DocumentError,
    Update,
    canonical,
    conflicts,
    heads,
    old_languages,
)
from .errors import RestorationError, StaleDraftError
from .waiting_messages import TO_FILL, contradicted, messages_for

WRITE: Final = "continuity.answer"
SPOKESPERSON: Final = "Porte-parole"
"""Whom residents read as the author: a function. Who wrote it is in the row."""
PUBLISH: Final = "continuity.publish"


def announce(
    service: SiteService,
    by: Person,
    *,
    state: str,
    texts: Mapping[str, str],
    alternatives: Mapping[str, str],
    since: datetime | None = None,
    next_news: datetime | None = None,
    after: Collection[str] = (),
) -> SiteUpdate:
    """Write what is to be announced of a service; nothing goes out. `after`: the updates that its author had read.

    Two people who had read the same one make two updates: both stay, until one that follows both.
    A translation that is still that of an update that this one follows, while the French changed, is left out.
    """
    require(by, WRITE, service.site.territory)
    _refuse_incomplete(service, state, texts, alternatives)
    now = timezone.now()
    if next_news is not None and next_news <= now:
        raise RestorationError("Les prochaines nouvelles sont à venir : donnez un moment futur.", "next_news")
    if since is not None and since > now:
        raise RestorationError("« Depuis » ne peut pas être à venir.", "since")
    followed = [each for each in reading.draft(service.site).updates if each.id in after]
    content = {
        "state": state,
        "since": timezone.localtime(since).isoformat(timespec="minutes") if since else None,
        "text": _up_to_date(followed, "text", texts),
        "alternative": _up_to_date(followed, "alternative", alternatives),
        "next_news": timezone.localtime(next_news).isoformat(timespec="minutes") if next_news else None,
    }
    return _write(service, by, content, after)


def _refuse_incomplete(
    service: SiteService, state: str, texts: Mapping[str, str], alternatives: Mapping[str, str]
) -> None:
    if state not in STATES:
        raise RestorationError("Choisissez un état.", "state")
    if not texts.get(FRENCH, "").strip():
        raise RestorationError("Écrivez en français ce que les habitants doivent savoir.", f"text_{FRENCH}")
    if state == "degraded" and not alternatives.get(FRENCH, "").strip():
        raise RestorationError(
            "Dites ce que les habitants peuvent faire à la place.", f"alternative_{FRENCH}"
        )
    for name, typed in (("text", texts), ("alternative", alternatives)):
        for language, text in typed.items():
            if found := TO_FILL.search(text):
                raise RestorationError(
                    f"Remplacez ce qui est entre crochets : {found[0]}.", f"{name}_{language}"
                )
    language, other = contradicted(messages_for(service.territory, str(service)), state, texts)
    if other:
        raise RestorationError(
            f"Ce texte est le modèle de l'état « {STATES[other]} », et vous annoncez « {STATES[state]} ». "  # type: ignore[index]
            "Changez le texte ou l'état.",
            f"text_{language}",
        )


def choose(service: SiteService, by: Person, chosen: str, seen: Collection[str]) -> SiteUpdate:
    """Say which of the announcements that compete is right: one with its words follows them all; nothing goes out.

    `seen`: those among which the person chose. A next piece of news that is past is not announced again.
    """
    require(by, WRITE, service.site.territory)
    competing = {each.id: each for each in followed_heads(service.site, service)}
    if set(seen) != set(competing):
        raise StaleDraftError(
            "Une autre annonce est arrivée pendant votre lecture. Relisez, puis choisissez."
        )
    if len(competing) < 2 or chosen not in competing:
        raise RestorationError("Il n'y a plus à choisir : une seule annonce est en cours.")
    right = competing[chosen]
    content = right.model_dump(include={"state", "since", "text", "alternative", "next_news"})
    if right.next_news and datetime.fromisoformat(right.next_news) <= timezone.now():
        content["next_news"] = None
    return _write(service, by, content, competing)


def _write(
    service: SiteService, by: Person, content: Mapping[str, Any], after: Collection[str]
) -> SiteUpdate:
    site = service.site
    whole = {
        **content,
        "id": str(uuid4()),
        "at": timezone.localtime().isoformat(timespec="milliseconds"),
        "service": service.key,
        "author": SPOKESPERSON,
        "origin": "platform",
        "after": sorted(set(after)),
    }
    with transaction.atomic():
        RestorationSite.objects.of(site.territory).select_for_update().get(pk=site.pk)
        row = store_update(site, service, whole, by)
        try:
            reading.draft(site)
        except (DocumentError, ValueError) as error:
            raise RestorationError(f"Cette annonce ne peut pas être enregistrée. {error}") from None
        detail = {"service": service.key, "state": whole["state"], "update": whole["id"]}
        ledger.append(site.territory, "restoration.update", by, f"restoration:{site.pk}", detail)
    return row


def _filled(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: text.strip().replace("\r\n", "\n") for language, text in texts.items() if text.strip()}


def _up_to_date(
    followed: list[Update], part: Literal["text", "alternative"], texts: Mapping[str, str]
) -> dict[str, str]:
    found = _filled(texts)
    old = old_languages(followed, part, found)
    return {language: text for language, text in found.items() if language not in old}


def store_update(
    site: RestorationSite,
    service: SiteService,
    content: dict[str, Any],
    by: Person,
    source: SiteImport | None = None,
) -> SiteUpdate:
    row: SiteUpdate = SiteUpdate.objects.create(
        territory=site.territory,
        site=site,
        uid=UUID(content["id"]),
        service=service,
        content=content,
        by=by,
        source=source,
    )
    return row


def discard(update: SiteUpdate, by: Person) -> None:
    """Set aside an announcement that never went out and that nothing follows. One that went out is corrected by another."""
    site = update.site
    require(by, WRITE, site.territory)
    with transaction.atomic():
        row = SiteUpdate.objects.of(site.territory).select_for_update().get(pk=update.pk)
        uid = str(row.uid)
        if row.discarded_at is not None:
            return
        if uid in {each.id for each in reading.public_document(site).updates}:
            raise RestorationError("Cette annonce est publiée : corrigez-la par une nouvelle annonce.")
        if row.source_id is not None:
            raise RestorationError(
                "Cette annonce vient de la clé USB : corrigez-la par une nouvelle annonce."
            )
        if any(uid in each.after for each in reading.draft(site).updates):
            raise RestorationError("Une autre annonce la suit déjà : corrigez plutôt celle-là.")
        row.discarded_at = timezone.now()
        row.save(update_fields=["discarded_at"])
        ledger.append(site.territory, "restoration.discard", by, f"restoration:{site.pk}", {"update": uid})


def publish(site: RestorationSite, by: Person, seen: str) -> SitePublication:
    """Publish the draft whose digest the spokesperson read. It is signed, and stays; sending it is a job (`sending`)."""
    territory = site.territory
    require(by, PUBLISH, territory)
    with transaction.atomic():
        RestorationSite.objects.of(territory).select_for_update().get(pk=site.pk)
        document = reading.draft(site)
        content = canonical(document)
        sha256 = hashlib.sha256(content).hexdigest()
        last = reading.last_publication(site)
        if last is not None and last.sha256 == sha256:
            return last  # asked twice
        if sha256 != seen:
            raise StaleDraftError(
                "Le brouillon a changé depuis que vous l'avez lu : rien n'est publié. Relisez-le, puis publiez."
            )
        if not document.updates:
            raise RestorationError("Rien n'est encore annoncé : écrivez d'abord l'état d'un service.")
        if names := _in_conflict(document):
            raise RestorationError(
                f"Deux annonces se contredisent pour {names}. Choisissez d'abord laquelle est juste : rien n'est publié."
            )
        key = reading.key_in_use(territory)
        if key is None:
            raise RestorationError("Aucune clé ne signe la page : enregistrez à nouveau ses réglages.")
        signature = document_signing.sign(content, _private(key))
        made: SitePublication = SitePublication.objects.create(
            territory=territory,
            site=site,
            number=(last.number if last else 0) + 1,
            content=content.decode("utf-8"),
            sha256=sha256,
            signature=base64.b64encode(signature).decode("ascii"),
            key=key,
            by=by,
            mandate=_mandate(by, territory),
        )
        detail = {
            "number": made.number,
            "sha256": sha256,
            "key": key.fingerprint,
            "exercise": site.is_exercise,
        }
        ledger.append(territory, "restoration.publish", by, f"restoration:{site.pk}", detail)
    return made


def _in_conflict(document: Document) -> str:
    names = {each.key: each.name[FRENCH] for each in document.services}
    return ", ".join(f"« {names[key]} »" for key in conflicts(document))


def _private(key: SiteKey) -> str:
    try:
        return sealing.unseal(key.sealed_secret)
    except sealing.CannotUnseal:
        raise RestorationError(
            "La clé qui signe la page ne peut plus être ouverte : la clé de l'instance a changé. Faites une nouvelle clé."
        ) from None


def _mandate(by: Person, territory: Territory) -> dict[str, Any]:
    """Under which title it was published, as of now."""
    mandate = authority(by, territory)
    roles = sorted(ROLES[role] for role in roles_of(by, territory) if role in ROLES)
    return {"roles": roles, "mandate": frozen(mandate) if mandate is not None else None}


def followed_heads(site: RestorationSite, service: SiteService) -> list[Update]:
    """The updates that the next one of this service follows."""
    return heads(reading.draft(site)).get(service.key, [])

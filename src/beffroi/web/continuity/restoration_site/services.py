"""Set up the restoration page, announce the state of a service, discard, choose, publish.

Nothing goes out before `publish`, the spokesperson's act. Announcements are written once. Raises RestorationError, PermissionDenied.
"""

import base64
import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from beffroi.text import fold_name
from beffroi.web.guides.models import RegisterEntry
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
    EASY_FRENCH,
    FRENCH,
    MOST_LANGUAGES,
    MOST_SERVICES,
    STATES,
    Document,
    DocumentError,
    Update,
    canonical,
    conflicts,
    heads,
)
from .errors import RestorationError, StaleDraftError
from .waiting_messages import TO_FILL, contradicted, messages_for

WRITE: Final = "continuity.answer"
SPOKESPERSON: Final = "Porte-parole"
"""Whom residents read as the author: a function. Who wrote it is in the row."""
PUBLISH: Final = "continuity.publish"
REGISTER: Final = "essential_services"


def set_up(
    territory: Territory,
    by: Person,
    *,
    title: str,
    languages: Collection[str],
    entries: Collection[int] = (),
    names: Collection[str] = (),
    is_exercise: bool = False,
) -> RestorationSite:
    """Make the page or change its settings. `entries`: services of the register to display; `names`: others, by their name."""
    require(by, WRITE, territory)
    wanted = _languages(languages)
    if not (title := title.strip()[:80]):
        raise RestorationError("Donnez un titre à la page.", "title")
    with transaction.atomic():
        site, created = RestorationSite.objects.of(territory).get_or_create(
            is_exercise=is_exercise,
            defaults={"territory": territory, "title": title, "languages": wanted, "by": by},
        )
        if not created:
            site.title, site.languages = title, wanted
            site.save(update_fields=["title", "languages"])
        if reading.key_in_use(territory) is None:
            _make_key(territory, by)
        _add_services(site, entries, names)
        _refuse_invalid(site)
        detail = {"languages": wanted, "services": site.services.count(), "exercise": is_exercise}
        ledger.append(territory, "restoration.set", by, f"restoration:{site.pk}", detail)
    return site


def _languages(languages: Collection[str]) -> list[str]:
    """French first, easy French next, the others in their order."""
    others = [each for each in dict.fromkeys(languages) if each not in (FRENCH, EASY_FRENCH)]
    found = [FRENCH, *([EASY_FRENCH] if EASY_FRENCH in languages else []), *others]
    if len(found) > MOST_LANGUAGES:
        raise RestorationError(f"{MOST_LANGUAGES} langues au plus.", "languages")
    return found


def _add_services(site: RestorationSite, entries: Collection[int], names: Collection[str]) -> None:
    """Add what is chosen, remove what is no longer and was never announced."""
    there = {each.key: each for each in SiteService.objects.of(site.territory).filter(site=site)}
    rows = RegisterEntry.objects.of(site.territory).filter(register=REGISTER, removed_at=None, pk__in=entries)
    named = {row.pk: each for each in there.values() if (row := each.entry) is not None}
    wanted: set[str] = set()
    for row in rows:
        if row.pk in named:
            wanted.add(named[row.pk].key)
            continue
        wanted.add(_add_service(site, there, str(row.values.get("name", row.identity)), row).key)
    for name in filter(None, (each.strip() for each in names)):
        key = key_of(name)
        wanted.add(there[key].key if key in there else _add_service(site, there, name, None).key)
    unannounced = [each.pk for each in there.values() if each.key not in wanted and not each.updates.exists()]
    SiteService.objects.of(site.territory).filter(pk__in=unannounced).delete()
    if SiteService.objects.of(site.territory).filter(site=site).count() > MOST_SERVICES:
        raise RestorationError(f"{MOST_SERVICES} services au plus : regroupez-en.", "entries")


def key_of(name: str) -> str:
    """Key of a service in the document, made of its name."""
    return fold_name(name).replace(" ", "-")[:50] or "service"


def _add_service(
    site: RestorationSite, there: dict[str, SiteService], name: str, entry: RegisterEntry | None
) -> SiteService:
    key = base = key_of(name)
    rank = 1
    while key in there:
        rank += 1
        key = f"{base}-{rank}"
    there[key] = SiteService.objects.create(
        territory=site.territory, site=site, key=key, name={FRENCH: name[:80]}, entry=entry
    )
    return there[key]


def name_services(site: RestorationSite, by: Person, names: Mapping[str, Mapping[str, str]]) -> None:
    """Write the names of services in the languages of the page; French stays, an empty one is removed."""
    require(by, WRITE, site.territory)
    with transaction.atomic():
        for service in SiteService.objects.of(site.territory).filter(site=site).select_for_update():
            typed = {language: text.strip() for language, text in names.get(service.key, {}).items()}
            made = {**service.name, **typed, FRENCH: typed.get(FRENCH) or service.name[FRENCH]}
            service.name = {language: text[:80] for language, text in made.items() if text}
            service.save(update_fields=["name"])
        _refuse_invalid(site)
        ledger.append(site.territory, "restoration.set", by, f"restoration:{site.pk}", {"names": True})


def _refuse_invalid(site: RestorationSite) -> None:
    try:
        reading.draft(site)
    except (DocumentError, ValueError) as error:
        raise RestorationError(f"La page ne peut pas être enregistrée ainsi. {error}") from None


def _make_key(territory: Territory, by: Person) -> SiteKey:
    private, public = document_signing.new_key()
    made: SiteKey = SiteKey.objects.create(
        territory=territory,
        public=public,
        sealed_secret=sealing.seal(private),
        fingerprint=document_signing.fingerprint(public),
        by=by,
    )
    detail = {"fingerprint": made.fingerprint}
    ledger.append(territory, "restoration.key", by, f"restoration-key:{made.pk}", detail)
    return made


def renew_key(territory: Territory, by: Person) -> SiteKey:
    """Make another key: the printed fingerprint and the sticks made before no longer hold for what is published next."""
    require(by, PUBLISH, territory)
    with transaction.atomic():
        SiteKey.objects.of(territory).filter(replaced_at=None).update(replaced_at=timezone.now())
        return _make_key(territory, by)


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
    """
    site = service.site
    require(by, WRITE, site.territory)
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
    language, other = contradicted(messages_for(site.territory, str(service)), state, texts)
    if other:
        raise RestorationError(
            f"Ce texte est le modèle de l'état « {STATES[other]} », et vous annoncez « {STATES[state]} ». "  # type: ignore[index]
            "Changez le texte ou l'état.",
            f"text_{language}",
        )
    now = timezone.localtime()
    if next_news is not None and next_news <= now:
        raise RestorationError("Les prochaines nouvelles sont à venir : donnez un moment futur.", "next_news")
    if since is not None and since > now:
        raise RestorationError("« Depuis » ne peut pas être à venir.", "since")
    content = {
        "id": str(uuid4()),
        "at": now.isoformat(timespec="milliseconds"),
        "service": service.key,
        "state": state,
        "since": timezone.localtime(since).isoformat(timespec="minutes") if since else None,
        "text": _filled(texts),
        "alternative": _filled(alternatives),
        "next_news": timezone.localtime(next_news).isoformat(timespec="minutes") if next_news else None,
        "author": SPOKESPERSON,
        "origin": "platform",
        "after": sorted(set(after)),
    }
    with transaction.atomic():
        RestorationSite.objects.of(site.territory).select_for_update().get(pk=site.pk)
        row = store_update(site, service, content, by)
        try:
            reading.draft(site)
        except (DocumentError, ValueError) as error:
            raise RestorationError(f"Cette annonce ne peut pas être enregistrée. {error}") from None
        detail = {"service": service.key, "state": state, "update": content["id"]}
        ledger.append(site.territory, "restoration.update", by, f"restoration:{site.pk}", detail)
    return row


def _filled(texts: Mapping[str, str]) -> dict[str, str]:
    return {language: text.strip().replace("\r\n", "\n") for language, text in texts.items() if text.strip()}


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

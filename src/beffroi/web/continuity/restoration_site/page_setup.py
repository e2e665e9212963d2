"""Set up the restoration page: its title, its languages, its services and their names, the key that signs it.

Raises RestorationError, PermissionDenied.
"""

from collections.abc import Collection, Mapping
from typing import Final

from django.db import transaction
from django.utils import timezone

from beffroi.text import fold_name
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform import ledger, sealing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..models import RestorationSite, SiteKey, SiteService
from . import document_signing, reading
from .document import EASY_FRENCH, FRENCH, MOST_LANGUAGES, MOST_SERVICES, DocumentError
from .errors import RestorationError
from .services import PUBLISH, WRITE

REGISTER: Final = "essential_services"
"""Where the services to display come from."""


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

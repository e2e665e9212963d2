"""What people do about watched sites: declare, set, pause, remove, visit now, and say what a change is. One ledger line each.

In: a person with `cyber.answer` and what they typed. Out: rows. Raises SiteError in French, PermissionDenied. Nothing is ever
done to a site: what a person says changes what Beffroi tells, and nothing else.
"""

from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.rights import require

from ..models import SiteAlert, SiteBaseline, WatchedSite
from . import change_detection, site_checks
from .change_detection import Baseline
from .errors import SiteError
from .page_features import PageFeatures
from .visits import Origin, require_outside

MAX_SITES: Final = 50
MAX_PAGES: Final = 5
_ACT: Final = "cyber.answer"
State, Answer, Kind = WatchedSite.State, SiteAlert.Answer, SiteAlert.Kind


def declare(
    territory: Territory,
    by: Person,
    *,
    name: str,
    address: str,
    ownership: str,
    pages: Iterable[str] = (),
    provider: str = "",
    interval: int = WatchedSite.Interval.HOUR,
) -> WatchedSite:
    """Declare a site to watch: one's own, or one whose owner agreed. Its first visit is due at once."""
    require(by, _ACT, territory)
    if ownership not in WatchedSite.Ownership.values:
        raise SiteError(
            "Dites à quel titre vous surveillez ce site. Sans cela, il n'est pas visité.", "ownership"
        )
    origin = Origin.parse(address)
    require_outside(origin)
    typed = address.strip().partition("://")[2] or address.strip()
    paths = _paths(origin, ["/" + typed.partition("/")[2], *pages])
    with transaction.atomic():
        there = WatchedSite.objects.of(territory).exclude(state=State.REMOVED)
        if there.filter(address=origin.address).exists():
            raise SiteError("Ce site est déjà déclaré. Ouvrez sa fiche pour changer ses réglages.", "address")
        if there.count() >= MAX_SITES:
            raise SiteError(
                f"{MAX_SITES} sites sont déjà déclarés. Retirez-en un qui ne sert plus.", "address"
            )
        site: WatchedSite = WatchedSite.objects.create(
            territory=territory,
            name=(name.strip() or origin.host)[:120],
            address=origin.address,
            paths=paths,
            ownership=ownership,
            provider=provider.strip()[:200],
            interval=_interval(interval),
            declared_by=by,
        )
        detail = {"address": site.address, "pages": paths, "ownership": ownership, "interval": site.interval}
        _line(site, "site.declare", by, detail)
    return site


def change(
    site: WatchedSite, by: Person, *, name: str, pages: Iterable[str], provider: str, interval: int
) -> WatchedSite:
    """Change what is visited and how often; the reference of a page no longer visited is forgotten."""
    require(by, _ACT, site.territory)
    with transaction.atomic():
        site = _locked(site)
        site.name = name.strip()[:120] or site.name
        site.paths = _paths(Origin.parse(site.address), pages)
        site.provider, site.interval = provider.strip()[:200], _interval(interval)
        site.next_at = timezone.now()
        site.save(update_fields=["name", "paths", "provider", "interval", "next_at"])
        SiteBaseline.objects.of(site.territory).filter(site=site).exclude(path__in=site.paths).delete()
        outdated = SiteAlert.objects.of(site.territory).filter(site=site, kind=Kind.CHANGE, ended_at=None)
        outdated.exclude(path__in=site.paths).update(ended_at=timezone.now())
        _line(site, "site.change", by, {"pages": site.paths, "interval": site.interval})
    return site


def pause(site: WatchedSite, by: Person) -> WatchedSite:
    """Visit it no longer, until `resume`."""
    return _move(site, by, State.PAUSED, "site.pause")


def resume(site: WatchedSite, by: Person) -> WatchedSite:
    return _move(site, by, State.ACTIVE, "site.resume")


def remove(site: WatchedSite, by: Person) -> WatchedSite:
    """Watch it no longer: its references are forgotten, its alerts end, its history goes within 90 days."""
    return _move(site, by, State.REMOVED, "site.remove")


def _move(site: WatchedSite, by: Person, state: str, act: str) -> WatchedSite:
    require(by, _ACT, site.territory)
    with transaction.atomic():
        site = _locked(site)
        site.state, site.next_at = state, timezone.now()
        site.failures, site.down_since = 0, None
        site.save(update_fields=["state", "next_at", "failures", "down_since"])
        if state != State.ACTIVE:
            SiteAlert.objects.of(site.territory).filter(site=site, ended_at=None).update(
                ended_at=timezone.now()
            )
        if state == State.REMOVED:
            SiteBaseline.objects.of(site.territory).filter(site=site).delete()
        _line(site, act, by, {"address": site.address})
    return site


def visit_now(site: WatchedSite, by: Person) -> Job:
    """Visit a site now, its settings too; asked twice within a minute, it is one visit."""
    require(by, _ACT, site.territory)
    with transaction.atomic():
        site = _locked(site)
        if site.state != State.ACTIVE:
            raise SiteError("Ce site est en pause : il n'est pas visité. Reprenez d'abord la surveillance.")
        key = f"{site_checks.KIND}:{site.pk}:{timezone.now():%Y%m%d%H%M}"
        if not Job.objects.of(site.territory).filter(key=key).exists():
            _line(site, "site.visit", by, {})
        label = f"Visite de « {site.name} »"[:200]
        return jobs.start(
            site.territory, site_checks.KIND, key=key, label=label, person=by, arguments={"site": site.pk}
        )


def accept_change(alert: SiteAlert, by: Person) -> SiteAlert:
    """« C'est normal » : what was seen joins the reference of the page, and the alert is over.

    Also after « ce n'est pas nous », once the provider has said that it was them.
    """
    require(by, _ACT, alert.territory)
    with transaction.atomic():
        alert = _open_alert(alert, Kind.CHANGE, answered=Answer.INTRUSION)
        row = (
            SiteBaseline.objects.of(alert.territory)
            .select_for_update()
            .get(site=alert.site_id, path=alert.path)
        )
        learned = change_detection.accept(
            Baseline.from_json(row.learned), PageFeatures.from_json(alert.features)
        )
        row.learned, row.unusual_visits, row.changed_at = learned.to_json(), 0, timezone.now()
        row.save(update_fields=["learned", "unusual_visits", "changed_at"])
        return _answer(alert, by, Answer.NORMAL, "site.normal", ended=True)


def report_intrusion(alert: SiteAlert, by: Person) -> SiteAlert:
    """« Ce n'est pas nous » : nothing is learned; the alert lasts until the page is back to normal."""
    require(by, _ACT, alert.territory)
    with transaction.atomic():
        return _answer(_open_alert(alert, Kind.CHANGE), by, Answer.INTRUSION, "site.intrusion")


def acknowledge(alert: SiteAlert, by: Person) -> SiteAlert:
    """« Vu, on s'en occupe » : of a site that is down, or a certificate that ends."""
    require(by, _ACT, alert.territory)
    with transaction.atomic():
        return _answer(_open_alert(alert, Kind.DOWN, Kind.CERTIFICATE), by, Answer.SEEN, "site.acknowledge")


def _open_alert(alert: SiteAlert, *kinds: str, answered: str = "") -> SiteAlert:
    """The alert, locked, when it waits for an answer; `answered`: the earlier answer that may still change."""
    found: SiteAlert = (
        SiteAlert.objects.of(alert.territory)
        .select_for_update(of=("self",))
        .select_related("site")
        .get(pk=alert.pk)
    )
    if found.answer not in ("", answered):
        raise SiteError(
            f"Cette alerte a déjà sa réponse : « {found.get_answer_display()} ». Rien n'a changé."
        )
    if not found.is_open or found.kind not in kinds:
        raise SiteError("Cette alerte est finie : il n'y a plus rien à dire. Rien n'a changé.")
    return found


def _answer(alert: SiteAlert, by: Person, answer: str, act: str, *, ended: bool = False) -> SiteAlert:
    alert.answer, alert.answered_by, alert.answered_at = answer, by, timezone.now()
    alert.ended_at = alert.answered_at if ended else None
    alert.save(update_fields=["answer", "answered_by", "answered_at", "ended_at"])
    _line(alert.site, act, by, {"alert": alert.pk, "reasons": alert.reasons})
    return alert


def _locked(site: WatchedSite) -> WatchedSite:
    found: WatchedSite = WatchedSite.objects.of(site.territory).select_for_update().get(pk=site.pk)
    if found.state == State.REMOVED:
        raise SiteError("Ce site a été retiré. Déclarez-le à nouveau pour le surveiller.")
    return found


def _line(site: WatchedSite, act: str, by: Person, detail: dict[str, Any]) -> None:
    ledger.append(site.territory, act, by, f"site:{site.pk}", detail)


def _interval(minutes: int) -> int:
    if minutes not in WatchedSite.Interval.values:
        raise SiteError("Choisissez un rythme dans la liste.", "interval")
    return minutes


def _paths(origin: Origin, pages: Iterable[str]) -> list[str]:
    """Paths on the declared host, without repetition. Raises SiteError for an address elsewhere."""
    found: dict[str, None] = {}
    for page in pages:
        text = strip_invisible(page).strip()
        if "://" in text or text.startswith("//"):
            if not origin.contains(text):
                raise SiteError(
                    f"« {text[:120]} » n'est pas sur {origin.host}. Déclarez cet autre site à part.", "pages"
                )
            text = "/" + text.partition("://")[2].partition("/")[2]
        if text:
            found["/" + text.lstrip("/").partition("#")[0]] = None
    paths = list(found) or ["/"]
    if len(paths) > MAX_PAGES:
        raise SiteError(f"{MAX_PAGES} pages au plus : gardez l'accueil et les pages les plus vues.", "pages")
    if too_long := next((path for path in paths if len(path) > 300), None):
        raise SiteError(f"« {too_long[:60]}… » est trop long : 300 caractères au plus.", "pages")
    return paths

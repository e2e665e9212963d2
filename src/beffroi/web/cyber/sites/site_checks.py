"""Checks of watched sites by the clock or at a person's request: visit, compare, record, tell.

`observe` talks to the site and to nothing else; `record` writes what was seen, in one transaction. A change or a failure is told once a
second visit confirms it, a few minutes later.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform import feature_switches, jobs, ledger, scope
from beffroi.web.platform.jobs import JobError, Progress, TooManyJobs
from beffroi.web.platform.models import Job, Territory

from ..models import SiteAlert, SiteBaseline, SiteCheck, WatchedSite
from . import alert_mail, change_detection, passive_checks
from .change_detection import Baseline, Verdict
from .page_features import PageFeatures, extract
from .visits import Origin, Visit, Visitor

logger = logging.getLogger(__name__)

KIND: Final = "cyber.sites"
SLOW: Final = 5_000  # milliseconds
CONFIRMATIONS: Final = 2
CONFIRM_AFTER: Final = timedelta(minutes=5)
FINDINGS_EVERY: Final = timedelta(days=1)
HISTORY: Final = timedelta(days=90)
AT_ONCE: Final = 4
"""Sites visited at the same time by one job."""
JOBS_REMEMBERED: Final = timedelta(days=7)

_UNEXPECTED: Final = "Une erreur inattendue a empêché la visite. Ce qui était connu du site est gardé. Signalez-la à votre administrateur."
_SEEN_FIELDS: Final = (
    "availability", "trouble", "failures", "down_since", "checked_at", "next_at", "certificate_expires_at", "findings", "findings_at",
)  # fmt: skip

Availability, Kind = WatchedSite.Availability, SiteAlert.Kind


@dataclass(frozen=True)
class Observation:
    """What the visits of one site brought; `findings` is None when its settings were not looked at."""

    pages: dict[str, Visit]
    findings: list[passive_checks.Finding] | None = None
    certificate_expires_at: datetime | None = None
    features: dict[str, PageFeatures] = field(default_factory=dict)

    @property
    def home(self) -> Visit:
        return next(iter(self.pages.values()))


def observe(site: WatchedSite, territory_name: str, *, settings_too: bool) -> Observation:
    """Visit the declared pages of a site, then its settings. Uses no database: it runs in a thread."""
    origin = Origin.parse(site.address)
    visitor = Visitor(origin, territory_name)
    pages: dict[str, Visit] = {}
    for path in site.paths or ["/"]:
        pages[path] = visitor.get(path)
        if pages[path].refused or not pages[path].status:
            break  # the others would wait as long for nothing
    features = {path: _features(visit) for path, visit in pages.items() if visit.is_seen}
    home = next(iter(pages.values()))
    if not settings_too or not home.is_seen:
        return Observation(pages, features=features)
    encrypted = origin.scheme == "https"
    tls = visitor.tls() if encrypted else None
    seen = passive_checks.Seen(
        encrypted=encrypted,
        home=home,
        tls=tls,
        plain=visitor.head_without_encryption() if encrypted and origin.port == 443 else None,
        security_txt=visitor.get("/.well-known/security.txt"),
        robots=visitor.get("/robots.txt"),
    )
    return Observation(
        pages, passive_checks.check(seen, timezone.now()), tls.expires_at if tls else None, features
    )


def _features(visit: Visit) -> PageFeatures:
    if visit.moved_to:
        return PageFeatures(moved_to=visit.moved_to)
    return extract(visit.body, visit.url, visit.headers.get("content-type", ""))


def record(site: WatchedSite, seen: Observation, now: datetime | None = None) -> SiteCheck | None:
    """Write what was seen; None when the site was paused or removed meanwhile."""
    now = now or timezone.now()
    with transaction.atomic():
        site = WatchedSite.objects.of(site.territory).select_for_update().get(pk=site.pk)
        if site.state != WatchedSite.State.ACTIVE:
            return None
        _record_availability(site, seen, now)
        score, to_confirm = _record_pages(site, seen, now)
        if seen.findings is not None:
            site.findings = [finding.to_json() for finding in seen.findings]
            site.findings_at, site.certificate_expires_at = now, seen.certificate_expires_at
            _record_certificate(site, now)
        to_confirm = to_confirm or 0 < site.failures < CONFIRMATIONS
        pause = timedelta(minutes=site.interval)
        site.checked_at, site.next_at = now, now + (min(pause, CONFIRM_AFTER) if to_confirm else pause)
        site.save(update_fields=_SEEN_FIELDS)
        made: SiteCheck = SiteCheck.objects.create(
            territory=site.territory,
            site=site,
            at=now,
            availability=site.availability,
            status=seen.home.status,
            milliseconds=seen.home.milliseconds,
            score=round(score, 2),
        )
        return made


def _record_availability(site: WatchedSite, seen: Observation, now: datetime) -> None:
    wrong = [(path, visit) for path, visit in seen.pages.items() if not visit.is_seen]
    site.trouble = ""
    if not wrong:
        slow = max(visit.milliseconds for visit in seen.pages.values()) > SLOW
        site.availability = Availability.SLOW if slow else Availability.UP
        site.failures, site.down_since = 0, None
        _end(site, Kind.DOWN, "", now)
        return
    path, visit = wrong[0]
    site.trouble = (visit.trouble if path == "/" else f"Page {path} : {visit.trouble}")[:500]
    if visit.refused:
        site.availability = Availability.BLOCKED
        return
    site.availability = Availability.DOWN
    site.failures += 1
    site.down_since = site.down_since or now
    if site.failures >= CONFIRMATIONS:
        _raise_alert(site, Kind.DOWN, "", [site.trouble], {}, now)


def _record_pages(site: WatchedSite, seen: Observation, now: datetime) -> tuple[float, bool]:
    """Largest departure from normal, and whether a page is to be seen again soon."""
    known = {row.path: row for row in SiteBaseline.objects.of(site.territory).filter(site=site)}
    largest, to_confirm = 0.0, False
    for path, features in seen.features.items():
        row = known.get(path)
        if row is None:
            _learn_first(site, path, features)
            continue
        verdict = _judge(row, features, now)
        largest = max(largest, verdict.score)
        if not verdict.is_unusual:
            _end(site, Kind.CHANGE, path, now)
        elif row.unusual_visits >= CONFIRMATIONS:
            _raise_alert(site, Kind.CHANGE, path, verdict.sentences(), features.to_json(), now)
        else:
            to_confirm = True
    return largest, to_confirm


def _learn_first(site: WatchedSite, path: str, features: PageFeatures) -> None:
    if features.moved_to:
        site.trouble = (
            f"Cette adresse renvoie vers {features.moved_to} : déclarez plutôt cette autre adresse."
        )
        return
    SiteBaseline.objects.create(
        territory=site.territory,
        site=site,
        path=path,
        learned=change_detection.learn_first(features).to_json(),
    )


def _judge(row: SiteBaseline, features: PageFeatures, now: datetime) -> Verdict:
    baseline = Baseline.from_json(row.learned)
    verdict = change_detection.compare(features, baseline)
    if verdict.is_unusual:
        SiteBaseline.objects.filter(pk=row.pk).update(unusual_visits=F("unusual_visits") + 1)
        row.unusual_visits += 1
        return verdict
    row.unusual_visits = 0
    if baseline.latest is None or replace(features, size=0) != replace(baseline.latest, size=0):
        row.learned, row.changed_at = change_detection.follow(baseline, features).to_json(), now
    row.save(update_fields=["learned", "unusual_visits", "changed_at"])
    return verdict


def _record_certificate(site: WatchedSite, now: datetime) -> None:
    ends = site.certificate_expires_at
    if ends is None:
        return  # not seen this time: what was told of it still holds
    if ends - now > passive_checks.EXPIRES_SOON:
        _end(site, Kind.CERTIFICATE, "", now)
        return
    text = f"Le certificat {passive_checks.expiry_words(ends, now)}."
    _raise_alert(site, Kind.CERTIFICATE, "", [text], {}, now)


def _raise_alert(
    site: WatchedSite, kind: Kind, path: str, reasons: list[str], features: dict[str, Any], now: datetime
) -> None:
    """Open an alert, or say that the open one still holds."""
    open_alerts = SiteAlert.objects.of(site.territory).filter(site=site, kind=kind, path=path, ended_at=None)
    if open_alerts.update(last_seen_at=now, reasons=reasons, features=features):
        return
    alert = SiteAlert.objects.create(
        territory=site.territory, site=site, kind=kind, path=path, opened_at=now, last_seen_at=now, reasons=reasons,
        features=features,
    )  # fmt: skip
    if kind != Kind.CERTIFICATE:
        transaction.on_commit(partial(alert_mail.write, alert))
    ledger.append(
        site.territory, "site.alert", None, f"site:{site.pk}", {"alert": alert.pk, "kind": kind, "path": path}
    )


def _end(site: WatchedSite, kind: Kind, path: str, now: datetime) -> None:
    SiteAlert.objects.of(site.territory).filter(site=site, kind=kind, path=path, ended_at=None).update(
        ended_at=now
    )


# Jobs and the clock


def needs_findings(site: WatchedSite, now: datetime) -> bool:
    return site.findings_at is None or now - site.findings_at >= FINDINGS_EVERY


def check_sites(sites: list[WatchedSite], *, settings_too: bool = False) -> int:
    """Visit these sites of one territory, a few at a time; how many were recorded."""
    now = timezone.now()
    planned = [(site, site.territory.name, settings_too or needs_findings(site, now)) for site in sites]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sites") as pool:
        found = pool.map(lambda one: _observe_safely(*one), planned)
        return sum(record(site, seen) is not None for site, seen in zip(sites, found, strict=True))


def _observe_safely(site: WatchedSite, territory_name: str, settings_too: bool) -> Observation:
    """What was seen; a fault of ours on one site does not keep the others from being visited."""
    try:
        return observe(site, territory_name, settings_too=settings_too)
    except Exception:
        logger.exception("site %s could not be visited", site.pk)
        return Observation({"/": Visit(site.address, trouble=_UNEXPECTED, refused=True)})


def _run(progress: Progress) -> str:
    territory = progress.job.territory
    sites = WatchedSite.objects.of(territory).filter(state=WatchedSite.State.ACTIVE)
    requested = progress.job.arguments.get("site")
    if requested is None:
        check_sites(list(sites.filter(next_at__lte=timezone.now())))
        return reverse("sites", args=[territory.slug])
    site = sites.filter(pk=requested).first()
    if site is None:
        raise JobError("Ce site n'est pas déclaré ici, ou il est en pause. Rien n'a été visité.")
    check_sites([site], settings_too=True)
    return reverse("site", args=[territory.slug, site.pk])


def register() -> None:
    jobs.register(KIND, _run)


def start_due() -> int:
    """Start one job for each territory with sites that are due; how many were started."""
    now = timezone.now()
    with scope.host():
        due = set(
            WatchedSite.objects.filter(state=WatchedSite.State.ACTIVE, next_at__lte=now).values_list(
                "territory", flat=True
            )
        )
    count = 0
    for territory in Territory.objects.filter(pk__in=due, suspended_at=None):
        if not feature_switches.is_open(territory, "cyber"):
            continue
        with scope.inside(territory):
            count += _start(territory, now)
    return count


def _start(territory: Territory, now: datetime) -> bool:
    own = Job.objects.of(territory).filter(kind=KIND)
    own.filter(created_at__lt=now - JOBS_REMEMBERED).exclude(
        state__in=[Job.State.WAITING, Job.State.RUNNING]
    ).delete()
    if own.filter(state__in=[Job.State.WAITING, Job.State.RUNNING], arguments={}).exists():
        return False
    try:
        jobs.start(
            territory, KIND, key=f"{KIND}:{now:%Y%m%d%H%M}", label="Visite des sites déclarés", person=None
        )
    except TooManyJobs:
        logger.warning("%s has too many jobs: its sites wait", territory.slug)
        return False
    return True


def forget_old_checks() -> int:
    """Erase visits older than 90 days; how many."""
    with scope.host():
        places = set(WatchedSite.objects.values_list("territory", flat=True))
    count = 0
    for territory in Territory.objects.filter(pk__in=places):
        with scope.inside(territory):
            count += SiteCheck.objects.of(territory).filter(at__lt=timezone.now() - HISTORY).delete()[0]
    return count

"""Acts on watched sites: declare, set, pause, remove, visit now, and say what a change is.

Out: rows. Raises SiteError in French, PermissionDenied. Nothing is ever done to a site: what a person says changes what Beffroi
tells, and nothing else.
"""

from collections.abc import Iterable
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import jobs
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Job, Person, Territory

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


@act(
    "site.declare",
    "déclaration d'un site web à surveiller",
    right=_ACT,
    done="« {it} » est déclaré. La première visite part dans la minute.",
)
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
) -> Recorded[WatchedSite]:
    """Declare a site to watch: one's own, or one whose owner agreed. Its first visit is due at once."""
    if ownership not in WatchedSite.Ownership.values:
        raise SiteError(
            "Dites à quel titre vous surveillez ce site. Sans cela, il n'est pas visité.", "ownership"
        )
    origin = Origin.parse(address)
    require_outside(origin)
    typed = address.strip().partition("://")[2] or address.strip()
    paths = _paths(origin, ["/" + typed.partition("/")[2], *pages])
    there = WatchedSite.objects.of(territory).exclude(state=State.REMOVED)
    if there.filter(address=origin.address).exists():
        raise SiteError("Ce site est déjà déclaré. Ouvrez sa fiche pour changer ses réglages.", "address")
    if there.count() >= MAX_SITES:
        raise SiteError(f"{MAX_SITES} sites sont déjà déclarés. Retirez-en un qui ne sert plus.", "address")
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
    return Recorded(
        site, {"address": site.address, "pages": paths, "ownership": ownership, "interval": site.interval}
    )


@act(
    "site.change",
    "réglage d'un site web surveillé",
    right=_ACT,
    done="Les réglages sont enregistrés. Une visite part dans la minute.",
)
def change(
    site: WatchedSite, by: Person, *, name: str, pages: Iterable[str], provider: str, interval: int
) -> Recorded[WatchedSite]:
    """Change what is visited and how often; the reference of a page no longer visited is forgotten."""
    _refuse_removed(site)
    site.name = name.strip()[:120] or site.name
    site.paths = _paths(Origin.parse(site.address), pages)
    site.provider, site.interval = provider.strip()[:200], _interval(interval)
    site.next_at = timezone.now()
    site.save(update_fields=["name", "paths", "provider", "interval", "next_at"])
    SiteBaseline.objects.of(site.territory).filter(site=site).exclude(path__in=site.paths).delete()
    _open_alerts(site).filter(kind=Kind.CHANGE).exclude(path__in=site.paths).update(ended_at=timezone.now())
    return Recorded(site, {"pages": site.paths, "interval": site.interval})


@act(
    "site.pause",
    "mise en pause de la surveillance d'un site web",
    right=_ACT,
    label="Mettre en pause",
    done="« {it} » n'est plus visité.",
)
def pause(site: WatchedSite, by: Person) -> Recorded[WatchedSite] | Unchanged[WatchedSite]:
    """Visit it no longer, until `resume`."""
    return _move(site, State.PAUSED)


@act(
    "site.resume",
    "reprise de la surveillance d'un site web",
    right=_ACT,
    label="Reprendre",
    done="« {it} » est de nouveau visité.",
)
def resume(site: WatchedSite, by: Person) -> Recorded[WatchedSite] | Unchanged[WatchedSite]:
    """Visit it again, at once."""
    return _move(site, State.ACTIVE)


@act(
    "site.remove",
    "retrait d'un site web surveillé",
    right=_ACT,
    label="Retirer le site",
    done="« {it} » est retiré. Déclarez-le à nouveau si vous changez d'avis.",
)
def remove(site: WatchedSite, by: Person) -> Recorded[WatchedSite] | Unchanged[WatchedSite]:
    """Watch it no longer: its references are forgotten, its alerts end, its history goes within 90 days."""
    SiteBaseline.objects.of(site.territory).filter(site=site).delete()
    return _move(site, State.REMOVED)


def _move(site: WatchedSite, state: str) -> Recorded[WatchedSite] | Unchanged[WatchedSite]:
    if site.state == state:
        return Unchanged(site)
    _refuse_removed(site)
    site.state, site.next_at = state, timezone.now()
    site.failures, site.down_since = 0, None
    site.save(update_fields=["state", "next_at", "failures", "down_since"])
    if state != State.ACTIVE:
        _open_alerts(site).update(ended_at=timezone.now())
    return Recorded(site, {"address": site.address})


def _open_alerts(site: WatchedSite) -> QuerySet[SiteAlert]:
    found: QuerySet[SiteAlert] = SiteAlert.objects.of(site.territory).filter(site=site, ended_at=None)
    return found


def _refuse_removed(site: WatchedSite) -> None:
    if site.state == State.REMOVED:
        raise SiteError("Ce site a été retiré. Déclarez-le à nouveau pour le surveiller.")


@act(
    "site.visit",
    "visite d'un site web à la demande d'une personne",
    right=_ACT,
    label="Visiter maintenant",
    done="La visite part. Rechargez cette page dans une minute.",
)
def visit_now(site: WatchedSite, by: Person) -> Recorded[Job] | Unchanged[Job]:
    """Visit a site now, its settings too; asked twice within a minute, it is one visit."""
    _refuse_removed(site)
    if site.state != State.ACTIVE:
        raise SiteError("Ce site est en pause : il n'est pas visité. Reprenez d'abord la surveillance.")
    key = f"{site_checks.KIND}:{site.pk}:{timezone.now():%Y%m%d%H%M}"
    is_queued = Job.objects.of(site.territory).filter(key=key).exists()
    label = f"Visite de « {site.name} »"[:200]
    job = jobs.start(
        site.territory, site_checks.KIND, key=key, label=label, person=by, arguments={"site": site.pk}
    )
    return Unchanged(job) if is_queued else Recorded(job)


@act(
    "site.normal",
    "changement d'un site web dit normal par une personne",
    right=_ACT,
    done="C'est noté : ce changement fait désormais partie de la normale.",
)
def accept_change(alert: SiteAlert, by: Person) -> Recorded[SiteAlert]:
    """« C'est normal » : what was seen joins the reference of the page, and the alert is over.

    Also after « ce n'est pas nous », once the provider has said that it was them.
    """
    _refuse_answered(alert, Kind.CHANGE, but=Answer.INTRUSION)
    row = (
        SiteBaseline.objects.of(alert.territory).select_for_update().get(site=alert.site_id, path=alert.path)
    )
    learned = change_detection.accept(Baseline.from_json(row.learned), PageFeatures.from_json(alert.features))
    row.learned, row.unusual_visits, row.changed_at = learned.to_json(), 0, timezone.now()
    row.save(update_fields=["learned", "unusual_visits", "changed_at"])
    return _answer(alert, by, Answer.NORMAL, ended=True)


@act(
    "site.intrusion",
    "changement d'un site web dit étranger à la collectivité par une personne",
    right=_ACT,
    done="C'est noté. Voici quoi faire maintenant.",
)
def report_intrusion(alert: SiteAlert, by: Person) -> Recorded[SiteAlert]:
    """« Ce n'est pas nous » : nothing is learned; the alert lasts until the page is back to normal."""
    _refuse_answered(alert, Kind.CHANGE)
    return _answer(alert, by, Answer.INTRUSION)


@act(
    "site.acknowledge",
    "alerte sur un site web prise en charge par une personne",
    right=_ACT,
    done="C'est noté. L'alerte se fermera seule quand tout sera rentré dans l'ordre.",
)
def acknowledge(alert: SiteAlert, by: Person) -> Recorded[SiteAlert]:
    """« Vu, on s'en occupe » : of a site that is down, or a certificate that ends."""
    _refuse_answered(alert, Kind.DOWN, Kind.CERTIFICATE)
    return _answer(alert, by, Answer.SEEN)


def _refuse_answered(alert: SiteAlert, *kinds: str, but: str = "") -> None:
    """Refuse unless the alert waits for an answer; `but`: the earlier answer that may still change."""
    if alert.answer not in ("", but):
        raise SiteError(
            f"Cette alerte a déjà sa réponse : « {alert.get_answer_display()} ». Rien n'a changé."
        )
    if not alert.is_open or alert.kind not in kinds:
        raise SiteError("Cette alerte est finie : il n'y a plus rien à dire. Rien n'a changé.")


def _answer(alert: SiteAlert, by: Person, answer: str, *, ended: bool = False) -> Recorded[SiteAlert]:
    alert.answer, alert.answered_by, alert.answered_at = answer, by, timezone.now()
    alert.ended_at = alert.answered_at if ended else None
    alert.save(update_fields=["answer", "answered_by", "answered_at", "ended_at"])
    return Recorded(alert, {"alert": alert.pk, "reasons": alert.reasons}, f"site:{alert.site_id}")


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

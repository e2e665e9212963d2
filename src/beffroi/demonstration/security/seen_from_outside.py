"""What the commune shows from outside, invented: the records of its mail domain, judged as real ones are, and a site that changed.

Nothing is called: the records and the pages are here. Everything else is done by what a real check uses.
"""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from beffroi.web.cyber.mail import services as mail
from beffroi.web.cyber.mail.dns_lookup import Answer, Lookup
from beffroi.web.cyber.mail.domain_check import check
from beffroi.web.cyber.mail.outbound import Outbound
from beffroi.web.cyber.models import MailDomain, WatchedSite
from beffroi.web.cyber.sites import services as sites
from beffroi.web.cyber.sites import site_checks
from beffroi.web.cyber.sites.page_features import extract
from beffroi.web.cyber.sites.visits import Visit
from beffroi.web.platform.models import Person, Territory

SELECTORS: Final = "mairie2026"
_PAGE: Final = """<!doctype html><html lang="fr"><head><title>Commune inventée</title></head><body><h1>Données simulées</h1>
<p>La mairie est ouverte le mardi et le jeudi matin. L'état civil, la cantine et les inscriptions se demandent à l'accueil.</p>
<p>Le conseil municipal se réunit le premier lundi du mois. Les comptes rendus sont affichés et publiés ici.</p>
<a href="/etat-civil">État civil</a> <a href="/cantine">Cantine</a></body></html>"""
_DEFACED: Final = """<!doctype html><html lang="en"><head><title>Hacked by an invented group</title>
<script src="https://minage.example/x.js"></script></head><body><h1>Hacked, simulated data</h1>
<p>Your files are ours. Cheap casino bonus, free spins, betting: click here, click here, click here.</p>
<a href="https://casino.example/">casino</a> <a href="https://pills.example/">pills</a></body></html>"""


class InventedZone(Lookup):
    """Lookups answered from the records of an invented domain, and from nowhere else."""

    def __init__(self, records: dict[tuple[str, str], tuple[str, ...]]) -> None:
        super().__init__("192.0.2.1", 53)
        self._records = records

    def _query(self, name: str, kind: str) -> Answer | None:
        key = (name.lower().rstrip("."), kind)
        below = any(known == key[0] or known.endswith(f".{key[0]}") for known, _ in self._records)
        return Answer(self._records.get(key, ()), exists=below)


def records_of(domain: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """A domain as many are: SPF that ends softly, no DKIM of the selector that was declared, DMARC that only watches."""
    return {
        (domain, "MX"): (f"mx.{domain}",),
        (domain, "TXT"): ("v=spf1 ip4:192.0.2.25 ~all",),
        (f"mx.{domain}", "A"): ("192.0.2.25",),
        (f"_dmarc.{domain}", "TXT"): (f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}",),
    }


def check_mail(territory: Territory, by: Person) -> None:
    """One check of the declared domain, on its invented records."""
    domain = MailDomain.objects.of(territory).get(until=None)
    mail.change_selectors(domain, by, SELECTORS)
    zone = InventedZone(records_of(domain.name))
    today = timezone.localdate()
    found = check(
        domain.name, (SELECTORS,), zone, Outbound([], zone.resolve), today, lambda share, text: None
    )
    mail.record_check(domain, f"demonstration:{domain.pk}", found, by)


def watch_site(territory: Territory, by: Person, address: str, provider: str) -> WatchedSite:
    """A site seen twice as it is, then changed: two visits confirm it, and an alert waits for a word."""
    site = sites.declare(
        territory,
        by,
        name="Site de la commune (données simulées)",
        address=address,
        ownership=WatchedSite.Ownership.OWN,
        provider=provider,
        interval=WatchedSite.Interval.DAY,
    )
    now = timezone.now()
    for page, ago in ((_PAGE, 48 * 60), (_PAGE, 24 * 60), (_DEFACED, 15), (_DEFACED, 10)):
        visit = Visit(f"{address}/", 200, {"content-type": "text/html"}, body=page.encode(), milliseconds=310)
        features = extract(visit.body, visit.url, "text/html")
        seen = site_checks.Observation({"/": visit}, features={"/": features})
        site_checks.record(site, seen, now - timedelta(minutes=ago))
    return site

"""What the cyber room holds of sites: one that is watched, what its visits saw, an alert that waits for an answer."""

from typing import TYPE_CHECKING

from beffroi.web.cyber.models import WatchedSite
from beffroi.web.cyber.sites import services, site_checks
from beffroi.web.cyber.sites.page_features import extract
from beffroi.web.cyber.sites.visits import Visit

if TYPE_CHECKING:
    from .world import Side


def furnish_sites(side: "Side") -> None:
    """Called inside the territory. No site is called: what visits bring is written by the real service."""
    word, person = side.words.private, side.people["everything"]
    for n in range(1 + side.words.more):
        site = services.declare(
            side.territory,
            person,
            name=f"Site {word} {n}",
            address=f"https://{side.words.private_word}-{n}.example",
            ownership="own",
            provider=f"Prestataire {word}",
        )
        foreign = '<script src="https://intrus.example/x.js"></script>'
        for script in ("", foreign, foreign):
            body = f"<title>Mairie {word}</title>{script}<h1>Mairie {word}</h1>".encode()
            visit = Visit(site.address, 200, body=body, milliseconds=120)
            site_checks.record(
                site, site_checks.Observation({"/": visit}, features={"/": extract(body, site.address)})
            )
    side.facts["watched_site"] = WatchedSite.objects.get(pk=site.pk)
    side.facts["site_alert"] = site.alerts.get()

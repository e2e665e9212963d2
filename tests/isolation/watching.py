"""What the cyber room holds of sites: one that is watched, what its visits saw, an alert that waits for an answer."""

from typing import TYPE_CHECKING

from beffroi.web.cyber.models import WatchedSite
from beffroi.web.cyber.sites import checking, services
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
        for title in (f"Mairie {word}", f"Pirates {word}", f"Pirates {word}"):
            body = f"<title>{title}</title><h1>{title}</h1>".encode()
            visit = Visit(site.address, 200, body=body, milliseconds=120)
            checking.record(
                site, checking.Observation({"/": visit}, features={"/": extract(body, site.address)})
            )
    side.facts["watched_site"] = WatchedSite.objects.get(pk=site.pk)
    side.facts["site_alert"] = site.alerts.get()

"""Hosts that many public sites call and where nobody can put a program of their own: a first call to one is no intrusion by itself.

Shared hosts of code (jsDelivr, unpkg, tag managers…) are left out on purpose: an intruder can publish there. List proposed by Beffroi.
"""

from typing import Final

WELL_KNOWN_HOSTS: Final = frozenset(
    (
        # Consent banners
        "tarteaucitron.io", "axept.io", "axeptio.eu", "cookiebot.com", "didomi.io", "sdk.privacy-center.org", "cookielaw.org",
        # Audience measurement with a fixed program
        "stats.data.gouv.fr", "matomo.cloud", "plausible.io", "xiti.com", "google-analytics.com",
        # The State, maps, weather
        "service-public.fr", "gouv.fr", "ign.fr", "data.geopf.fr", "openstreetmap.org", "openstreetmap.fr", "meteofrance.com",
        "vigilance.meteofrance.fr", "panneaupocket.com", "app.panneaupocket.com",
        # Players and readers of documents
        "youtube.com", "youtube-nocookie.com", "vimeo.com", "dailymotion.com", "calameo.com", "www.google.com", "maps.google.com",
        "fonts.gstatic.com", "www.gstatic.com", "fonts.googleapis.com", "ajax.googleapis.com", "code.jquery.com",
        # Networks
        "facebook.com", "facebook.net", "instagram.com", "linkedin.com", "twitter.com", "x.com",
    )
)  # fmt: skip


def is_well_known(host: str) -> bool:
    """Whether a host, or one above it, is in the list."""
    labels = host.split(".")
    return any(".".join(labels[start:]) in WELL_KNOWN_HOSTS for start in range(len(labels) - 1))

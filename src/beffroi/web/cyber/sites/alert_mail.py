"""Mail at once about a site that is down or that changed, to who may answer, unless they chose to receive nothing about sites.

Nothing of what the page says goes into a mail: an intruder wrote it.
"""

from django.urls import reverse

from beffroi.web import public_address
from beffroi.web.platform.rights import people_who_may
from beffroi.web.tenancy import notifications

from ..models import SiteAlert
from .cards import TOPIC


def write(alert: SiteAlert) -> int:
    """Write to each person who may answer; how many messages left."""
    territory, site = alert.territory, alert.site
    address = public_address.absolute(reverse("site-alert", args=[territory.slug, alert.pk]))
    subject = f"[{territory.name}] {alert.get_kind_display().capitalize()} : {site.name}"
    body = f"Deux visites de suite l'ont vu sur {site.address}. Dites ce qu'il en est :\n\n{address}\n\n{territory.name}, Beffroi"
    people = people_who_may("cyber.answer", territory)
    return sum(notifications.write_at_once(person, territory, TOPIC, subject, body) for person in people)

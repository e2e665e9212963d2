"""Cards of publication requests on the home: opinions that the DPO has to give, decisions that wait for the controller."""

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may, may_somewhere

from . import authorisations, restrictions


def opinions_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, authorisations.ADVISE, territory):
        return None
    return _card(
        territory, "À donner : votre avis", "sur la publication de données personnelles.", advised=False
    )


def decisions_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, authorisations.DECIDE, territory):
        return None
    return _card(
        territory, "Publications à décider", "de données personnelles, après l'avis du délégué.", advised=True
    )


def closings_card(person: Person, territory: Territory) -> HomeCard | None:
    """Publications that closed by themselves, for who published them and for the DPO."""
    if not (
        may_somewhere(person, authorisations.PUBLISH, territory)
        or may(person, authorisations.ADVISE, territory)
    ):
        return None
    count = restrictions.recently_closed(person, territory).count()
    if not count:
        return None
    text = f"fermée{'s' if count > 1 else ''} d'elle{'s' if count > 1 else ''}-même{'s' if count > 1 else ''} : voyez pourquoi."
    url = reverse("publications", args=[territory.slug])
    title = "Publications fermées" if count > 1 else "Publication fermée"
    return HomeCard(title, text, url, count, order=12, section=Section.CHANGED)


def _card(territory: Territory, title: str, what: str, *, advised: bool) -> HomeCard | None:
    count = authorisations.waiting(territory, advised=advised).count()
    if not count:
        return None
    text = f"demande{'s' if count > 1 else ''} {what}"
    url = reverse("publications", args=[territory.slug])
    return HomeCard(title, text, url, count, order=11, section=Section.TO_DO, topic=restrictions.TOPIC)

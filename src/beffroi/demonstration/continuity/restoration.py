"""The residents' page of the commune: what was announced over three days, published twice, one announcement still a draft."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.utils import timezone

from beffroi.web.continuity.essential_services.services import services_of
from beffroi.web.continuity.models import RestorationSite, SiteService
from beffroi.web.continuity.restoration_site import page_setup, reading, services
from beffroi.web.continuity.restoration_site.document import EASY_FRENCH, FRENCH, canonical
from beffroi.web.platform.models import Territory

from ..security.cast import Cast
from .past import Diary, Night

TITLE: Final = "Saint-Aubrin-le-Haut : ce qui fonctionne (données simulées)"
DISPLAYED: Final = ("Accueil", "Cantine", "État civil", "Eau", "Courrier et messagerie", "Site internet")
type Announced = tuple[float, str, str, Mapping[str, str], Mapping[str, str], float | None]
ANNOUNCED: Final[tuple[Announced, ...]] = (
    # Hours since the night, service, state, texts, alternatives, hours until the next news.
    (5.0, "Cantine", "degraded", {FRENCH: "Les repas sont servis. Les inscriptions en ligne sont arrêtées.",
     EASY_FRENCH: "Les enfants mangent à la cantine. On ne peut pas s'inscrire sur internet."},
     {FRENCH: "Prévenez l'école avant 9 h en cas d'absence.", EASY_FRENCH: "Votre enfant est absent ? Dites-le à l'école avant 9 heures."}, 24),
    (5.1, "État civil", "degraded", {FRENCH: "Déclarations reçues sur papier. Copies d'actes retardées."},
     {FRENCH: "Venez en mairie avec une pièce d'identité."}, 24),
    (5.2, "Courrier et messagerie", "stopped", {FRENCH: "La mairie ne lit pas ses messages."},
     {FRENCH: "Appelez le 01 99 00 24 68 (numéro inventé), ou venez."}, 24),
    (5.3, "Eau", "works", {FRENCH: "La distribution et la qualité de l'eau ne sont pas touchées."}, {}, None),
    (5.4, "Accueil", "works", {FRENCH: "L'accueil est ouvert aux heures habituelles."}, {}, None),
    (30.0, "Site internet", "stopped", {FRENCH: "Le site de la mairie est fermé par précaution."},
     {FRENCH: "Cette page donne les nouvelles."}, 72),
    (52.5, "État civil", "works", {FRENCH: "Les copies d'actes sont de nouveau faites au guichet."}, {}, None),
    (53.0, "Cantine", "degraded", {FRENCH: "Cantine servie. Les présences sont notées sur papier jusqu'à la semaine prochaine.",
     EASY_FRENCH: "Les enfants mangent à la cantine. On note les noms sur une feuille."},
     {FRENCH: "Rien à faire de plus pour vous."}, 72),
    (62.5, "Courrier et messagerie", "works", {FRENCH: "La mairie lit de nouveau ses messages."}, {}, None),
)  # fmt: skip
PUBLISHED: Final = (5.8, 53.5)
"""Hours since the night; what is announced later is a draft."""


def write(diary: Diary, cast: Cast, night: Night) -> None:
    def add(hours: float, act: Any, *values: Any) -> None:
        diary.add(night.at(hours), cast.commune, partial(act, cast.commune, cast, *values))

    add(4.8, _set_up)
    for announced in ANNOUNCED:
        add(announced[0], _announce, night.began, announced)
    for hours in PUBLISHED:
        add(hours, _publish)


def _site(territory: Territory) -> RestorationSite:
    found: RestorationSite = RestorationSite.objects.of(territory).get(is_exercise=False)
    return found


def _set_up(territory: Territory, cast: Cast) -> None:
    entries = [entry.pk for entry in services_of(territory) if entry.values["name"] in DISPLAYED]
    languages = [FRENCH, EASY_FRENCH]
    page_setup.set_up(territory, cast.secretary, title=TITLE[:80], languages=languages, entries=entries)


def _announce(territory: Territory, cast: Cast, night: datetime, announced: Announced) -> None:
    _, name, state, texts, alternatives, news = announced
    site = _site(territory)
    service = SiteService.objects.of(territory).get(site=site, key=page_setup.key_of(name))
    services.announce(
        service,
        cast.secretary,
        state=state,
        texts=texts,
        alternatives=alternatives,
        since=None if state == "works" else night + timedelta(minutes=20),
        next_news=timezone.now() + timedelta(hours=news) if news else None,
        after=[each.id for each in services.followed_heads(site, service)],
    )


def _publish(territory: Territory, cast: Cast) -> None:
    """The mayor speaks: what is published is the draft that was read."""
    site = _site(territory)
    seen = hashlib.sha256(canonical(reading.draft(site))).hexdigest()
    services.publish(site, cast.mayor, seen)

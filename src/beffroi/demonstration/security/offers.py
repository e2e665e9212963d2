"""What the seat proposes to the commune as its helper, what the commune answers, and what both show of their progress."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from beffroi.web.cyber.overview import KIT
from beffroi.web.cyber.views import DOMAIN
from beffroi.web.guides.models import Offer
from beffroi.web.guides.offers import services
from beffroi.web.platform.models import Person, Territory

from ..life import EXAMPLE
from .cast import Cast

REMINDER: Final = (
    f"Bonjour {{collectivité}},\n\n{EXAMPLE} : pensez à rouvrir un fichier de votre sauvegarde avant la fin du mois, "
    "et notez le jour dans le registre des outils."
)


def propose(cast: Cast) -> None:
    """A plan and a reminder, from the host's pages."""
    by, helper, where = cast.security_officer, cast.seat.name, [cast.commune]
    services.propose(by, helper, where, kind="guide", title="", guide=KIT)
    due = timezone.localdate() + timedelta(days=30)
    services.propose(
        by, helper, where, kind="reminder", title="Rouvrir un fichier sauvegardé", text=REMINDER, due_on=due
    )


def answer(cast: Cast) -> None:
    """The plan is taken, the reminder waits."""
    services.accept(Offer.objects.of(cast.commune).get(guide=KIT), cast.secretary)


def share(territory: Territory, by: Person, level: str) -> None:
    services.share(territory, by, DOMAIN, level)

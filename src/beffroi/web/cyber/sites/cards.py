"""Card of the watched sites on a territory's home: alerts that wait for a word, to who may give it."""

from typing import Final

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .. import home_state

TOPIC: Final = "sites"


def alerts_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, "cyber.answer", territory) or not home_state.waiting(territory).sites:
        return None
    waiting = list(home_state.open_alerts(territory).select_related("site").order_by("kind", "-opened_at"))
    if not waiting:
        return None
    first = waiting[0]
    reason = first.reasons[0] if first.reasons else ""
    return HomeCard(
        "Sites web à regarder" if len(waiting) > 1 else "Site web à regarder",
        f"« {first.site} » : {first.get_kind_display()}. {reason}"[:300],
        reverse("sites", args=[territory.slug]),
        len(waiting),
        order=8,
        section=Section.TO_DO,
        topic=TOPIC,
    )

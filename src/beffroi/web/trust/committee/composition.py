"""Whether the committee may give an opinion: enough members, experts, independents and citizens, without conflict.

In come its seats on a day, or those present; out go French sentences that say what is missing. The rules are the house's:
the report asks for « experts, independents and citizens » (R52) and gives no number.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Q
from django.utils import timezone

from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted
from beffroi.web.workshop.models import SystemUse

from ..models import Interest, Seat

FEWEST = 5
LEAST = {Seat.Quality.EXPERT: 1, Seat.Quality.INDEPENDENT: 1, Seat.Quality.CITIZEN: 2}
OWN = {Seat.Quality.ELECTED, Seat.Quality.AGENT}
_NAMES = {
    Seat.Quality.EXPERT: ("expert", "experts"),
    Seat.Quality.INDEPENDENT: ("personnalité indépendante", "personnalités indépendantes"),
    Seat.Quality.CITIZEN: ("citoyen", "citoyens"),
}
_NONE = {
    Seat.Quality.EXPERT: "Aucun expert",
    Seat.Quality.INDEPENDENT: "Aucune personnalité indépendante",
    Seat.Quality.CITIZEN: "Aucun citoyen",
}


def started_seats(territory: Territory) -> list[Seat]:
    """Everybody who sits or has sat: a session may be written down after a member has left."""
    return list(Seat.objects.of(territory).filter(since__lte=timezone.localdate()))


def seats_on(territory: Territory, day: date) -> list[Seat]:
    """The members who sit that day."""
    rows = Seat.objects.of(territory).filter(since__lte=day).select_related("person")
    return [seat for seat in rows if seat.until is None or seat.until >= day]


def sits_already(entering: Seat) -> bool:
    """Whether this member, by their account or their name, holds another seat at the time of this one."""
    occupied = Seat.objects.of(entering.territory).filter(Q(until=None) | Q(until__gte=entering.since))
    return any(
        (seat.person_id is not None and seat.person_id == entering.person_id)
        or _name_key(seat.name) == _name_key(entering.name)
        for seat in occupied
    )


def _name_key(name: str) -> str:
    return " ".join(name.casefold().split())


def faults(seats: Sequence[Seat]) -> list[str]:
    """What the composition misses; nothing when it may sit."""
    found = []
    if len(seats) < FEWEST:
        found.append(
            f"Le comité compte {len(seats)} {'membre' if len(seats) < 2 else 'membres'} : il en faut au moins {FEWEST}."
        )
    for quality, least in LEAST.items():
        filled = sum(seat.quality == quality for seat in seats)
        if filled < least:
            one, many = _NAMES[quality]
            found.append(f"Il manque {least - filled} {one if least - filled == 1 else many}.")
    own = sum(seat.quality in OWN for seat in seats)
    if seats and own * 2 >= len(seats):
        found.append(
            "Les élus et les agents de la collectivité ne peuvent pas être la moitié du comité ou plus."
        )
    return found


def declared(use: SystemUse) -> dict[int, Interest]:
    """The last declaration of each member about this system."""
    last: dict[int, Interest] = {}
    for interest in Interest.objects.of(use.territory).filter(use=use).order_by("at", "pk"):
        last[interest.seat_id] = interest
    return last


def voters(use: SystemUse, present: Iterable[Seat]) -> tuple[list[Seat], list[str]]:
    """Those who may vote on this system, and what stands in the way: members who declared nothing."""
    interests = declared(use)
    present = list(present)
    silent = [seat.name for seat in present if seat.pk not in interests]
    messages = [
        f"{name} n'a pas encore dit si un intérêt le ou la lie à ce service : chacun déclare avant l'avis."
        for name in silent
    ]
    free = [seat for seat in present if seat.pk in interests and not interests[seat.pk].conflict]
    return free, messages


def quorum(use: SystemUse, day: date, present: Sequence[Seat]) -> list[str]:
    """Why those present may not give an opinion on this system; nothing when they may."""
    seats = seats_on(use.territory, day)
    if found := faults(seats):
        return found
    absent = [seat for seat in present if seat not in seats]
    if absent:
        return [f"{absent[0].name} ne siégeait pas le {day:%d/%m/%Y}."]
    free, messages = voters(use, present)
    interests = declared(use)
    entitled = [seat for seat in seats if not (seat.pk in interests and interests[seat.pk].conflict)]
    if len(free) * 2 <= len(entitled):
        messages.append(
            f"Le quorum n'est pas atteint : {counted(len(free), 'présent')} sans conflit pour {counted(len(entitled), 'membre')}."
        )
    for quality in LEAST:
        if not any(seat.quality == quality for seat in free):
            messages.append(
                f"{_NONE[quality]} sans conflit n'était {'présente' if quality == Seat.Quality.INDEPENDENT else 'présent'}."
            )
    return messages

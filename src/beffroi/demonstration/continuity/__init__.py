"""Continuity in the demonstration: a seat that prepared itself, a commune in the third day of its invented night.

In: the cast, the members. Out: everything done by the services of the pages, each act as of its day; each text says that it is
an example. `live_the_past` comes first, so that the registers of acts stay in the order of time.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.utils import timezone

from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory

from ..members import Members
from ..security.cast import Cast
from . import billing, commune, crisis, paper, restoration, seat
from .past import Diary, Night, as_of

__all__ = ["FOUNDED", "as_of", "live_the_past"]

FOUNDED = timedelta(days=45)
"""How long ago the invented territories were founded, their people admitted."""


def live_the_past(
    territory: Territory,
    members: Members,
    cast: Cast,
    incident: Callable[[], object],
    referred: Callable[[], object],
) -> None:
    """Do it all; called once, in no territory. `incident`, `referred`: what the security part does of that night."""
    now, diary = timezone.now(), Diary()
    night = Night.before(now)
    seat.write(diary, territory, members, cast.security_officer, now)
    commune.write(diary, cast, now)
    diary.add(night.at(3), cast.commune, incident)
    diary.add(night.at(4.4), cast.csirt, referred)
    crisis.write(diary, cast, night)
    restoration.write(diary, cast, night)
    paper.write(diary, cast, night)
    diary.add(night.at(58), cast.commune, partial(billing.bill_canteen, cast.commune, cast.secretary))
    with scope.nowhere():
        diary.do()

"""What of guides waits for somebody on the home of a territory, asked of the database in one query."""

from typing import NamedTuple

from django.db.models import Count, Exists, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from beffroi.web.platform.models import Territory
from beffroi.web.platform.request_cache import cached_read

from .models import Contribution, Offer


class Waiting(NamedTuple):
    """How many proposals of the helper nobody answered; whether a third party sent something that nobody checked."""

    offers: int
    contributions: bool


@cached_read
def waiting(territory: Territory) -> Waiting:
    offers = Offer.objects.of(territory).filter(state=Offer.State.PROPOSED, territory=OuterRef("pk"))
    counted = offers.order_by().values("territory").annotate(count=Count("pk")).values("count")
    sent = Contribution.objects.of(territory).filter(state=Contribution.State.WAITING)
    found = Territory.objects.filter(pk=territory.pk).values_list(
        Coalesce(Subquery(counted, output_field=IntegerField()), Value(0)), Exists(sent)
    )
    return Waiting(*found.get())

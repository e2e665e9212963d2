"""Pages and addresses of destinations: the list, one place with its copies and trials, declare, try now, withdraw."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from beffroi.web.platform.acts.views import ActViews
from beffroi.web.platform.operator_folders import folders_of
from beffroi.web.platform.rights.permissions import Permission

from ..models import Destination, DestinationCopy, DestinationTrial, SitePublication
from ..offline_kit.stored_kits import last_whole
from . import services, trial_jobs

MOST_LINES = 30


def _list(request: HttpRequest) -> dict[str, Any]:
    copies, trials = (
        {each.destination_id: each for each in services.last_attempts(model, request.territory)}
        for model in (DestinationCopy, DestinationTrial)
    )
    return {
        "lines": [
            (each, copies.get(each.pk), trials.get(each.pk)) for each in services.in_use(request.territory)
        ],
        "permission": Permission(request.user, services.DECLARE, request.territory),
    }


def _open_folders(request: HttpRequest, territory: Any) -> dict[str, Any]:
    return {"folders": folders_of(territory, settings.COPY_FOLDERS)}


def _destination(request: HttpRequest, destination: Destination) -> dict[str, Any]:
    territory, by_hand = request.territory, destination.is_by_hand
    published = SitePublication.objects.of(territory).filter(site__is_exercise=False)
    return {
        "destination": destination,
        "copies": destination.copies.all()[:MOST_LINES],
        "trials": destination.trials.select_related("by")[:MOST_LINES],
        "may_take_kit": Permission(request.user, "continuity.answer", territory),
        "kit": last_whole(territory) if by_hand else None,
        "publication": published.first() if by_hand else None,
    }


views = ActViews(
    lambda territory: services.in_use(territory).select_related("declared_by"),
    list_name="destinations",
    row_name="destination",
)
urlpatterns = [
    views.list("destinations/", _list, "continuity/destinations.html", right="continuity.read"),
    views.form(
        "destinations/ajouter/",
        services.declare,
        "continuity/destination_declare.html",
        context=_open_folders,
    ),
    views.row("destinations/<int:pk>/", _destination, "continuity/destination.html", right="continuity.read"),
    views.button("destinations/<int:pk>/essayer/", trial_jobs.start, starts=services.try_out),
    views.button("destinations/<int:pk>/retirer/", services.withdraw, then="destinations"),
]

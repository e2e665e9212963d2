"""At start-up: finish or drop what a crash left between the lake and the database."""

from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory

from ..lake_access import one_writer
from ..models import Snapshot
from .lake_commits import recover_interrupted


def reconcile() -> int:
    """Settle every act cut short, territory by territory; how many there were."""
    states = [Snapshot.State.INTENDED, Snapshot.State.UNDOING]
    with scope.host():
        concerned = set(Snapshot.objects.filter(state__in=states).values_list("territory", flat=True))
    count = 0
    for territory in Territory.objects.filter(pk__in=concerned):
        with scope.inside(territory), one_writer(territory):
            count += recover_interrupted(territory)
    return count

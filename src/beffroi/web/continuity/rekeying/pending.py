"""What waits to be typed again, in counts: for the home, the queue and the room's own page."""

from dataclasses import dataclass

from django.db.models import Count, Q

from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted

from ..models import RefusedEntry, RekeyedForm, RekeyingBatch, ScannedPage

State = RekeyedForm.State


@dataclass(frozen=True)
class Pending:
    """Sheets announced and not typed yet, second typings, differences, drafts, scanned pages without a number."""

    batches: int = 0
    sheets: int = 0
    second: int = 0
    differing: int = 0
    drafts: int = 0
    scans: int = 0

    @property
    def total(self) -> int:
        return self.sheets + self.second + self.differing + self.drafts + self.scans

    def words(self) -> str:
        """In French, what there is of each."""
        parts = (
            (self.sheets, "feuille à saisir", "feuilles à saisir"),
            (self.second, "à saisir une seconde fois", "à saisir une seconde fois"),
            (self.differing, "écart à trancher", "écarts à trancher"),
            (self.drafts, "brouillon à reprendre", "brouillons à reprendre"),
            (self.scans, "page numérisée à classer", "pages numérisées à classer"),
        )
        return ", ".join(counted(count, one, many) for count, one, many in parts if count)


def pending(territory: Territory) -> Pending:
    """Exercises aside: they have their own batches."""
    batches = RekeyingBatch.objects.of(territory).filter(closed_at=None, is_exercise=False)
    rows = batches.annotate(entered=Count("forms"))
    sheets = [max(0, each.announced_count - each.entered) for each in rows]
    states = (
        RekeyedForm.objects.of(territory)
        .filter(batch__in=batches)
        .aggregate(
            second=Count("pk", filter=Q(state=State.SECOND)),
            differing=Count("pk", filter=Q(state=State.DIFFERS)),
        )
    )
    return Pending(
        batches=len(sheets),
        sheets=sum(sheets),
        second=states["second"],
        differing=states["differing"],
        drafts=RefusedEntry.objects.of(territory).filter(batch__in=batches).count(),
        scans=ScannedPage.objects.of(territory).filter(range=None, erased_at=None).count(),
    )

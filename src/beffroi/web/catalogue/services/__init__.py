"""What happens in the catalogue: the only writers of its rows, one ledger line an act.

A file arrives (`receive`), is read (`stage`), its reading corrected (`correct`), is poured into a dataset (`pour`), may be undone; a dataset's card is
corrected, published; rows leave as CSV. `reconcile` finishes or drops what a crash left between lake and database.
"""

from .arrivals import cancel, receive, stage
from .cards import edit_card, publish, unpublish
from .comparisons import export_differences
from .computing import Computed, pour_computed, take_back
from .correcting import correct, join_dataset
from .drifting import needs_confirmation
from .exports import Export, export_rows, export_set_aside
from .folders import FolderReport, deposit_folder
from .keeping import forget
from .notebooks import issue_grant
from .plans import Choice, Planned, planned
from .pouring import pour
from .reconciling import reconcile
from .undoing import may_undo, undo
from .upkeep import Upkeep, tend

__all__ = [
    "Choice",
    "Computed",
    "Export",
    "FolderReport",
    "Planned",
    "Upkeep",
    "cancel",
    "correct",
    "deposit_folder",
    "edit_card",
    "export_differences",
    "export_rows",
    "export_set_aside",
    "forget",
    "issue_grant",
    "join_dataset",
    "may_undo",
    "needs_confirmation",
    "planned",
    "pour",
    "pour_computed",
    "publish",
    "receive",
    "reconcile",
    "stage",
    "take_back",
    "tend",
    "undo",
    "unpublish",
]

"""What happens in the catalogue: the only writers of its rows, one ledger line an act.

A file arrives (`receive`), is read (`stage`), is poured into a dataset (`pour`), may be undone; a dataset's card is
corrected, published; rows leave as CSV. `reconcile` finishes or drops what a crash left between lake and database.
"""

from .arrivals import cancel, receive, stage
from .cards import edit_card, publish, unpublish
from .comparisons import export_differences
from .exports import Export, export_rows, export_set_aside
from .folders import FolderReport, deposit_folder
from .notebooks import issue_grant
from .plans import Choice, Planned, planned
from .pouring import pour
from .reconciling import reconcile
from .undoing import may_undo, undo

__all__ = [
    "Choice",
    "Export",
    "FolderReport",
    "Planned",
    "cancel",
    "deposit_folder",
    "edit_card",
    "export_differences",
    "export_rows",
    "export_set_aside",
    "issue_grant",
    "may_undo",
    "planned",
    "pour",
    "publish",
    "receive",
    "reconcile",
    "stage",
    "undo",
    "unpublish",
]

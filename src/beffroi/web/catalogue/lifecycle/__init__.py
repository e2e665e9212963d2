"""Lifecycle of deliveries and datasets: the only writers of the catalogue's rows, one ledger line an act.

A file arrives (`receive`), is read (`stage`), its reading corrected (`correct`), is poured into a dataset (`pour`), may be undone; a dataset's card is
corrected, published; rows leave as CSV. `reconcile` finishes or drops what a crash left between lake and database.
"""

from ..planning.drift_review import needs_confirmation
from ..planning.saved_corrections import forget_corrections
from ..planning.table_plans import Choice, TablePlan, load_plans
from .comparison_exports import export_differences
from .computed_tables import ComputedTable, pour_computed, undo_expired
from .csv_exports import Export, export_rejected_rows, export_rows
from .dataset_cards import edit_card, publish, unpublish
from .folder_imports import FolderReport, deposit_folder
from .notebook_grants import issue_grant
from .pouring import pour
from .reading_corrections import correct, join_dataset
from .receiving import cancel, receive, stage
from .reconciling import reconcile
from .row_corrections import RowChanged, correct_row, why_no_correction
from .undoing import may_undo, undo
from .upkeep import Upkeep, run_upkeep

__all__ = [
    "Choice",
    "ComputedTable",
    "Export",
    "FolderReport",
    "RowChanged",
    "TablePlan",
    "Upkeep",
    "cancel",
    "correct",
    "correct_row",
    "deposit_folder",
    "edit_card",
    "export_differences",
    "export_rejected_rows",
    "export_rows",
    "forget_corrections",
    "issue_grant",
    "join_dataset",
    "load_plans",
    "may_undo",
    "needs_confirmation",
    "pour",
    "pour_computed",
    "publish",
    "receive",
    "reconcile",
    "run_upkeep",
    "stage",
    "undo",
    "undo_expired",
    "unpublish",
    "why_no_correction",
]

"""Charts proposed for a new dataset: chosen by the use of its columns, computed before they are displayed."""

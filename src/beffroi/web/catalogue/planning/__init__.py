"""Plans of what a delivery will pour: dataset matched, mode, drift of the columns, corrections saved and applied."""

"""Materialized results: results of analyses stored as datasets, refreshed when their sources change."""

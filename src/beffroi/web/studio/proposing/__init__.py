"""Analyses proposed of a dataset that nobody knows yet: chosen from what its columns are, tried before they are shown."""

"""Backups of every system of the town: repositories read, reports, attestations, restores proven by sha256_lists."""

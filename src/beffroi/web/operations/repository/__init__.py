"""Backups in a repository outside the instance, by restic: encrypted, incremental, tried each week."""

"""Degraded mode: a sheet a service, approved by its head, tried on a day."""

"""Hypothesis on a machine that does other things: a slow draw is no fault of the ledger."""

from hypothesis import HealthCheck, settings

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

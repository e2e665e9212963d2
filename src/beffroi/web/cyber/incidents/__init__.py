"""Incidents: conducted by their runbook, entrusted to a CSIRT, counted each year; who to call."""

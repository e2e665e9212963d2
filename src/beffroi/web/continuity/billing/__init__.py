"""Billing statements rebuilt from the last rates, the subscribers, and what was noted on paper: water, canteen, after-school."""

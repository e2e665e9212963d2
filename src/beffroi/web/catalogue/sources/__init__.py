"""Data sources: connections read on a schedule, deliveries that somebody owes by contract.

In: the settings from the wizard. Out: fetches that follow the same path as a deposit, and what is late.
"""

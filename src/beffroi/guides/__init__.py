"""Guides: questionnaires, rules, registers, runbooks, plans and papers as dated data, with their sources (no Django).

In: the TOML files of a folder. Out: frozen models, and pure functions on what people answered.
"""

"""The public register of a territory's systems in the forms of others: the French inventory, the Dutch register.

In comes a territory; out go entries, as JSON and as CSV. Only systems that the territory shows in public are in it.
"""

from .export import FORMS, Form, as_csv, as_json, entries

__all__ = ["FORMS", "Form", "as_csv", "as_json", "entries"]

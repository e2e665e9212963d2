"""Retention rules: how long the past states of a dataset and the delivered files stay.

In: a dataset's card (« 5 ans », « 18 mois »), what a delivery fed. Out: durations; None is for ever. Pure rules.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from ..models import Dataset, Delivery, Snapshot

PERSONAL_HISTORY: Final = timedelta(days=29)
"""Past states of personal data are held 30 days at most: one less here, for the clock and for the files' last hour."""
PERSONAL_FILE: Final = timedelta(days=29)
ORDINARY_FILE: Final = timedelta(days=365)

_UNITS = {"jour": 1, "semaine": 7, "mois": 30.5, "an": 365.25, "annee": 365.25}
_WORDS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9,
    "dix": 10, "douze": 12, "quinze": 15, "vingt": 20, "trente": 30,
}  # fmt: skip
_DURATION = re.compile(r"\b(\d{1,4}|" + "|".join(_WORDS) + r")\s+(jour|semaine|mois|annee|année|an)s?\b")


def duration(text: str) -> timedelta | None:
    """Duration parsed from the French text of a card: « 5 ans », « six mois ». None when there is none, or something else."""
    found = _DURATION.findall(text.casefold().replace("\xa0", " "))
    if len(found) != 1:
        return None  # « 5 ans, puis 10 ans aux archives » : a person decides
    number, unit = found[0]
    count = int(number) if number.isdecimal() else _WORDS[number]
    return timedelta(days=count * _UNITS[unit.replace("é", "e")]) or None


def of_history(dataset: Dataset) -> timedelta | None:
    """How long a past state of the dataset can be read once another delivery took its place."""
    stated = duration(dataset.retention)
    if dataset.sensitivity != Dataset.Sensitivity.PERSONAL:
        return stated
    return min(stated, PERSONAL_HISTORY) if stated else PERSONAL_HISTORY


def of_file(delivery: Delivery, snapshots: Iterable[Snapshot]) -> timedelta:
    """How long the delivered file is retained. One that nobody has read may contain anything: it follows the rule of personal data."""
    datasets = {snapshot.dataset for snapshot in snapshots}
    stated = [found for dataset in datasets if (found := duration(dataset.retention))]
    personal = any(dataset.sensitivity == Dataset.Sensitivity.PERSONAL for dataset in datasets)
    unread = not datasets and not delivery.tables
    if personal or unread or _names_people(delivery):
        return min([*stated, PERSONAL_FILE])
    return min(stated, default=ORDINARY_FILE)


def _names_people(delivery: Delivery) -> bool:
    return any(column.get("personal") for table in delivery.tables for column in table["staged"]["columns"])

"""Evaluation periods and their French wording, shared by the verdict and the page.

In come a history, or the days and leads of a measure; out go the first day of the test, and French.
"""

from datetime import date

import numpy as np

from beffroi.systems.canteen.history import History
from beffroi.systems.kit import words
from beffroi.systems.kit.calendar import school_year

MIN_TEST_DAYS = 10
_WHOLE_YEAR = 25  # served days from which the last school year is a test of its own
_YEAR_BEFORE = 100  # described days without which a whole year of test leaves nothing to learn from


def first_test_index(history: History, earliest: int) -> int:
    """Index of the first day of the test: that of the last school year, or of the last fifth of a short history.

    `earliest`: index of the first day that can be described.
    """
    count = len(history.days)
    years = np.array([school_year(day) for day in history.days])
    last_year = int(np.argmax(years == years[-1]))
    if count - last_year >= _WHOLE_YEAR and last_year - earliest >= _YEAR_BEFORE:
        return last_year
    return count - max(MIN_TEST_DAYS, round(0.2 * count))


def describe_period(count: int, first: date, last: date) -> str:
    """« 46 jours d’école, du 4 septembre au 22 décembre 2017 »."""
    if count <= 1 or first == last:
        return f"1 jour d’école, le {_plain(last)} {last.year}"
    begin = _plain(first) if first.year == last.year else f"{_plain(first)} {first.year}"
    return f"{count} jours d’école, du {begin} au {_plain(last)} {last.year}"


def describe_leads(leads: list[int]) -> str:
    """« prévus 14 jours à l’avance », « prévus de 1 à 18 jours à l’avance »."""
    near, far = min(leads), max(leads)
    if near == far:
        return f"prévus {words.plural(far, 'jour', 'jours')} à l’avance"
    return f"prévus de {near} à {far} jours à l’avance"


def _plain(day: date) -> str:
    """« 4 septembre »."""
    return words.day(day).split(" ", 1)[1]

"""Each bound of what a person may write or leave in a decision, on both of its sides."""

from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.web.decisions import words
from beffroi.web.decisions.models import Contestation
from beffroi.web.decisions.usage import BIAS_FROM, Figures
from beffroi.web.decisions.words import LEAST, LEAST_OF_A_REASON, LEAST_OF_ONES_OWN

COPIED = ["Rang insuffisant au quotient familial."]


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("x" * LEAST, True),
        ("x" * (LEAST - 1), False),
        ("x" * LEAST_OF_ONES_OWN + " " * (LEAST - LEAST_OF_ONES_OWN - 1) + ".", True),
        ("x" * (LEAST_OF_ONES_OWN - 1) + "." * LEAST, False),
        (COPIED[0] * 3, False),
        (COPIED[0] + "y" * LEAST_OF_ONES_OWN, True),
        (COPIED[0].upper() + "y" * (LEAST_OF_ONES_OWN - 1), False),
    ],
)
def test_a_text_of_ones_own_is_long_enough_without_what_it_copies(text: str, own: bool) -> None:
    assert words.is_own(text, COPIED) is own


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("z" * LEAST_OF_A_REASON, True),
        ("z" * (LEAST_OF_A_REASON - 1), False),
        (COPIED[0] + "z" * LEAST_OF_A_REASON, True),
        (COPIED[0] + "z" * (LEAST_OF_A_REASON - 1), False),
    ],
)
def test_a_short_reason_has_words_beside_what_it_copies(text: str, own: bool) -> None:
    assert words.has_own_words(text, COPIED) is own


@pytest.mark.parametrize(
    ("decisions", "accepted", "biased"),
    [(BIAS_FROM, 0.951, True), (BIAS_FROM, 0.95, False), (BIAS_FROM - 1, 1.0, False)],
)
def test_nearly_all_accepted_is_told_from_enough_decisions_on(
    decisions: int, accepted: float, biased: bool
) -> None:
    assert Figures(decisions, accepted, 0.0, 0.0, 1.0).biased is biased


@pytest.mark.parametrize(
    ("age", "remind"),
    [(timedelta(days=30), True), (timedelta(days=29, hours=23), False), (timedelta(days=90), True)],
)
def test_a_contestation_is_reminded_after_a_month_while_it_is_open(age: timedelta, remind: bool) -> None:
    row = Contestation(received_at=timezone.now() - age, state=Contestation.State.IN_HAND)
    assert row.to_remind is remind
    row.state = Contestation.State.ANSWERED
    assert not row.to_remind

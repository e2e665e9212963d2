"""Each bound of a billing statement, on both of its sides: what is refused, what is only said, what is billed and for how much."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from beffroi.web.continuity.billing.calculation import compute
from beffroi.web.continuity.billing.payer_bills import Tables

FIRST, LAST = date(2026, 1, 1), date(2026, 6, 30)
CUBIC_METRE = {"item": "Eau", "kind": "volume", "price": 1}
CHANGED = {"removed_index": 120, "new_index": 7}


def used(reading: dict[str, Any], **subscriber: Any) -> tuple[int | None, str]:
    """Cubic metres billed, at one euro each (None: no bill), and all that is said."""
    one = {"number": "1", "name": "A", "last_index": 100, "last_read_on": "2026-01-10"} | subscriber
    row = {"number": "1", "index": 150, "read_on": "2026-06-29"} | reading
    found = compute("water", Tables([CUBIC_METRE], [one], [row], FIRST, LAST))
    said = " / ".join(remark.text for remark in found.remarks)
    return (int(found.bills[0].total) if found.bills else None), said


@pytest.mark.parametrize(
    ("reading", "volume", "said"),
    [
        ({"index": 101}, 1, ""),
        ({"index": 100}, 0, "aucune consommation"),
        ({"index": 99}, None, "plus petit que le dernier"),
        ({"read_on": "2026-01-10"}, 50, ""),
        ({"read_on": "2026-01-09"}, None, "plus ancien"),
        ({"read_on": "2026-06-30"}, 50, ""),
        ({"read_on": "2026-07-01"}, 50, "pas de la période"),
        (CHANGED | {"index": 8}, 21, ""),
        (CHANGED | {"index": 7}, 20, ""),
        (CHANGED | {"index": 6}, None, "un index recule"),
        (CHANGED | {"index": 7, "removed_index": 100}, 0, "aucune consommation"),
        (CHANGED | {"index": 7, "removed_index": 99}, None, "un index recule"),
        ({"index": 50, "removed_index": 120}, None, "l'index de l'ancien et celui du neuf"),
        ({"index": 50, "new_index": 7}, None, "l'index de l'ancien et celui du neuf"),
    ],
)
def test_a_meter_reading_is_billed_up_to_its_bounds_and_refused_beyond(
    reading: dict[str, Any], volume: int | None, said: str
) -> None:
    found, words = used(reading)
    assert found == volume
    assert said in words and bool(words) == bool(said)


@pytest.mark.parametrize(("read_on", "said"), [("2026-01-01", ""), ("2025-12-31", "pas de la période")])
def test_a_reading_of_the_first_day_is_of_the_period(read_on: str, said: str) -> None:
    assert used({"read_on": read_on}, last_read_on="2025-06-30") == (
        50,
        "le relevé n'est pas de la période" if said else "",
    )


@pytest.mark.parametrize(("volume", "unusual"), [(50, False), (51, True)])
def test_five_times_the_median_is_usual_and_more_is_said(volume: int, unusual: bool) -> None:
    subscribers = [
        {"number": n, "name": n, "last_index": 0, "last_read_on": "2026-01-01"} for n in ("1", "2", "3")
    ]
    readings = [
        {"number": n, "index": index, "read_on": "2026-06-29"}
        for n, index in (("1", 10), ("2", 10), ("3", volume))
    ]
    found = compute("water", Tables([CUBIC_METRE], subscribers, readings, FIRST, LAST))
    assert len(found.bills) == 3
    assert [remark.subscriber for remark in found.remarks] == (["3"] if unusual else [])


@pytest.mark.parametrize(
    ("subscriber", "days"),
    [
        ({}, 181),
        ({"begun_on": "2025-12-31"}, 181),
        ({"begun_on": "2026-01-02"}, 180),
        ({"begun_on": "2026-06-30"}, 1),
        ({"begun_on": "2026-07-01"}, 0),
        ({"ended_on": "2026-07-01"}, 181),
        ({"ended_on": "2026-06-29"}, 180),
        ({"ended_on": "2026-01-01"}, 1),
        ({"ended_on": "2025-12-31"}, 0),
    ],
)
def test_a_fixed_part_counts_the_days_of_the_subscription_within_the_period(
    subscriber: dict[str, str], days: int
) -> None:
    one = {"number": "1", "name": "A", "last_index": 0, "last_read_on": "2026-01-01"} | subscriber
    reading = {"number": "1", "index": 1, "read_on": "2026-06-29"}
    rates = [{"item": "Abonnement", "kind": "fixed", "price": 365}]
    (bill,) = compute("water", Tables(rates, [one], [reading], FIRST, LAST)).bills
    assert bill.total == days
    assert f"{days} jour{'s' if days > 1 else ''} /" in bill.lines[0].steps


@pytest.mark.parametrize(("volume", "euros"), [(59, 59), (60, 60), (61, 70), (62, 80)])
def test_a_tier_ends_with_its_last_cubic_metre(volume: int, euros: int) -> None:
    rates = [CUBIC_METRE | {"to_m3": 60}, CUBIC_METRE | {"from_m3": 60, "price": 10}]
    one = {"number": "1", "name": "A", "last_index": 0, "last_read_on": "2026-01-01"}
    reading = {"number": "1", "index": volume, "read_on": "2026-06-29"}
    (bill,) = compute("water", Tables(rates, [one], [reading], FIRST, LAST)).bills
    assert bill.total == euros


BRACKETS = [
    {"bracket": "A", "from_quotient": 0, "to_quotient": 500, "price": 1, "unit_minutes": 30},
    {"bracket": "B", "from_quotient": 500, "price": 10, "unit_minutes": 30},
]


def billed(service: Any, row: dict[str, Any], **child: Any) -> tuple[Decimal | None, str]:
    one = {"number": "1", "name": "A", "payer": "P", "quotient": 420} | child
    days = Tables(
        BRACKETS, [one], [{"number": "1", "day": "2026-10-05"} | row], date(2026, 10, 1), date(2026, 10, 31)
    )
    found = compute(service, days)
    said = " / ".join(remark.text for remark in found.remarks)
    return (found.bills[0].total if found.bills else None), said


@pytest.mark.parametrize(
    ("quotient", "euros", "said"),
    [(0, 1, ""), (499.99, 1, ""), (500, 10, ""), (-1, None, "aucune tranche"), (None, 10, "la plus haute")],
)
def test_a_quotient_is_of_the_bracket_that_it_begins(
    quotient: float | None, euros: int | None, said: str
) -> None:
    child = {"quotient": quotient} if quotient is not None else {}
    one = {"number": "1", "name": "A", "payer": "P"} | child
    row = {"number": "1", "day": "2026-10-05"}
    found = compute("canteen", Tables(BRACKETS, [one], [row], date(2026, 10, 1), date(2026, 10, 31)))
    assert [bill.total for bill in found.bills] == ([] if euros is None else [euros])
    words = " / ".join(remark.text for remark in found.remarks)
    assert said in words and bool(words) == bool(said)


@pytest.mark.parametrize(
    ("day", "euros", "said"),
    [
        ("2026-09-30", None, "hors de la période"),
        ("2026-10-01", 1, ""),
        ("2026-10-30", 1, ""),  # a Friday
        ("2026-10-31", 1, "un jour sans école"),
        ("2026-11-01", None, "hors de la période"),
    ],
)
def test_a_presence_is_billed_within_the_period_and_a_day_without_school_is_said(
    day: str, euros: int | None, said: str
) -> None:
    found, words = billed("canteen", {"day": day})
    assert found == euros
    assert said in words and bool(words) == bool(said)


@pytest.mark.parametrize(("meals", "said"), [(1, False), (2, True)])
def test_more_than_a_meal_a_day_is_billed_and_said(meals: int, said: bool) -> None:
    found, words = billed("canteen", {"meals": meals})
    assert found == meals and ("plus d'un repas" in words) is said


@pytest.mark.parametrize(
    ("row", "units"),
    [({"minutes": 0}, 0), ({"minutes": 1}, 1), ({"minutes": 30}, 1), ({"minutes": 31}, 2), ({"units": 3}, 3)],
)
def test_a_unit_of_minutes_begun_is_due(row: dict[str, int], units: int) -> None:
    assert billed("after_school", row) == (units, "")

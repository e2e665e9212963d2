"""Rates of tests, and what each payer owes, counted apart from the product: fractions, then whole cents."""

from fractions import Fraction

WATER = [
    {"item": "Abonnement", "kind": "fixed", "price": 48.5, "vat": 5.5},
    {"item": "Eau potable", "kind": "volume", "from_m3": 0, "to_m3": 60, "price": 1.4235, "vat": 5.5},
    {"item": "Eau potable", "kind": "volume", "from_m3": 60, "price": 1.871, "vat": 5.5},
    {"item": "Assainissement", "kind": "volume", "price": 2.0175, "vat": 10},
]
BRACKETS = [("A", 0, 500, 1.05, 0.33), ("B", 500, 1000, 2.35, 0.71), ("C", 1000, None, 4.15, 1.08)]


def half_up(amount: Fraction) -> int:
    """Cents, half up, with whole numbers only."""
    return int((amount * 200 + 1) // 2)


def exact(value: float) -> Fraction:
    return Fraction(str(value))


def expected_water(used: Fraction, days: int) -> int:
    """Cents of a bill, counted apart from the product: fractions, then whole cents."""
    low = min(used, Fraction(60))
    drinking = half_up(exact(48.5) * days / 365) + half_up(low * exact(1.4235))
    drinking += half_up((used - 60) * exact(1.871)) if used > 60 else 0
    sewage = half_up(used * exact(2.0175))
    return (
        drinking
        + half_up(Fraction(drinking, 100) * exact(5.5) / 100)
        + sewage
        + half_up(Fraction(sewage, 1000))
    )

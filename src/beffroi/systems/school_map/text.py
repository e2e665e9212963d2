"""Numbers as French people write them."""

import math


def fr(value: float, digits: int = 0) -> str:
    """« 1 234,5 »; « inconnu » for what is no number."""
    if not math.isfinite(value):
        return "inconnu"
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace(".", ",")


def plural(count: int, one: str, many: str) -> str:
    return f"{fr(count)} {one if abs(count) < 2 else many}"

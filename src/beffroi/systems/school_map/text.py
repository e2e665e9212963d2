"""French formatting of numbers and plurals."""

import math

from beffroi.text import format_number


def number_or_unknown(value: float, digits: int = 0) -> str:
    """« 1 234,5 »; « inconnu » for what is no number."""
    if not math.isfinite(value):
        return "inconnu"
    return format_number(value, f",.{digits}f")


def plural(count: int, one: str, many: str) -> str:
    return f"{number_or_unknown(count)} {one if abs(count) < 2 else many}"

"""The restart order as a drawing: a line of boxes a wave, from the first to the last, and what each box waits for.

In: an order. Out: the text of an SVG, black on white, no colour needed; "" where it would not be readable. The table says the same.
"""

import textwrap
from html import escape
from typing import Final

from .nodes import format_hours
from .order import Placed, RestartOrder

MOST: Final = 60
"""Boxes: beyond, lines cross too much to be followed."""
BOX, HEIGHT, GAP, SPACE, LEFT = 150, 58, 14, 46, 74
PER_LINE: Final = 5
LETTERS: Final = 17
"""In a line, of which a name has two: the widest of the usual faces stays in the box."""


def draw(order: RestartOrder) -> str:
    if not order.placed or len(order.placed) > MOST:
        return ""
    places, height, waves = _places(order)
    width = LEFT + PER_LINE * (BOX + GAP)
    parts = [
        f'<svg class="restart-drawing" viewBox="0 0 {width} {height}" role="img" '
        'font-family="Source Sans 3, sans-serif" font-size="12" fill="none" stroke="currentColor">'
        f"<title>{_alternative(order)}</title>"
    ]
    for number, top in waves:
        parts.append(
            f'<text x="0" y="{top + HEIGHT // 2 + 4}" stroke="none" fill="currentColor" font-weight="bold">Vague {number}</text>'
        )
    for placed in order.placed:
        parts += [_line(places[key], places[placed.application.key]) for key in placed.after]
    parts += [_box(placed, *places[placed.application.key]) for placed in order.placed]
    return "".join([*parts, "</svg>"])


def _places(order: RestartOrder) -> tuple[dict[str, tuple[int, int]], int, list[tuple[int, int]]]:
    """Where each box is, how high the drawing is, where each wave begins."""
    places: dict[str, tuple[int, int]] = {}
    waves: list[tuple[int, int]] = []
    top = 4
    for number, wave in enumerate(order.waves, start=1):
        waves.append((number, top))
        for at, placed in enumerate(wave):
            row, column = divmod(at, PER_LINE)
            places[placed.application.key] = (LEFT + column * (BOX + GAP), top + row * (HEIGHT + GAP))
        top += ((len(wave) - 1) // PER_LINE + 1) * (HEIGHT + GAP) - GAP + SPACE
    return places, top - SPACE + 4, waves


def _line(start: tuple[int, int], end: tuple[int, int]) -> str:
    x, y, to_x, to_y = start[0] + BOX // 2, start[1] + HEIGHT, end[0] + BOX // 2, end[1]
    middle = max(16, (to_y - y) // 2)
    return f'<path d="M{x} {y}C{x} {y + middle} {to_x} {to_y - middle} {to_x} {to_y}" stroke-width="1.2" opacity=".6"/>'


def _box(placed: Placed, x: int, y: int) -> str:
    it = placed.application
    lines = textwrap.wrap(f"{placed.rank}. {it.name}", LETTERS, max_lines=2, placeholder="…")
    name = "".join(
        f'<text x="{x + 7}" y="{y + 18 + 14 * at}" stroke="none" fill="currentColor" font-weight="bold">{escape(line)}</text>'
        for at, line in enumerate(lines)
    )
    dashed = ' stroke-dasharray="5 3"' if placed.not_awaited else ""
    under = f"{format_hours(it.hours)} · supporte {format_hours(placed.bearable)}"
    return (
        f'<g><title>{escape(it.name)}</title><rect x="{x}" y="{y}" width="{BOX}" height="{HEIGHT}" rx="4" fill="#fff" class="restart-box"{dashed}/>'
        f'{name}<text x="{x + 7}" y="{y + 49}" stroke="none" fill="currentColor" font-size="11">{escape(under)}</text></g>'
    )


def _alternative(order: RestartOrder) -> str:
    return f"Ordre de remise en route : {len(order.placed)} applications en {len(order.waves)} vagues. Le tableau dit la même chose."

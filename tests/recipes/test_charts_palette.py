"""Contrast of the series' colours for readers without red, green or blue cones, on paper and in both themes.

Dichromacies by the matrices of Machado, Oliveira and Fernandes (2009, severity 1), differences by CIEDE2000 (2001).
"""

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest

from beffroi.recipes.charts.palette import DASHES, PALETTE, SHAPES

TOKENS = Path(__file__).resolve().parents[2] / "frontend/src/css/tokens.css"
CONES = {
    "all": np.eye(3),
    "no red": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "no green": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "no blue": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}  # fmt: skip
LEAST = 15.0  # a difference of 1 is just seen; 10 is plain at a glance
_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])  # fmt: skip
_WHITE = np.array([0.95047, 1.0, 1.08883])


def of_page(dress: int) -> list[str]:
    """The page's series in its light (0) or dark (1) dress."""
    found = re.findall(r"--serie-(\d): light-dark\((#\w+), (#\w+)\)", TOKENS.read_text("utf-8"))
    return [colours[1 + dress] for colours in sorted(found)][: len(PALETTE)]


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(colour: str, cones: np.ndarray) -> tuple[float, float, float]:
    seen = np.clip(cones @ linear(colour), 0, 1)
    t = _XYZ @ seen / _WHITE
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def difference(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """CIEDE2000 with its parametric factors at 1."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    dh = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * math.cos(math.radians(hue - 30))
        + 0.24 * math.cos(math.radians(2 * hue))
        + 0.32 * math.cos(math.radians(3 * hue + 6))
        - 0.20 * math.cos(math.radians(4 * hue - 63))
    )
    sl = 1 + 0.015 * (lm - 50) ** 2 / math.sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    rt = (
        -2
        * math.sqrt(cm**7 / (cm**7 + 25**7))
        * math.sin(math.radians(60 * math.exp(-(((hue - 275) / 25) ** 2))))
    )
    x, y, z = (l2 - l1) / sl, (c2 - c1) / sc, dh / sh
    return math.sqrt(x * x + y * y + z * z + rt * y * z)


def contrast(one: str, other: str) -> float:
    light = sorted(float(_XYZ[1] @ linear(colour)) + 0.05 for colour in (one, other))
    return light[1] / light[0]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ],
)
def test_the_difference_is_that_of_the_published_pairs(
    one: tuple[float, float, float], other: tuple[float, float, float], expected: float
) -> None:
    assert difference(one, other) == pytest.approx(expected, abs=1e-4)  # Sharma, Wu and Dalal (2005)


@pytest.mark.parametrize("cones", CONES)
@pytest.mark.parametrize("colours", [PALETTE, of_page(0), of_page(1)], ids=["paper", "light", "dark"])
def test_any_two_series_are_distinguishable_to_every_reader(colours: list[str], cones: str) -> None:
    seen = [lab(colour, CONES[cones]) for colour in colours]
    least = min(difference(one, other) for one, other in itertools.combinations(seen, 2))
    assert least >= LEAST, f"{least:.1f}"


def test_series_stand_out_from_what_they_are_drawn_on() -> None:
    surface = re.search(r"--surface: light-dark\((#\w+), (#\w+)\)", TOKENS.read_text("utf-8"))
    assert surface is not None
    for dress in (0, 1):
        assert min(contrast(colour, surface[1 + dress]) for colour in of_page(dress)) >= 3
    assert list(PALETTE) == of_page(0)


def test_colour_is_never_the_only_way_to_distinguish_series() -> None:
    assert len(set(SHAPES)) == len(set(DASHES)) == len(PALETTE)

"""Classes of a choropleth map: class breaks, method of classification, label and size of each class.

In: numbers, a method and a number of classes (3 to 7). Out: `Classes`, shared by the map, its legend and its exports.
Values on both sides of zero are cut at zero, so that a colour never mixes a rise and a fall.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from beffroi.recipes.french import humanize_number

type Method = Literal["quantiles", "natural", "equal"]
METHODS: dict[Method, str] = {
    "quantiles": "Autant de lieux dans chaque classe (quantiles)",
    "natural": "Les coupures des données (seuils naturels)",
    "equal": "Des tranches de même largeur",
}
_METHOD_PHRASES: dict[Method, str] = {
    "quantiles": "\N{NO-BREAK SPACE}: autant de lieux dans chacune (quantiles)",
    "natural": "\N{NO-BREAK SPACE}: coupées là où les valeurs s'écartent (seuils naturels)",
    "equal": " de même largeur",
}
MIN_CLASSES, MAX_CLASSES = 3, 7
_EXACT = 1_000  # distinct values up to which natural breaks are exact


class ClassChoice(BaseModel):
    """Classification of a map, chosen by the author of the figure."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method = "quantiles"
    count: int = Field(default=5, ge=MIN_CLASSES, le=MAX_CLASSES)


@dataclass(frozen=True)
class Class:
    """Class of a map: its smallest and largest value, the number of places in it, and its tone on the colour ramp.

    `tone`: from 0 (pale) to 1 (strong); below zero, from 0 to −1, on the other side of a diverging ramp.
    """

    low: float
    high: float
    places: int
    tone: float


@dataclass(frozen=True)
class Classes:
    """Classes in order; `cuts`: the values from which the next one begins."""

    cuts: tuple[float, ...]
    classes: tuple[Class, ...]

    def of(self, value: float) -> int:
        """Index of a value's class."""
        return bisect_right(self.cuts, value)


def classify(values: Sequence[float], choice: ClassChoice | None = None) -> Classes:
    """Classify values. Equal values are never separated, so there may be fewer classes than requested.

    >>> [(c.low, c.high, c.places) for c in classify([1, 2, 3, 10, 11, 30], ClassChoice(method="natural", count=3)).classes]
    [(1, 3, 3), (10, 11, 2), (30, 30, 1)]
    """
    choice = choice or ClassChoice()
    ordered = sorted(values)
    if not ordered:
        return Classes((), ())
    zero = bisect_left(ordered, 0)
    below, above = ordered[:zero], ordered[zero:]
    if below and above:
        share = min(max(round(choice.count * len(below) / len(ordered)), 1), choice.count - 1)
        cuts = (*_cuts(below, choice.method, share), 0, *_cuts(above, choice.method, choice.count - share))
    else:
        cuts = _cuts(ordered, choice.method, choice.count)
    return _build_classes(ordered, cuts)


def class_labels(classes: Classes, unit: str = "", *, decimals: int | None = None) -> list[str]:
    """French label of each class: « 12 à 34,5 € »."""
    unit_suffix = f"\N{NO-BREAK SPACE}{unit}" if unit else ""
    words = []
    for one in classes.classes:
        low, high = (
            humanize_number(v if decimals is None else round(v, decimals)) for v in (one.low, one.high)
        )
        words.append(f"{low}{unit_suffix}" if low == high else f"{low} à {high}{unit_suffix}")
    return words


def describe_method(classes: Classes, choice: ClassChoice | None = None) -> str:
    """How the classes were cut, in French, for a legend; empty for a single class.

    >>> describe_method(classify([-4, 0, 2, 100], ClassChoice(method="equal", count=3)), ClassChoice(method="equal", count=3))
    "3 classes de même largeur, de part et d'autre de zéro"
    """
    count = len(classes.classes)
    if count < 2:
        return ""
    apart = ", de part et d'autre de zéro" if classes.classes[0].low < 0 < classes.classes[-1].high else ""
    return f"{humanize_number(count)} classes{_METHOD_PHRASES[(choice or ClassChoice()).method]}{apart}"


def _build_classes(ordered: list[float], cuts: tuple[float, ...]) -> Classes:
    members: list[list[float]] = [[] for _ in range(len(cuts) + 1)]
    for value in ordered:
        members[bisect_right(cuts, value)].append(value)
    edges = [ordered[0], *cuts, ordered[-1]]
    diverging = ordered[0] < 0 < ordered[-1]
    falls = (
        sum(
            1
            for n, class_values in enumerate(members)
            if (class_values[-1] if class_values else edges[n]) < 0
        )
        if diverging
        else 0
    )
    made = []
    for n, class_values in enumerate(members):
        tone = -(falls - n) / falls if n < falls else (n - falls + 1) / (len(members) - falls)
        # An empty class of equal width still has its bounds.
        low, high = (class_values[0], class_values[-1]) if class_values else (edges[n], edges[n + 1])
        made.append(Class(low, high, len(class_values), round(tone, 3)))
    return Classes(cuts, tuple(made))


def _cuts(ordered: list[float], method: Method, count: int) -> tuple[float, ...]:
    """At most `count` − 1 class breaks, each larger than the smallest value."""
    if count < 2 or ordered[0] == ordered[-1]:
        return ()
    if method == "quantiles":
        found = [ordered[n * len(ordered) // count] for n in range(1, count)]
    elif method == "equal":
        width = (ordered[-1] - ordered[0]) / count
        found = [ordered[0] + n * width for n in range(1, count)]
    else:
        found = _natural(ordered, count)
    return tuple(cut for cut in sorted(set(found)) if cut > ordered[0])


def _natural(ordered: list[float], count: int) -> list[float]:
    """Natural breaks (Fisher 1958) that minimise the variance inside classes; exact up to 1,000 distinct values.

    Beyond, neighbours are first pooled by equal numbers, and the breaks then refined. The best start of a last class never
    moves back when values are added, which lets each half of the search bound the other.
    """
    counted = sorted(Counter(ordered).items())
    if len(counted) > _EXACT:
        size = -(-len(ordered) // _EXACT)
        starts: dict[float, float] = {}
        for n in range(0, len(ordered), size):
            starts.setdefault(ordered[n], 0)
        begins = sorted(starts)
        sums, counts = [0.0] * len(begins), [0] * len(begins)
        for value, times in counted:
            place = bisect_right(begins, value) - 1
            sums[place] += value * times
            counts[place] += times
        points = [(s / c, c) for s, c in zip(sums, counts, strict=True)]
    else:
        begins = [value for value, _ in counted]
        points = [(float(value), times) for value, times in counted]
    centre = sum(v * w for v, w in points) / sum(w for _, w in points)
    weight = [0.0, *accumulate(w for _, w in points)]
    total = [0.0, *accumulate(w * (v - centre) for v, w in points)]
    square = [0.0, *accumulate(w * (v - centre) ** 2 for v, w in points)]

    def within(start: int, end: int) -> float:
        """Sum of squared distances to the mean, of the points from `start` to before `end`."""
        mass = weight[end] - weight[start]
        return square[end] - square[start] - (total[end] - total[start]) ** 2 / mass if mass else 0.0

    size = len(points)
    classes = min(count, size)
    best = [0.0, *(within(0, end) for end in range(1, size + 1))]
    chosen: list[list[int]] = []
    for rank in range(2, classes + 1):
        costs, starts_of = [0.0] * (size + 1), [0] * (size + 1)
        waiting = [(rank, size, rank - 1, size - 1)]
        while waiting:
            first, last, low, high = waiting.pop()
            if first > last:
                continue
            end = (first + last) // 2
            start = min(range(low, min(high, end - 1) + 1), key=lambda s: best[s] + within(s, end))
            costs[end], starts_of[end] = best[start] + within(start, end), start
            waiting += [(first, end - 1, low, start), (end + 1, last, start, high)]
        best = costs
        chosen.append(starts_of)
    cuts, end = [], size
    for starts_found in reversed(chosen):
        end = starts_found[end]
        cuts.append(begins[end])
    return cuts if len(counted) <= _EXACT else _refined(ordered, sorted(cuts))


def _refined(ordered: list[float], cuts: list[float]) -> list[float]:
    """Breaks moved halfway between the means of their classes until none moves (Lloyd 1982): never worse than before."""
    total = [0.0, *accumulate(ordered)]
    for _ in range(100):
        edges = [0, *(bisect_left(ordered, cut) for cut in cuts), len(ordered)]
        means = [(total[b] - total[a]) / (b - a) for a, b in pairwise(edges)]
        moved = [ordered[bisect_left(ordered, (a + b) / 2)] for a, b in pairwise(means)]
        if moved == cuts:
            break
        cuts = moved
    return cuts

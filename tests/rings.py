"""The two rings of the suite (docs/testing.md): `quick`, run by every change, and `long`, which proves the whole products.

`BEFFROI_TEST_RING=long` runs the long one (`make test-all`). Without it, tests marked `long` are left out, a product is tried
on its representatives, and Hypothesis draws few examples, the same at each run: what it draws must not decide a landing. The
long ring draws others each time and prints how to draw them again.
"""

import os
from collections.abc import Iterable

from hypothesis import HealthCheck, settings

LONG = os.environ.get("BEFFROI_TEST_RING", "quick") == "long"

# A test draws as many examples as its ring says. Machines are busy: a slow draw is no fault.
_ANYWHERE = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}
settings.register_profile("quick", max_examples=12, derandomize=True, **_ANYWHERE)
settings.register_profile("long", max_examples=100, **_ANYWHERE)
settings.load_profile("long" if LONG else "quick")

# For a property whose every example costs more than a tenth of a second (a lake, a solver, another engine).
costly = settings(max_examples=20 if LONG else 3)


def representatives[T](everything: Iterable[T], quick: Iterable[T]) -> list[T]:
    """All of a product in the long ring, in the quick one those that stand for it; each must be of the product."""
    whole, few = list(everything), list(quick)
    assert [one for one in few if one not in whole] == [], "a representative is not of what it stands for"
    return whole if LONG else few

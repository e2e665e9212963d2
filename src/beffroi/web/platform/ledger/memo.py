"""Results that hold until the next act: computed again when the ledger of the territory has a new line, or after a while.

Every write of a service appends a line, so that the last line's hash tells whether anything changed. What time alone
changes (a day that passes, an end of trial) is caught by `LIFETIME`. A value is in this process only, and never decides a right.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Final

from ..models import Territory
from .lines import lines_of

LIFETIME: Final = 300.0
"""Seconds after which a value is computed again, whatever the ledger says."""
MOST: Final = 2000

_values: OrderedDict[tuple[int, Hashable], tuple[str | None, float, Any]] = OrderedDict()
_lock = Lock()


def until_next_act[R](territory: Territory, key: Hashable, compute: Callable[[], R]) -> R:
    """The value of `key` for this territory as of its last ledger line."""
    last = lines_of(territory).values_list("hash", flat=True).last()
    place, now = (territory.pk, key), time.monotonic()
    with _lock:
        found = _values.get(place)
    if found is not None and found[0] == last and now - found[1] < LIFETIME:
        value: R = found[2]
        return value
    value = compute()
    with _lock:
        _values[place] = (last, now, value)
        _values.move_to_end(place)
        while len(_values) > MOST:
            _values.popitem(last=False)
    return value


def clear() -> None:
    """Forget every value of this process."""
    with _lock:
        _values.clear()

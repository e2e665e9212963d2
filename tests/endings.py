"""What a group of tests shares ends with its last test, not with the run: a served instance left idle costs processor and memory.

`tests/conftest.py` names this module as a plugin.
"""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest

_ends: dict[str, list[Callable[[], None]]] = defaultdict(list)


def when_group_ends(group: str, end: Callable[[], None]) -> Callable[[], None]:
    """`end`, to be called once: after the last test of the group here, or by the caller at the end of the run."""
    once = functools.cache(end)
    _ends[group].append(once)
    return once


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    done = yield
    group = _group(item)
    if group in _ends and not _follows(group, item, nextitem):
        for end in _ends.pop(group):
            end()
    return done


def _group(item: pytest.Item | None) -> str:
    mark = item.get_closest_marker("xdist_group") if item is not None else None
    return str(mark.args[0]) if mark and mark.args else ""


def _follows(group: str, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Whether a test of the group may still come: with `--dist loadgroup` a worker is given a whole group in a row, without it any
    test at any time."""
    if hasattr(item.config, "workerinput"):
        return _group(nextitem) == group or not item.config.getoption("loadgroup", default=False)
    after = item.session.items[item.session.items.index(item) + 1 :]
    return any(_group(one) == group for one in after)

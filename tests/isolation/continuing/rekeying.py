"""What the continuity room holds of re-keying, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from typing import Any

PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {}
SHARED: dict[tuple[str, str], Any] = {}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = set()
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory."""

"""The manifest of a system as its own code reads it: plain TOML, once a process.

The platform has validated it before the code runs; here it gives bounds, words and columns, so that they are written once.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def manifest_of(package: str) -> dict[str, Any]:
    """`manifest.toml` of the package, as tomllib gives it. `package`: the system's `__package__`, or that of one of its modules."""
    return tomllib.loads((files(package) / "manifest.toml").read_text("utf-8"))

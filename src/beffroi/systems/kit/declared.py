"""The manifest of a system as its own code reads it: plain TOML, once a process.

The platform has validated it before the code runs; here it gives bounds, words and columns, so that they are written once.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from beffroi.systems import output_columns
from beffroi.systems.shared_inputs import resolve


@cache
def manifest_of(package: str) -> dict[str, Any]:
    """`manifest.toml` of the package, shared inputs with their titles and columns, outputs with whole columns.

    `package`: the system's `__package__`, or that of one of its modules.
    """
    declared = tomllib.loads((files(package) / "manifest.toml").read_text("utf-8"))
    inputs = [resolve(schema) if "use" in schema else schema for schema in declared.get("inputs", ())]
    return {**declared, "inputs": inputs, "outputs": output_columns.resolve(declared.get("outputs", ()))}

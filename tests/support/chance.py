"""Calls of a test that draw without a fixed seed, or that give a Hypothesis property other settings than its ring's."""

import ast
from collections.abc import Iterator

_SEEDED = {"Random", "default_rng", "Generator", "PCG64", "SeedSequence"}
_OF_THE_RING = {"seed", "reproduce_failure", "HealthCheck"}


def draws_without_seed(tree: ast.Module) -> Iterator[str]:
    """The source of each such call or import of a module."""
    modules, names = {"np.random", "numpy.random"}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {one.asname or one.name for one in node.names if one.name == "random"}
        elif isinstance(node, ast.ImportFrom) and node.module in ("random", "numpy.random"):
            names |= {one.asname or one.name for one in node.names}
            yield from (
                f"from {node.module} import {one.name}" for one in node.names if one.name not in _SEEDED
            )
        elif isinstance(node, ast.ImportFrom) and node.module == "hypothesis":
            yield from (
                f"from hypothesis import {one.name}" for one in node.names if one.name in _OF_THE_RING
            )
            names |= {one.name for one in node.names if one.name == "settings"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if isinstance(function, ast.Attribute):
            if ast.unparse(function.value) not in modules:
                continue
        elif called not in names:
            continue
        if called == "settings":
            own = {one.arg for one in node.keywords} & {"max_examples", "derandomize", "database", "deadline"}
            if own or not node.args:
                yield ast.unparse(node)
        elif called not in _SEEDED:
            yield ast.unparse(function)
        elif not node.args:
            yield f"{called}()"

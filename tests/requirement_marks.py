"""Which test proves which requirement: the marks `requirement("R52")` of the tests, read without importing them.

In: the modules of tests, and `requirements.toml` (each requirement with its short title). Out: the tests by requirement.
"""

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, order=True)
class Proof:
    """One test that bears the mark of a requirement; `long`: it runs in the long ring only."""

    module: str  # from the folder of the tests
    test: str
    long: bool = False


def titles() -> dict[str, str]:
    """The short title of each requirement, by its identifier."""
    return tomllib.loads((HERE / "requirements.toml").read_text("utf-8"))


def proofs(folder: Path = HERE) -> dict[str, list[Proof]]:
    """The tests that bear each mark, sorted; a requirement that no test proves is absent."""
    found: dict[str, set[Proof]] = defaultdict(set)
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text("utf-8")
        if "mark.requirement(" in text:
            for requirement, proof in _marked(ast.parse(text), path.relative_to(folder).as_posix()):
                found[requirement].add(proof)
    return {requirement: sorted(tests) for requirement, tests in found.items()}


def _marked(module: ast.Module, name: str) -> Iterator[tuple[str, Proof]]:
    shared = [mark for node in module.body for mark in _of_module(node)]
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            marks = [*shared, *node.decorator_list]
            proof = Proof(name, node.name, any(ast.unparse(mark) == "pytest.mark.long" for mark in marks))
            for mark in marks:
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.requirement":
                    yield from ((ast.literal_eval(value), proof) for value in mark.args)


def _of_module(node: ast.stmt) -> list[ast.expr]:
    """The marks that `pytestmark` gives to every test of a module."""
    if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]) != "pytestmark":
        return []
    return node.value.elts if isinstance(node.value, ast.List) else [node.value]

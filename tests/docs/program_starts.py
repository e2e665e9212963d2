"""Places of a source tree that start a program or a process, found in its syntax tree."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

STARTS: Final = {
    "subprocess": ("run", "Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput"),
    "os": ("fork", "forkpty", "system", "popen", "startfile"),
    "asyncio": ("create_subprocess_exec", "create_subprocess_shell"),
    "asyncio.subprocess": ("create_subprocess_exec", "create_subprocess_shell"),
    "multiprocessing": ("Process", "Pool", "get_context", "Manager", "set_start_method"),
    "multiprocessing.pool": ("Pool",),
    "concurrent.futures": ("ProcessPoolExecutor",),
    "concurrent.futures.process": ("ProcessPoolExecutor",),
    "pty": ("fork", "spawn"),
    "_posixsubprocess": ("fork_exec",),
}
PREFIXES: Final = {"os": ("exec", "spawn", "posix_spawn")}
ON_A_LOOP: Final = ("subprocess_exec", "subprocess_shell")
"""Methods of an event loop, whatever it is called."""


def starts_a_program(module: str, name: str) -> bool:
    return name in STARTS.get(module, ()) or name.startswith(PREFIXES.get(module, ("\0",)))


class _Places(ast.NodeVisitor):
    def __init__(self) -> None:
        self.modules: dict[str, str] = {}
        self.names: dict[str, tuple[str, str]] = {}
        self.within: list[str] = []
        self.found: list[str] = []

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            local = each.asname or each.name.partition(".")[0]
            self.modules[local] = each.name if each.asname else local

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for each in node.names:
            local = each.asname or each.name
            self.names[local] = (node.module or "", each.name)
            self.modules[local] = f"{node.module}.{each.name}"

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._note(self._module(node.value), node.attr)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) and node.id in self.names:
            self._note(*self.names[node.id])

    def _note(self, module: str, name: str) -> None:
        if starts_a_program(module, name) or name in ON_A_LOOP:
            self.found.append(".".join(self.within) or "<module>")

    def _module(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute):
            return f"{self._module(node.value)}.{node.attr}"
        return self.modules.get(node.id, "") if isinstance(node, ast.Name) else ""

    def _inside(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.within.append(node.name)
        self.generic_visit(node)
        self.within.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        # An annotation starts nothing.
        node.returns = None
        for each in (*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs):
            each.annotation = None
        self._inside(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]
    visit_ClassDef = _inside

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)


def places_in(text: str) -> list[str]:
    """Functions (`Class.method`, or `<module>`) that start a program or a process, one for each time."""
    seen = _Places()
    tree = ast.parse(text)
    for node in ast.walk(tree):  # an import within a function counts for those before it
        if isinstance(node, ast.Import | ast.ImportFrom):
            seen.visit(node)
    seen.visit(tree)
    return sorted(seen.found)


def places_below(folder: Path) -> Iterator[tuple[str, str]]:
    """(path, function) of each, in the order of the paths."""
    for path in sorted(folder.rglob("*.py")):
        for where in places_in(path.read_text("utf-8")):
            yield path.relative_to(folder).as_posix(), where

"""The browser's tests wait for what a page says (`expect`, `says`): an assertion that reads it at once fails on a busy day."""

import ast
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
AT_ONCE = {"count", "is_visible", "is_hidden", "is_checked", "is_enabled", "input_value"}
FINDERS = ("locator(", "get_by_")


def _at_once(file: Path) -> list[str]:
    source = file.read_text("utf-8")
    if "playwright" not in source and "from browser import" not in source:
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Assert):
            continue
        for call in ast.walk(node.test):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in AT_ONCE
            ):
                read = ast.unparse(call.func.value)
                if any(finder in read for finder in FINDERS):
                    found.append(f"{file.relative_to(TESTS)}:{node.lineno} {read}.{call.func.attr}()")
    return found


def test_no_assertion_reads_a_page_at_once():
    read = [line for file in sorted(TESTS.rglob("test_*.py")) for line in _at_once(file)]
    assert read == [], "ask with expect(…): it waits"

"""What failed and where, for the operator's log, without what the exception says: its words may quote a cell, a name, a secret.

In: an exception. Out: the lines of its traceback, those of its causes first. `BEFFROI_TRACE=1` shows the words too.
"""

import os
import traceback


def traced(error: BaseException) -> str:
    if os.environ.get("BEFFROI_TRACE"):
        return "".join(traceback.format_exception(error))
    return "\n".join(_chained(error, set()))


def quoted(written: str) -> str:
    """What a program that is not ours wrote of its own: it may have printed what it was given."""
    return written if os.environ.get("BEFFROI_TRACE") else ""


def _chained(error: BaseException, seen: set[int]) -> list[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [*_chained(before, seen), "then:"] if before is not None and id(before) not in seen else []
    for frame in traceback.extract_tb(error.__traceback__):
        lines.append(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}')
        if frame.line:
            lines.append(f"    {frame.line}")
    kind = type(error)
    return [
        *lines,
        kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}",
    ]

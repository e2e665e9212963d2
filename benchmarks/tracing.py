"""Calls of our own functions while something runs: which function called which, and the rights that were asked.

In: code run inside `traced()`, in this thread. Out: a tree of `Call`s. A call made twice by the same caller is one node,
counted twice. Functions of libraries are crossed, not recorded; a local function or a lambda belongs to the one that defines it.
"""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType

SOURCE = Path(__file__).resolve().parent.parent / "src"
_CODE_OF_FUNCTIONS = inspect.CO_OPTIMIZED | inspect.CO_NEWLOCALS


@dataclass(frozen=True)
class Function:
    """A function or a method: its dotted module, and its qualified name there."""

    module: str
    name: str

    @property
    def package(self) -> str:
        """The package of its module: `beffroi.web.catalogue.lifecycle`, or `beffroi.lake`."""
        return (
            self.module
            if (SOURCE / self.module.replace(".", "/")).is_dir()
            else self.module.rpartition(".")[0]
        )

    @property
    def room(self) -> str:
        """The floor, or under `web` the application: `web.catalogue`, or `lake`."""
        parts = self.module.split(".")[1:]
        return ".".join(parts[: 2 if parts[0] == "web" else 1])

    @property
    def dotted(self) -> str:
        return f"{self.module}.{self.name}"

    @property
    def private(self) -> bool:
        return any(part.startswith("_") for part in self.name.split("."))


@dataclass
class Call:
    """A function called by the one above it in the tree, `count` times, and what it called in turn, in that order."""

    function: Function
    count: int = 0
    calls: dict[Function, "Call"] = field(default_factory=dict)

    def below(self) -> Iterator["Call"]:
        """Every call below this one, in the order in which they were first made."""
        for call in self.calls.values():
            yield call
            yield from call.below()

    @property
    def weight(self) -> int:
        """How many different functions ran below it."""
        return len({call.function for call in self.below()})


ROOT_CALL = Function("beffroi.", "")


@contextmanager
def traced() -> Iterator[Call]:
    """Record the calls made inside, by this thread."""
    tracer = _Tracer()
    sys.setprofile(tracer)
    try:
        yield tracer.root
    finally:
        sys.setprofile(None)


class _Tracer:
    def __init__(self) -> None:
        self.root = Call(ROOT_CALL)
        self._stack: list[tuple[FrameType, Call]] = []
        self._functions: dict[CodeType, Function | None] = {}
        self._generators: dict[FrameType, Call] = {}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event not in ("call", "return"):
            return
        code = frame.f_code
        if code not in self._functions:
            self._functions[code] = _function(code)
        function = self._functions[code]
        if function is None:
            return
        if event == "call":
            self._stack.append((frame, self._call(frame, function)))
        elif self._stack and self._stack[-1][0] is frame:
            self._stack.pop()

    def _call(self, frame: FrameType, function: Function) -> Call:
        if frame in self._generators:  # it goes on: its caller called it once
            return self._generators[frame]
        caller = self._stack[-1][1] if self._stack else self.root
        if caller.function == function:  # it calls itself: still the same step
            return caller
        if "<locals>" in frame.f_code.co_qualname:
            around = next((call for _, call in reversed(self._stack) if call.function == function), None)
            if around is not None:  # a local function, called from elsewhere
                return around
        call = caller.calls.setdefault(function, Call(function))
        call.count += 1
        if frame.f_code.co_flags & inspect.CO_GENERATOR:
            self._generators[frame] = call
        return call


def _function(code: CodeType) -> Function | None:
    """The function of ours that this code belongs to; None for code of others, of modules and of class bodies."""
    path = Path(code.co_filename)
    if not path.is_relative_to(SOURCE) or code.co_flags & _CODE_OF_FUNCTIONS != _CODE_OF_FUNCTIONS:
        return None
    parts = path.relative_to(SOURCE).with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    name = code.co_qualname.partition(".<locals>")[0]
    return None if name.startswith("<") else Function(module, name)

"""Imports put off until they are used: what a library loads for drawings and maps costs a run that makes none.

    with lazily("matplotlib.pyplot", "rasterio", replaced=("matplotlib",)):
        import wntr

`importlib.util.LazyLoader` runs a module as soon as a second one imports it; here only the use of a name does.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


@contextmanager
def lazily(*modules: str, replaced: Sequence[str] = ()) -> Iterator[None]:
    """Within, these modules are found but not run: the first use of one does it.

    One that is not installed is as absent as ever, except those of the packages `replaced`, which the library imports without
    needing them: their import succeeds, their use fails.
    """
    finder = _LazyFinder(modules, replaced)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _LazyFinder(MetaPathFinder):
    def __init__(self, modules: Sequence[str], replaced: Sequence[str]) -> None:
        self._modules = modules
        self._replaced = replaced

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in self._modules else None
        if spec is not None and spec.loader is not None:
            spec.loader = _PutOff(spec.loader)
        if name.partition(".")[0] in self._replaced and PathFinder.find_spec(name, path, target) is None:
            return ModuleSpec(name, _Missing(), is_package=True)
        return spec


class _Missing(Loader):
    """An empty module instead of one that is not installed."""

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual one."""

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is in it: the use of a name raises AttributeError."""


class _PutOff(Loader):
    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual one."""

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _LazyModule


class _LazyModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        object.__setattr__(self, "__class__", ModuleType)
        spec = self.__spec__
        if spec is not None and isinstance(spec.loader, _PutOff):
            self.__loader__ = spec.loader = spec.loader.loader
            spec.loader.exec_module(self)
        return getattr(self, name)

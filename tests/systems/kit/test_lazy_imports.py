"""Imports put off: a module is run at its first use, and only then."""

import importlib
import sys
from pathlib import Path

import pytest

from beffroi.systems.kit.lazy_imports import lazily


def test_a_module_is_run_when_a_name_of_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "drawn_late.py").write_text("import sys\nsys.drawn = True\ncolour = 'blue'\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with lazily("drawn_late", "never_installed"):
        module = importlib.import_module("drawn_late")
        with pytest.raises(ImportError):
            importlib.import_module("never_installed")
    assert importlib.import_module("drawn_late") is module and not hasattr(sys, "drawn")
    try:
        assert module.colour == "blue" and hasattr(sys, "drawn")
        with pytest.raises(AttributeError):
            _ = module.sound
    finally:
        del sys.modules["drawn_late"], sys.drawn


def test_a_package_that_a_library_imports_without_need_may_be_absent():
    with lazily(replaced=("drawn_never",)):
        module = importlib.import_module("drawn_never.curves")
        try:
            with pytest.raises(AttributeError):
                _ = module.plot
        finally:
            del sys.modules["drawn_never"], sys.modules["drawn_never.curves"]
    with pytest.raises(ImportError):
        importlib.import_module("drawn_never")

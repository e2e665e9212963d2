"""Environment in several layers, behind a symbolic link: the sandboxed process imports from each of them, and writes in none."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from beffroi.systems.import_layers import layers_of_this_process, visible_folders
from commands import ROOT
from systems.third_party import distribution

_EXECUTE = """
import sys
import pyarrow as pa
from beffroi.systems.runner import execute
sys.path.append(sys.argv[1])  # what `pip install --target` filled, found by the program itself
done = execute("layered", "run", {"numbers": pa.table({"value": [1.0]})})
print(done.isolation, done.outcome.table["answer"][0])
"""

_RUN = """
import linked, source, mapped, redirected, listed, target
found = [module.__name__ for module in (linked, source, mapped, redirected, listed, target)]
try:
    open(listed.__file__, "a")
except OSError as error:
    found.append(type(error).__name__)
try:
    open(mapped.__file__.replace("mapped/__init__.py", "secret.key"))
except OSError as error:
    found.append(type(error).__name__)
return answer(" ".join(found))
"""

# What setuptools and editables write for an editable installation: a finder, where a line of a `.pth` does not do.
_FINDERS = """
import sys
from importlib.machinery import PathFinder
from importlib.util import spec_from_file_location
MAPPING = {{"mapped": {mapped!r}}}
class Mapped:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return spec_from_file_location(name, MAPPING[name] + "/__init__.py") if name in MAPPING else None
class Redirecting:
    _redirections = {{"redirected": {redirected!r}}}
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        found = cls._redirections.get(name)
        return spec_from_file_location(name, found) if found else None
sys.meta_path += [Mapped, Redirecting]
"""


def module(folder: Path, name: str) -> Path:
    """A folder with one module in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text("")
    return folder


def package(folder: Path, name: str) -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text("")
    return folder / name


def test_a_system_imports_from_every_layer_of_an_environment_reached_by_a_link(tmp_path: Path) -> None:
    """A process of its own: `sys.prefix` and the first import path are chosen when Python starts."""
    (tmp_path / "made" / "bin").mkdir(parents=True)
    (tmp_path / "made" / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    (tmp_path / "made" / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    (tmp_path / "environment").symlink_to("made")
    (tmp_path / "to-linked").symlink_to(module(tmp_path / "linked", "linked"))
    mapped = package(tmp_path / "one", "mapped")
    (tmp_path / "one" / "secret.key").write_text("le secret")
    redirected = package(tmp_path / "other", "redirected") / "__init__.py"
    site = tmp_path / "made" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    site.mkdir(parents=True)
    (site / "editable_finders.py").write_text(_FINDERS.format(mapped=str(mapped), redirected=str(redirected)))
    lines = [
        sysconfig.get_path("purelib"),
        str(tmp_path / "to-linked"),
        str(module(tmp_path / "source", "source")),
        "import editable_finders",
    ]
    (site / "layers.pth").write_text("\n".join(lines) + "\n")
    target = module(tmp_path / "target", "target")
    (target / "target-1.0.dist-info").mkdir()
    code = distribution(tmp_path / "code", "layered", _RUN)
    listed = module(tmp_path / "listed", "listed")
    done = subprocess.run(
        [tmp_path / "environment" / "bin" / "python", "-c", _EXECUTE, target],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{code}:{listed}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        *("complète", "linked", "source", "mapped", "redirected", "listed", "target"),
        *("OSError", "FileNotFoundError"),
    ]


def test_a_layer_is_named_by_the_environment_or_holds_distributions_and_contains_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, filled, named = (tmp_path / name for name in ("here", "filled", "named"))
    for folder in (here, filled / "some-1.0.dist-info", named, tmp_path / "home" / "me"):
        folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "me"))
    monkeypatch.setenv("PYTHONPATH", f"{named / '..' / 'named'}:{tmp_path / 'home'}:/:")
    standard_library = str(Path(pytest.__file__).parent)
    monkeypatch.setattr("os.__file__", f"{standard_library}/os.py")
    monkeypatch.setattr(
        "sys.path",
        ["", str(here), str(named), "/", str(tmp_path / "home"), standard_library, str(filled), "nothing"],
    )
    assert layers_of_this_process() == ([str(named)], [str(filled)])
    monkeypatch.setattr("sys.path", ["/", str(here), str(tmp_path / "home")])
    assert visible_folders([str(named), str(filled)], [str(filled)]) == [str(named), str(here)]

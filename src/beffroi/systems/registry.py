"""Registry of installed systems: built-in folders, and third parties' entry points of the group `beffroi.systems`.

In comes what is installed; out go `Registered(manifest, module)`, and `Fault` for what cannot be used, with a French message.
Only the `manifest.toml` is read here: the code of a system is never imported outside its own process.
"""

import contextlib
import importlib.util
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from beffroi.systems.manifest import Manifest
from beffroi.validation_messages import reason_of

GROUP = "beffroi.systems"


@dataclass(frozen=True)
class Registered:
    """One usable system: its manifest, the module that offers `run` and `backtest`, and where both live."""

    manifest: Manifest
    module: str
    folder: Path
    code_root: Path  # the folder to put on the import path of the child process
    distribution: str


@dataclass(frozen=True)
class Fault:
    """One entry point that cannot be used; `message` is French."""

    name: str
    module: str
    distribution: str
    message: str


class UnknownSystem(LookupError):
    """No usable system bears this name; the message is French."""


class _Unusable(Exception):
    pass


def all_systems() -> list[Registered]:
    """Usable systems, in the order of their ids."""
    return _discover()[0]


def list_faults() -> list[Fault]:
    """Installed entry points that cannot be used, with the reason."""
    return _discover()[1]


def get(system_id: str) -> Registered:
    """The system of this id. Raises `UnknownSystem`."""
    for point in _builtin_entry_points():
        if point.name == system_id:  # no third party may take its name: the others need not be read
            with contextlib.suppress(_Unusable):
                return _load_system(point, "beffroi")
    found, broken = _discover()
    for system in found:
        if system.manifest.id == system_id:
            return system
    for fault in broken:
        if fault.name == system_id:
            raise UnknownSystem(fault.message)
    known = ", ".join(system.manifest.id for system in found) or "aucun"
    raise UnknownSystem(f"Aucun système ne s’appelle « {system_id} ». Systèmes installés : {known}.")


def _discover() -> tuple[list[Registered], list[Fault]]:
    found: dict[str, Registered] = {}
    broken: dict[tuple[str, str], Fault] = {}
    # Built-in systems first: a third party may not take the name of one of them.
    for point, distribution in (
        *((point, "beffroi") for point in _builtin_entry_points()),
        *_installed(_import_path()),
    ):
        try:
            system = _load_system(point, distribution)
            existing = found.get(system.manifest.id)
            if existing is not None and existing.module == system.module:
                continue  # the same distribution seen twice on the import path
            if existing is not None:
                raise _Unusable(
                    f"son identifiant « {system.manifest.id} » est déjà celui d’un système de « {existing.distribution} »"
                )
            found[system.manifest.id] = system
        except _Unusable as reason:
            # A distribution that is seen twice on the import path has its fault reported once.
            fault = Fault(
                point.name, point.value, distribution, _fault_message(point.name, distribution, reason)
            )
            broken.setdefault((fault.name, fault.module), fault)
    return sorted(found.values(), key=lambda system: system.manifest.id), list(broken.values())


def _fault_message(name: str, distribution: str, reason: _Unusable) -> str:
    to_do = (
        "réinstaller Beffroi le remet en état"
        if distribution == "beffroi"
        else "il prévient l’éditeur de ce paquet, ou le retire"
    )
    return (
        f"Le système « {name} » (paquet « {distribution} ») n’est pas utilisable : {reason}. Les autres systèmes ne sont "
        f"pas touchés ; ce qui a été calculé et décidé avec lui est gardé. Prévenez l’exploitant : {to_do}."
    )


def _import_path() -> tuple[tuple[str, int], ...]:
    """Folders of the import path, with the time of their last change."""
    found = []
    for entry in sys.path:
        try:
            found.append((entry, Path(entry or ".").stat().st_mtime_ns))
        except OSError:
            continue
    return tuple(found)


@lru_cache(maxsize=4)
def _installed(_path: tuple[tuple[str, int], ...]) -> tuple[tuple[EntryPoint, str], ...]:
    """Entry points with the name of their distribution, cached while the import path is unchanged: every page that names a
    system needs them, and reading them opens a file of each installed package."""
    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    return tuple((point, point.dist.name if point.dist is not None else "beffroi") for point in points)


@cache
def _builtin_entry_points() -> tuple[EntryPoint, ...]:
    """Entry points of the sibling folders with a manifest: to be there is enough. They come and go with a version, thus a start."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/manifest.toml"))
    return tuple(EntryPoint(name, f"{__package__}.{name}", GROUP) for name in folders)


def _load_system(point: EntryPoint, distribution: str) -> Registered:
    folder = _folder(point.module)
    manifest = read_manifest(folder / "manifest.toml")
    if manifest.id != point.name:
        raise _Unusable(
            f"son point d’entrée s’appelle « {point.name} » mais son manifeste « {manifest.id} » : les deux doivent être égaux"
        )
    code_root = folder.parents[point.module.count(".")]
    return Registered(manifest, point.module, folder, code_root, distribution)


def _folder(module: str) -> Path:
    """The folder of a package, found without importing it nor its parents."""
    first, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(first)
        for part in rest:
            inside = spec.submodule_search_locations if spec is not None else None
            spec = (
                PathFinder.find_spec(f"{spec.name}.{part}", inside) if spec is not None and inside else None
            )
    except (ImportError, ValueError) as error:
        raise _Unusable(f"son module « {module} » est introuvable ({type(error).__name__})") from error
    if spec is None or not spec.submodule_search_locations:
        raise _Unusable(f"son module « {module} » est introuvable ou n’est pas un dossier (un paquet Python)")
    return Path(next(iter(spec.submodule_search_locations)))


def read_manifest(path: Path) -> Manifest:
    """The manifest in this file. Raises an exception whose French text ends the sentence « … parce que »."""
    try:
        stat = path.stat()
        return _read_manifest(path, stat.st_mtime_ns, stat.st_size)
    except OSError as error:
        raise _Unusable("son dossier n’a pas de fichier « manifest.toml » lisible") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _Unusable(f"son fichier « manifest.toml » n’est pas du TOML valable ({error})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = _place(first["loc"], path)
        why = reason_of(first["type"], first.get("ctx", {}), first["input"])
        raise _Unusable(
            f"son manifeste ne respecte pas le contrat : {error.error_count()} faute(s), la première au champ "
            f"« {where} » ({why})"
        ) from error


def _place(parts: Sequence[int | str], path: Path) -> str:
    """Where a fault is, lists by the `name` of their element (« inputs.counts.columns.place.why »)."""
    value: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    words = []
    for part in parts:
        inside = isinstance(value, dict) and part in value
        value = value[part] if inside or (isinstance(value, list) and isinstance(part, int)) else None
        named = value.get("name") if isinstance(part, int) and isinstance(value, dict) else None
        words.append(str(named or part))
    return ".".join(words)


@lru_cache(maxsize=256)
def _read_manifest(path: Path, modified_ns: int, size: int) -> Manifest:
    """Cached while the file is unchanged: every page that names a system needs it."""
    return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))

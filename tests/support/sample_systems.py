"""Sample systems of third parties: a manifest, some code, and the distribution that puts them on the import path.

`manifest` writes what every manifest must hold, with values that pass; `distribution` the folder that pip would make; `installed`
makes the system known for as long as a test needs it.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ABOUT: dict[str, Any] = {
    "version": "1.0.0",
    "helps": "La cuisine.",
    "level": "proposes",
    "supervisor_role": "Responsable de la restauration",
    "baseline": "Le dernier jour connu.",
    "contest": "Écrivez à la mairie.",
    "hosting": "Serveur de la collectivité.",
    "limits": ["Ne connaît que la moyenne."],
}
_MEASURE: dict[str, Any] = {
    "metric": "mae",
    "label": "Erreur moyenne",
    "unit": "repas",
    "better": "lower",
    "target": 5.0,
}
_LEGAL: dict[str, Any] = {
    "risk": "minimal",
    "risk_why": "Des quantités, pas des personnes.",
    "legal_basis": "Mission d'intérêt public.",
    "personal_data": False,
    "individual_decision": False,
}


def manifest(name: str, more: str, **changes: Any) -> str:
    """The manifest of the system `name`, in TOML; `more`: its settings, inputs and outputs; `changes`: of any required field."""
    legal, measure = _changed(_LEGAL, changes), _changed(_MEASURE, changes)
    about = {"id": name} | _ABOUT | changes
    return f"{_toml(about)}\n[measure]\n{_toml(measure)}\n[legal]\n{_toml(legal)}\n{more}"


def _changed(table: Mapping[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The table with the changes of its own fields, taken out of `changes`."""
    return {field: changes.pop(field, value) for field, value in table.items()}


def _toml(fields: Mapping[str, Any]) -> str:
    """Texts, numbers, booleans and lists of them are written alike in JSON and in TOML."""
    return "".join(f"{field} = {json.dumps(value, ensure_ascii=False)}\n" for field, value in fields.items())


def distribution(
    folder: Path,
    name: str,
    manifest: str,
    code: str,
    *,
    module: str | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Path:
    """A distribution on disk that offers one system; the folder to put on the import path. `module`: what it says to import."""
    package = package_of(folder, name)
    package.mkdir(parents=True, exist_ok=True)
    (package.parent / "__init__.py").write_text("")
    (package / "manifest.toml").write_text(manifest, "utf-8")
    (package / "__init__.py").write_text(code, "utf-8")
    for path, content in (files or {}).items():
        (package / path).write_bytes(content)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    offered = module or f"{name}_package.system"
    (info / "entry_points.txt").write_text(f"[beffroi.systems]\n{name} = {offered}\n")
    return folder


def package_of(folder: Path, name: str) -> Path:
    """The folder of the system itself: its manifest and its code."""
    return folder / f"{name}_package" / "system"


@contextmanager
def installed(folder: Path, name: str, manifest: str, code: str) -> Iterator[None]:
    """Put the system on the import path with the metadata of a distribution."""
    distribution(folder, name, manifest, code)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))

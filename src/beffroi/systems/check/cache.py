"""Cache of passed examinations in a folder, invalidated when anything that they depend on changes.

In comes what `check` takes and a folder; out goes its report. The key is a hash of the code that the examination runs (the
system's folder, the platform's library), of the installed libraries, of this machine's kind, of the tables, settings and seed.
An entry bears its own hash: one that was altered, or written for another key, is examined again.
"""

import ast
import hashlib
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import TypedDict

import pyarrow as pa

import beffroi
from beffroi.hashing import text_sha256
from beffroi.systems import registry
from beffroi.systems.check import check
from beffroi.systems.check.report import CheckReport
from beffroi.systems.check.scale import Tier

_HOUSE = Path(beffroi.__file__).resolve().parent
_LIBRARY = ("lake", "recipes", "ledger", "systems")  # what a system may import of the platform


class Request(TypedDict):
    """Options of an examination besides its system and its tables."""

    seed: int
    up_to: Tier
    brief: bool


def cached_check(
    system_id: str,
    tables: Mapping[str, pa.Table] | None = None,
    *,
    folder: Path,
    seed: int = 0,
    up_to: Tier = "platinum",
    brief: bool = False,
) -> CheckReport:
    """`check`, or the report that it gave on the same inputs when it last passed. Never raises for a system's fault."""
    request: Request = {"seed": seed, "up_to": up_to, "brief": brief}
    try:
        system = registry.get(system_id)
    except registry.UnknownSystem:
        return check(system_id, tables, **request)
    key = fingerprint(system, tables, request)
    path = folder / f"{system_id}-{key[:32]}.json"
    known = _read(path, key)
    if known is not None:
        return known
    report = check(system_id, tables, **request)
    # What changed while it ran was not examined.
    if report.ok and fingerprint(system, tables, request) == key:
        _write(path, key, report)
    return report


def fingerprint(system: registry.Registered, tables: Mapping[str, pa.Table] | None, request: Request) -> str:
    """The SHA-256 of all that the examination depends on."""
    whole = hashlib.sha256()

    def add(name: str, content: bytes) -> None:
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)

    for path in _code(system):
        add(str(path), path.read_bytes())
    add("libraries", "\n".join(_libraries()).encode())
    add("machine", "\n".join((sys.version, *platform.uname()[0:1], *platform.uname()[2:])).encode())
    add("request", json.dumps([system.manifest.id, system.module, request], sort_keys=True).encode())
    for name, table in sorted((tables or {}).items()):
        add(f"table {name}", _bytes(table))
    add("tables", b"own" if tables is not None else b"sample")
    return whole.hexdigest()


def _code(system: registry.Registered) -> Iterator[Path]:
    """Files that the examination runs: of the system's package, and of the platform without its other systems."""
    package = system.code_root.resolve() / system.module.split(".")[0]
    own = system.folder.resolve()
    roots = [own] if package == _HOUSE else [package, own]
    others = {path.parent for path in (_HOUSE / "systems").glob("*/manifest.toml")} - {own}
    if _imported(own) & {path.name for path in others}:
        others = set()
    found = {path for root in roots for path in root.rglob("*")}
    found |= set(_HOUSE.glob("*.py"))
    for name in _LIBRARY:
        found |= {path for path in (_HOUSE / name).rglob("*") if not others & set(path.parents)}
    yield from sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _imported(folder: Path) -> set[str]:
    """Every name that the imports of this folder's code go through."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                whole = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                found |= {part for name in whole for part in name.split(".")}
    return found


def _libraries() -> list[str]:
    return sorted(f"{one.name}=={one.version}" for one in distributions())


def _bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()


def _seal(key: str, report: str) -> str:
    return text_sha256(f"{key}\n{report}")


def _read(path: Path, key: str) -> CheckReport | None:
    try:
        entry = json.loads(path.read_text("utf-8"))
        if entry["key"] != key or entry["seal"] != _seal(key, entry["report"]):
            return None
        report = CheckReport.from_dict(json.loads(entry["report"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return report if report.ok else None


def _write(path: Path, key: str, report: CheckReport) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report.to_dict(), ensure_ascii=False)
    entry = {"key": key, "seal": _seal(key, text), "report": text}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        json.dump(entry, file, ensure_ascii=False)
    Path(file.name).replace(path)

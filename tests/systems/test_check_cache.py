"""Cache of examinations: a hit while no dependency has changed, a new examination when any has."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems import registry
from beffroi.systems.check import cache
from beffroi.systems.check.cache import cached_check, fingerprint
from beffroi.systems.check.report import CheckReport
from systems import graded


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the code of `careful`."""
    monkeypatch.syspath_prepend(graded.install(tmp_path / "code"))
    return registry.get("careful").folder


def _examined(folder: Path) -> CheckReport:
    return cached_check("careful", folder=folder, up_to="bronze", brief=True)


def _key(tables: dict[str, pa.Table] | None = None, **changes: object) -> str:
    request = {"seed": 0, "up_to": "bronze", "brief": True} | changes
    return fingerprint(registry.get("careful"), tables, request)  # type: ignore[arg-type]


def test_the_same_inputs_give_the_report_that_passed_a_changed_byte_a_new_one_and_a_spoiled_system_none(
    installed: Path, tmp_path: Path
) -> None:
    first = _examined(tmp_path / "cache")
    assert first.ok
    again = _examined(tmp_path / "cache")
    assert again.to_dict()["footprint"] == first.footprint  # its CPU seconds too: it was not made again
    assert json.dumps(again.to_dict()) == json.dumps(first.to_dict())
    code = installed / "__init__.py"
    code.write_text(code.read_text("utf-8").replace("def run(tables", "def run(tables ", 1), encoding="utf-8")
    again = _examined(tmp_path / "cache")
    assert again.ok and again.footprint != first.footprint
    spoiled = code.read_text("utf-8").replace("rows, notes = clean(tables)", "raise RuntimeError", 1)
    code.write_text(spoiled, encoding="utf-8")
    assert not _examined(tmp_path / "cache").ok  # a spoiled system is not saved by its past
    assert len(list((tmp_path / "cache").iterdir())) == 2  # what failed is not kept


@pytest.mark.parametrize(
    "alter",
    [
        lambda entry: entry | {"report": entry["report"].replace('"ok": false', '"ok": true', 1)},
        lambda entry: entry | {"report": entry["report"].replace("careful", "Careful", 1)},
        lambda entry: entry | {"key": "0" * 64},
        lambda entry: entry | {"seal": "0" * 64},
        lambda entry: {"key": entry["key"]},
    ],
    ids=["a point that failed", "a name", "another key", "another seal", "no report"],
)
def test_an_altered_entry_is_not_believed(installed: Path, tmp_path: Path, alter) -> None:  # type: ignore[no-untyped-def]
    key = _key()
    report = CheckReport("careful", "1.0", "Visites par lieu", "échantillon réduit", ())
    path = tmp_path / "entry.json"
    cache._write(path, key, report)
    assert cache._read(path, key) == report
    entry = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(altered := alter(entry)), encoding="utf-8")
    assert altered == entry or cache._read(path, key) is None
    path.write_text("{", encoding="utf-8")
    assert cache._read(path, key) is None


def test_every_input_is_in_the_key(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pa.table({"place": ["Mairie"], "people": [3]})
    keys = [_key(), _key(seed=1), _key(up_to="gold"), _key(brief=False), _key({"visits": table})]
    keys.append(_key({"visits": table.slice(0, 0)}))
    (installed / "model.bin").write_bytes(b"\0")
    keys.append(_key())
    monkeypatch.setattr(cache, "_libraries", lambda: ["lightgbm==0.0.1"])
    keys.append(_key())
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("changed", ["contract.py", "check/scale.py", "../lake/__init__.py"])
def test_the_kit_of_the_house_is_in_the_key(installed: Path, changed: str) -> None:
    path = (Path(cache.__file__).parents[1] / changed).resolve()
    assert path in list(cache._code(registry.get("careful")))


def test_another_system_of_the_house_is_in_the_key_of_who_imports_it_only(installed: Path) -> None:
    other = Path(cache.__file__).parents[1] / "canteen" / "run.py"
    folder = other.parent
    assert not [path for path in cache._code(registry.get("careful")) if folder in path.parents]
    assert not [path for path in cache._code(registry.get("leaks")) if folder in path.parents]
    assert [path for path in cache._code(registry.get("canteen")) if folder in path.parents]
    (installed / "more.py").write_text("from beffroi.systems.canteen import run\n", encoding="utf-8")
    assert [path for path in cache._code(registry.get("careful")) if folder in path.parents]


def test_installed_libraries_are_named_with_their_versions() -> None:
    assert any(line.startswith("pyarrow==") for line in cache._libraries())

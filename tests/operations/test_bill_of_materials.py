"""The bill of materials lists every pin, of Python and of the browser, each with its version, its hash and its licence."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location("deploy_sbom", ROOT / "deploy/sbom.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    path = tmp_path_factory.mktemp("bill") / "test-results/sbom.json"
    module.main(path)
    return dict(json.loads(path.read_text("utf-8")))


def of_kind(bill: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one for one in bill["components"] if one["purl"].startswith(f"pkg:{kind}/")]


def test_it_is_a_bill_of_this_software(bill: dict[str, Any]) -> None:
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "beffroi"


def test_every_pin_of_python_is_in_it_with_all_its_hashes(bill: dict[str, Any]) -> None:
    pins = (ROOT / "requirements/dev.txt").read_text("utf-8")
    listed = {(one["name"], one["version"]) for one in of_kind(bill, "pypi")}
    assert listed == set(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", pins, flags=re.MULTILINE))
    hashes = [found["value"] for one in of_kind(bill, "pypi") for found in one["properties"]]
    assert sorted(hashes) == sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", pins))


def test_every_package_of_the_browser_is_in_it_with_its_hash(bill: dict[str, Any]) -> None:
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text("utf-8"))["packages"]
    expected = [
        (path.rpartition("node_modules/")[2], about["version"]) for path, about in lock.items() if path
    ]
    packages = of_kind(bill, "npm")
    assert sorted((one["name"], one["version"]) for one in packages) == sorted(expected)
    assert all(len(one["hashes"]) == 1 for one in packages)


def test_each_component_says_its_licence(bill: dict[str, Any]) -> None:
    for one in bill["components"]:
        said = [entry.get("expression") or entry["license"] for entry in one["licenses"]]
        assert said and all(said), one["purl"]


def test_what_serves_is_told_from_what_only_tests(bill: dict[str, Any]) -> None:
    scopes = {one["name"]: one["scope"] for one in bill["components"]}
    assert {scopes[name] for name in ("django", "duckdb", "cryptography", "psycopg", "maplibre-gl")} == {
        "required"
    }
    assert {scopes[name] for name in ("pytest", "ruff", "moto", "axe-core")} == {"excluded"}

"""Pinned models: a model file is in the system's folder, with its hash and licence, or refused."""

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from beffroi.cli.systems import check
from beffroi.systems import registry
from beffroi.systems.check import Point, manifest_checks
from systems import graded
from systems.catalogue import BUILTIN_SYSTEMS

pytestmark = pytest.mark.requirement("R62")
WEIGHTS, LICENCE = b"weights of a small model", b"Apache License, version 2.0"
FILES = {"weights.bin": WEIGHTS, "LICENSE.txt": LICENCE}


def manifest(**changes: str) -> str:
    """The careful system's manifest, with a model file pinned beside its code."""
    pin = {
        "name": "Petit modèle",
        "path": "weights.bin",
        "licence": "Apache-2.0",
        "licence_path": "LICENSE.txt",
        "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
    } | changes
    lines = "\n".join(f'{name} = "{value}"' for name, value in pin.items() if value)
    return graded.CAREFUL_MANIFEST.replace("[[dependencies]]", f"[[model_files]]\n{lines}\n[[dependencies]]")


def pinned(name: str = "careful") -> Point:
    return next(point for point in manifest_checks.check_bronze(registry.get(name)) if point.key == "pinned")


@pytest.mark.parametrize("name", BUILTIN_SYSTEMS)
def test_every_model_file_of_the_house_is_pinned_with_its_licence(name: str) -> None:
    assert pinned(name).ok, pinned(name).told
    assert registry.get(name).manifest.licence


def test_a_shipped_model_is_pinned_and_the_command_refuses_it_once_somebody_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(graded.install(tmp_path, manifest=manifest(), files=FILES))
    assert "1 fichier" in pinned().told and pinned().ok
    (tmp_path / "careful_package" / "system" / "weights.bin").write_bytes(b"other weights")
    done = CliRunner().invoke(check, ["careful", "--up-to", "bronze"])
    assert done.exit_code == 1
    assert "n’est pas celui qui est déclaré" in done.output


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"LICENSE.txt": LICENCE}, "« weights.bin » n’est pas dans le dossier"),
        ({"weights.bin": WEIGHTS}, "« LICENSE.txt » n’est pas dans le dossier"),
        (FILES | {"LICENSE.txt": b" \n"}, "licence Apache-2.0 est vide"),
        (FILES | {"weights.bin": b""}, "n’est pas celui qui est déclaré"),
        (FILES | {"other.onnx": b"a model that nobody declared"}, "other.onnx"),
    ],
    ids=["no model", "no licence", "empty licence", "empty model", "undeclared model"],
)
def test_a_model_that_is_not_whole_pinned_and_licensed_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], message: str
) -> None:
    monkeypatch.syspath_prepend(graded.install(tmp_path, manifest=manifest(), files=files))
    assert not pinned().ok and pinned().blocking
    assert message in pinned().told


@pytest.mark.parametrize("silent", ["licence", "licence_path", "sha256"])
def test_a_manifest_that_names_a_model_without_its_pin_or_its_licence_is_no_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    monkeypatch.syspath_prepend(graded.install(tmp_path, manifest=manifest(**{silent: ""}), files=FILES))
    with pytest.raises(registry.UnknownSystem, match=silent):
        registry.get("careful")

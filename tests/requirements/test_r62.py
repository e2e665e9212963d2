"""R62: an open model may close or become dearer: what is used is pinned here, with its licence."""

import hashlib
from pathlib import Path

import pytest

from beffroi.systems import registry
from beffroi.systems.check import written
from systems import graded
from systems.catalogue import OURS


def test_r62_every_model_file_of_the_catalogue_is_pinned_with_its_licence() -> None:
    for name in OURS:
        points = {point.key: point for point in written.bronze(registry.get(name))}
        assert points["pinned"].ok, points["pinned"].told
        assert registry.get(name).manifest.licence, name


def test_r62_a_model_changed_behind_our_back_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = (
        '[[model_files]]\nname = "Poids"\npath = "weights.bin"\nlicence = "Apache-2.0"\n'
        f'licence_path = "LICENSE.txt"\nsha256 = "{hashlib.sha256(b"poids").hexdigest()}"\n[[dependencies]]'
    )
    manifest = graded.CAREFUL_MANIFEST.replace("[[dependencies]]", pin)
    files = {"weights.bin": b"poids", "LICENSE.txt": b"Apache License"}
    folder = graded.install(tmp_path, manifest=manifest, files=files)
    monkeypatch.syspath_prepend(folder)
    pinned = {point.key: point for point in written.bronze(registry.get("careful"))}["pinned"]
    assert pinned.ok
    (folder / "careful_package" / "system" / "weights.bin").write_bytes(b"autres poids")
    changed = {point.key: point for point in written.bronze(registry.get("careful"))}["pinned"]
    assert not changed.ok and changed.blocking

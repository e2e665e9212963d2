"""R71: small models first; a larger one is a choice with its reason."""

from pathlib import Path

import pytest

from beffroi.systems import registry
from beffroi.systems.check import written
from beffroi.systems.check.scale import SMALL_CPU_S, SMALL_MB
from beffroi.systems.runner import execute, sample
from systems import graded
from systems.catalogue import OURS


def test_r71_every_system_of_the_catalogue_runs_on_a_small_processor() -> None:
    for name in OURS:
        done = execute(name, "run", sample(name)).footprint
        assert done.cpu_s < SMALL_CPU_S and done.memory_mb < SMALL_MB, name


def test_r71_a_large_model_without_a_reason_misses_the_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(more: str, name: str) -> bool:
        manifest = graded.CAREFUL_MANIFEST.replace("learning_curve", f"{more}\nlearning_curve")
        monkeypatch.syspath_prepend(graded.install(tmp_path / name, name, manifest=manifest))
        points = {point.key: point for point in written.gold(registry.get(name).manifest)}
        return points["small"].ok

    assert not small("language_model = true", "large")
    why = 'larger_model_why = "Les comptes rendus sont des textes libres : aucun petit modèle ne les lit."'
    assert small(f"language_model = true\n{why}", "reasoned")

"""Small models first; a larger one is a choice with its reason."""

from pathlib import Path

import pytest

from beffroi.systems import registry
from beffroi.systems.check import manifest_checks
from systems import graded


@pytest.mark.requirement("R71")
def test_a_large_model_without_a_reason_misses_the_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(more: str, name: str) -> bool:
        manifest = graded.CAREFUL_MANIFEST.replace("learning_curve", f"{more}\nlearning_curve")
        monkeypatch.syspath_prepend(graded.install(tmp_path / name, name, manifest=manifest))
        points = {point.key: point for point in manifest_checks.check_gold(registry.get(name).manifest)}
        return points["small"].ok

    assert not small("language_model = true", "large")
    why = 'larger_model_why = "Les comptes rendus sont des textes libres : aucun petit modèle ne les lit."'
    assert small(f"language_model = true\n{why}", "reasoned")

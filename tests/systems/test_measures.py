"""The measures on real files of each system, found by its name, are those whose figures are published."""

import json
from pathlib import Path

import pytest

from beffroi.systems import registry
from systems.catalogue import BUILTIN_SYSTEMS
from systems.real import measures_of


def test_each_module_of_measures_bears_the_name_of_a_system() -> None:
    modules = {path.stem for path in (Path(__file__).parent / "measures").glob("*.py")}
    assert modules and modules <= set(BUILTIN_SYSTEMS)


@pytest.mark.parametrize("name", BUILTIN_SYSTEMS)
def test_every_published_figure_on_real_files_can_be_measured_again(name: str) -> None:
    file = registry.get(name).folder / "measured.json"
    published = json.loads(file.read_text("utf-8"))["real"] if file.exists() else {}
    assert set(published) <= {measure.title for measure in measures_of(name)}

"""`beffroi new-system`: each archetype passes bronze as it is written; a name or a place that will not do is refused in French."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from beffroi.cli.systems import new_system
from beffroi.systems import registry
from beffroi.systems.check import check
from beffroi.systems.kit.new import archetypes
from support import sample_systems


def written(*arguments: str | Path) -> Result:
    return CliRunner().invoke(new_system, [str(argument) for argument in arguments])


@pytest.mark.parametrize("archetype", archetypes())
def test_a_new_system_passes_bronze_as_it_is_written(
    archetype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in a package of a third party, whose entry point names it."""
    sample_systems.distribution(tmp_path, "fill_levels", "", "", module="fill_levels_package.fill_levels")
    done = written("fill_levels", "--like", archetype, "--into", tmp_path / "fill_levels_package")
    assert done.exit_code == 0, done.output
    monkeypatch.syspath_prepend(tmp_path)
    assert registry.get("fill_levels").manifest.id == "fill_levels"
    report = check("fill_levels", brief=True)
    assert [(point.key, point.told) for point in report.points if not point.ok and not point.unseen] == []
    texts = "\n".join(
        file.read_text("utf-8")
        for file in (tmp_path / "fill_levels_package" / "fill_levels").iterdir()
        if file.is_file()
    )
    for number in range(1, 10):
        assert f"TODO {number}:" in texts


@pytest.mark.parametrize(
    ("name", "into", "why"),
    [
        ("Bornes-Pleines", "", "ne peut pas nommer un système"),
        ("taken", "", "existe déjà. Rien n’a été écrit"),
        ("fill_levels", "absent", "n’existe pas"),
    ],
)
def test_a_name_or_a_place_that_will_not_do_is_refused(
    name: str, into: str, why: str, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    refused = written(name, "--into", tmp_path / into)
    assert refused.exit_code == 2 and why in refused.output
    assert [path.name for path in tmp_path.rglob("*")] == ["taken"]

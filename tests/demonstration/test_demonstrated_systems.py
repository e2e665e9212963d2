"""What the demonstration says of each system is in the system's own folder, and is valid."""

from pathlib import Path

import pytest

from beffroi.cli.demo import _check_demonstrated
from beffroi.demonstration import demonstrated_systems as module
from beffroi.demonstration.demonstrated_systems import demonstrated_systems, read_texts
from beffroi.home import HomeError
from beffroi.systems import law, registry

DEMONSTRATED = demonstrated_systems()


def test_every_file_of_the_house_is_read_and_gathered_files_come_first() -> None:
    holding = {s.manifest.id for s in registry.all_systems() if (s.folder / module.FILE).exists()}
    assert {system.id for system in DEMONSTRATED} == holding and holding
    order = [(system.texts.data, system.id) for system in DEMONSTRATED]
    assert order == sorted(order)  # « gathered » comes before « sample » in the alphabet too


@pytest.mark.parametrize("system", DEMONSTRATED, ids=lambda system: system.id)
def test_the_texts_name_tables_of_the_manifest_and_questions_of_the_law(
    system: module.DemonstratedSystem,
) -> None:
    assert set(system.texts.until_today) <= {schema.name for schema in system.manifest.inputs}
    assert (system.texts.law is not None) == (system.manifest.legal.risk == "high")
    if system.texts.law is not None:
        assert system.texts.law.concerned in {fact.key for fact in law.load_rules().facts}


def test_an_unknown_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / module.FILE).write_text('data = "sample"\nproblems = "x"\n', "utf-8")
    with pytest.raises(ValueError, match="problems"):
        read_texts(tmp_path / module.FILE)


def test_one_system_may_be_shown_alone_and_an_unknown_one_is_refused_with_those_that_are_shown() -> None:
    shown = [one.id for one in demonstrated_systems()]
    assert [one.id for one in demonstrated_systems(shown[-1])] == shown[-1:]
    with pytest.raises(HomeError, match=rf"ne montre pas « nope »\. Elle montre : {', '.join(shown)}"):
        _check_demonstrated("nope")

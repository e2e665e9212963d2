"""Discovery of systems by their manifests; a broken one is reported and breaks nothing."""

import re
import shutil
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems import output_columns, registry
from beffroi.systems.manifest import EvidenceKey, Manifest
from beffroi.systems.runner import execute
from beffroi.systems.school_map.options import TITLES, read_options
from systems.third_party import MANIFEST, distribution


def test_the_canteen_is_found_with_its_manifest() -> None:
    system = registry.get("canteen")
    assert system.module == "beffroi.systems.canteen"
    assert system.manifest.level == "proposes"
    assert [schema.name for schema in system.manifest.inputs if schema.required] == ["attendance"]


def test_a_column_that_an_earlier_table_describes_is_named_alone() -> None:
    tables = [
        {"name": "days", "columns": [{"name": "kwh", "label": "Relevé"}]},
        {"name": "works", "columns": [{"name": "kwh", "label": "Gain"}]},
        {"name": "both", "columns": ["kwh", "days.kwh"]},
    ]
    assert [column["label"] for column in output_columns.resolve(tables)[2]["columns"]] == ["Gain", "Relevé"]
    with pytest.raises(ValueError, match="« cost » de la table « both »"):
        output_columns.resolve([{"name": "both", "columns": ["cost"]}])


def test_evidence_named_as_an_output_column_or_a_setting_is_presented_alike() -> None:
    evidence = registry.get("buildings").manifest.evidence
    assert evidence["expected"] == EvidenceKey(label="Attendu", unit="kWh")
    assert evidence["budget"] == EvidenceKey(label="Budget des travaux", unit="€")


def test_an_unknown_system_is_reported_with_those_that_exist() -> None:
    with pytest.raises(registry.UnknownSystem, match=r"Systèmes installés : .*canteen"):
        registry.get("cantine")


def test_a_third_party_registers_a_system_by_an_entry_point_and_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(
        distribution(tmp_path, "averages", 'return answer(sum(tables["numbers"]["value"].to_pylist()) / 3)')
    )
    assert registry.get("averages").distribution == "averages"
    done = execute("averages", "run", {"numbers": pa.table({"value": [1.0, 2.0, 6.0]})})
    assert done.outcome is not None
    assert done.outcome.table.to_pylist() == [{"answer": "3.0"}]


@pytest.mark.parametrize(
    ("manifest", "module", "message"),
    [
        ("not toml at all = = =", None, "n’est pas du TOML valable"),
        (
            MANIFEST.replace('level = "informs"', 'level = "decides"'),
            None,
            r"ne respecte pas le contrat.*« level » \(« decides » n'est pas prévu ici : 'informs', 'proposes' ou",
        ),
        (MANIFEST.replace('"{id}"', '"other"'), None, "les deux doivent être égaux"),
        (MANIFEST.replace('"{id}"', '"canteen"'), None, "les deux doivent être égaux"),
        (MANIFEST, "no_such_package.system", "introuvable"),
    ],
)
def test_a_broken_third_party_system_is_a_listed_fault_and_the_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manifest: str, module: str | None, message: str
) -> None:
    monkeypatch.syspath_prepend(
        distribution(tmp_path, "broken", "return answer(1)", manifest=manifest, module=module)
    )
    (fault,) = registry.list_faults()
    assert fault.name == "broken"
    assert re.search(message, fault.message)
    assert "Les autres systèmes ne sont pas touchés" in fault.message
    assert registry.get("canteen")
    with pytest.raises(registry.UnknownSystem, match="n’est pas utilisable"):
        registry.get("broken")


@pytest.mark.parametrize(
    ("help", "message"),
    [
        ('choices = {{ noon = "Midi" }}', "« path » ne vaut aucun de ses choix"),
        ('date = true\nchoices = {{ noon = "Midi" }}', "se dit aussi une date"),
    ],
)
def test_a_default_setting_must_match_its_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, help: str, message: str
) -> None:
    manifest = MANIFEST.replace(
        "[[inputs]]", f'[settings_help.path]\nlabel = "Chemin"\nhelp = "Un chemin."\n{help}\n[[inputs]]', 1
    )
    monkeypatch.syspath_prepend(distribution(tmp_path, "broken", "return answer(1)", manifest=manifest))
    assert message in registry.list_faults()[0].message
    wrong = manifest.replace(help, "date = true").replace('path = ""', 'path = "hier"').format(id="broken")
    with pytest.raises(ValueError, match="se dit une date et vaut « hier »"):
        Manifest.model_validate(tomllib.loads(wrong))


@pytest.mark.parametrize(
    ("help", "default", "message"),
    [
        ("whole = true", "1.5", "se dit entier et vaut « 1.5 »"),
        ("whole = true", '"un"', "se dit entier et vaut « un »"),
        ("bounds_from_data = true", '"un"', "se dit borné par les données et n’est pas un nombre"),
        ("bounds_from_data = true", "true", "se dit borné par les données et n’est pas un nombre"),
    ],
)
def test_what_is_said_of_a_number_is_said_of_a_number(help: str, default: str, message: str) -> None:
    manifest = _with_help(help).replace('path = ""', f"path = {default}")
    with pytest.raises(ValueError, match=message):
        Manifest.model_validate(tomllib.loads(manifest))


def _with_help(help: str) -> str:
    described = f'[settings_help.path]\nlabel = "Chemin"\nhelp = "Un chemin."\n{help}\n[[inputs]]'
    return MANIFEST.replace("[[inputs]]", described, 1).format(id="third")


DIAL = '[dial]\nsetting = "path"\nlabel = "Choix"\nhelp = "Un choix."\noptions = [0.5, 1]\n[[inputs]]'


def test_a_dial_turns_a_setting_with_a_whole_default_but_none_that_is_whole() -> None:
    for help, refused in (("low = 0", False), ("whole = true", True)):
        manifest = _with_help(help).replace('path = ""', "path = 1").replace("[[inputs]]", DIAL, 1)
        with pytest.raises(ValueError, match="dial") if refused else nullcontext():
            Manifest.model_validate(tomllib.loads(manifest))


TABLE = '[[inputs]]\nname = "{}"\ntitle = "Table"\n{}\n[[inputs.columns]]\nname = "value"\ntype = "number"\nwhy = "Un nombre à lire."\n'


def _with_inputs(*tables: tuple[str, str]) -> Manifest:
    about = MANIFEST.partition("[[inputs]]")[0].format(id="third")
    return Manifest.model_validate(tomllib.loads(about + "".join(TABLE.format(*table) for table in tables)))


def test_the_main_input_is_the_declared_one_else_the_first_required_one() -> None:
    optional = "required = false"
    assert _with_inputs(("a", ""), ("b", "main = true")).main_input.name == "b"
    assert _with_inputs(("a", optional), ("b", ""), ("c", "")).main_input.name == "b"
    assert _with_inputs(("a", optional), ("b", optional)).main_input.name == "a"


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("main = true", "main = true", "une seule table est la principale"),
        ("", "main = true\nrequired = false", "la table principale « b » est requise"),
    ],
)
def test_one_required_input_at_most_is_the_main_one(first: str, second: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _with_inputs(("a", first), ("b", second))


def test_the_maps_on_offer_are_those_that_the_school_map_draws() -> None:
    assert read_options({}).weights.keys() == TITLES.keys()


def test_a_broken_system_met_twice_is_reported_once_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = distribution(tmp_path, "broken", "return answer(1)", manifest="pas = [du toml")
    shutil.copytree(folder / "broken-1.0.dist-info", folder / "again-1.0.dist-info")
    (folder / "again-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: again\nVersion: 1.0\n"
    )
    monkeypatch.syspath_prepend(folder)
    (fault,) = registry.list_faults()
    assert fault.message.endswith("Prévenez l’exploitant : il prévient l’éditeur de ce paquet, ou le retire.")


def test_a_broken_builtin_system_is_reported_once_and_is_not_to_be_removed(tmp_path: Path) -> None:
    """The house's own folders, with one manifest spoiled."""
    source = Path(registry.__file__).parents[1]
    shutil.copytree(source / "systems", tmp_path / "beffroi" / "systems")
    (tmp_path / "beffroi" / "__init__.py").touch()
    shutil.copy(source / "validation_messages.py", tmp_path / "beffroi")
    (tmp_path / "beffroi" / "systems" / "leaks" / "manifest.toml").write_text("pas = [du toml", "utf-8")
    ask = (
        "from beffroi.systems import registry\nprint(*(f.message for f in registry.list_faults()), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    (message,) = done.stdout.splitlines()
    assert "« leaks » (paquet « beffroi »)" in message
    assert message.endswith("Prévenez l’exploitant : réinstaller Beffroi le remet en état.")


def test_a_third_party_may_not_take_the_name_of_a_system_of_the_house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(distribution(tmp_path, "canteen", "return answer(1)"))
    assert registry.get("canteen").module == "beffroi.systems.canteen"
    assert "déjà celui d’un système de « beffroi »" in registry.list_faults()[0].message


def test_reading_the_list_never_imports_the_code_of_a_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = distribution(tmp_path, "exploding", "return answer(1)")
    for package in (folder / "exploding_package", folder / "exploding_package" / "system"):
        (package / "__init__.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(folder)
    assert registry.get("exploding").manifest.title == "Système d’essai"


def test_a_system_is_seen_as_soon_as_it_is_installed_and_no_more_once_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(registry.UnknownSystem):
        registry.get("meanwhile")
    distribution(tmp_path, "meanwhile", "return answer(1)")
    assert registry.get("meanwhile").distribution == "meanwhile"
    shutil.rmtree(tmp_path / "meanwhile-1.0.dist-info")
    with pytest.raises(registry.UnknownSystem):
        registry.get("meanwhile")

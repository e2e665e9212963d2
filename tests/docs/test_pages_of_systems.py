"""The guide to adding a system shows a manifest that the contract accepts, and verbs as they are."""

import inspect
import json
import re
import tomllib
from types import ModuleType

from beffroi.demonstration.demonstrated_systems import DemonstrationTexts
from beffroi.systems import readability, registry
from beffroi.systems.check import SCALE, membership, scale
from beffroi.systems.contract import System
from beffroi.systems.manifest import Manifest


def test_the_manifest_of_the_guide_is_accepted_by_the_contract(pages: dict[str, str]) -> None:
    (example, outputs, demonstration, entry_point) = re.findall(
        r"```toml\n(.*?)```", pages["docs/add-a-system.md"], flags=re.DOTALL
    )
    manifest = Manifest.model_validate(tomllib.loads(f"{example}\n{outputs}"))
    assert manifest.id == "lighting"
    assert [column.role for column in manifest.outputs[0].columns] == [
        "place",
        "value",
        "low",
        "high",
        "status",
        "geometry",
    ]
    texts = DemonstrationTexts.model_validate(tomllib.loads(demonstration))
    assert set(texts.until_today) <= {schema.name for schema in manifest.inputs}
    assert tomllib.loads(entry_point)["project"]["entry-points"]["beffroi.systems"].keys() == {manifest.id}


def test_the_verbs_of_the_guide_are_those_of_the_contract(pages: dict[str, str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", pages["docs/add-a-system.md"], flags=re.DOTALL)
    written = re.findall(r"def (\w+)\((.*?)\)", block)
    expected = [
        (verb, list(inspect.signature(getattr(System, verb)).parameters)[1:]) for verb in ("run", "backtest")
    ]
    assert [(verb, re.findall(r"(\w+):", arguments)) for verb, arguments in written] == expected


def test_the_page_of_the_scale_lists_every_point_as_the_code_asks_it(
    generate: ModuleType, pages: dict[str, str]
) -> None:
    page = pages["docs/quality-scale.md"]
    assert generate.block_of(page) == generate.quality(), "run: .venv/bin/python docs/generate.py"
    assert all(f"(`{rule.key}`)" in page for rule in SCALE)
    assert len({rule.key for rule in SCALE}) == len(SCALE) == len({rule.name for rule in SCALE})


def test_the_page_of_the_systems_says_what_was_measured_of_each(
    generate: ModuleType, pages: dict[str, str]
) -> None:
    page = pages["docs/systems.md"]
    assert generate.block_of(page) == generate.systems(), "run: .venv/bin/python docs/generate.py"
    measured = {
        system.manifest.id: (
            json.loads(file.read_text("utf-8"))["sample"]["version"],
            system.manifest.version,
        )
        for system in registry.all_systems()
        if (file := system.folder / "measured.json").exists()
    }
    late = {name: found for name, (found, today) in measured.items() if found != today}
    assert measured and late == {}, "run: python -m benchmarks.systems"


def test_the_pages_of_the_house_and_of_the_dependencies_name_what_the_folders_of_systems_hold(
    generate: ModuleType, pages: dict[str, str]
) -> None:
    for page, block in (
        ("docs/house.md", generate.house()),
        ("docs/decisions/dependencies.md", generate.dependencies()),
    ):
        assert generate.block_of(pages[page]) == block, "run: .venv/bin/python docs/generate.py"


def test_the_figures_of_the_page_of_the_scale_are_those_of_the_code(pages: dict[str, str]) -> None:
    page = " ".join(pages["docs/quality-scale.md"].split())
    assert f"{membership.TARGETS} rows at most" in page
    assert "each left out of half of 16 runs" in page and membership.WORLDS == 16
    assert f"stays under {scale.MAX_ATTACK_AUC:.2f}" in page
    assert f"by {scale.MAX_SHIFT:.0%}".replace("%", " %") in page
    assert f"less than {scale.LEARNING_TOLERANCE:.0%}".replace("%", " %") in page
    assert f"From {readability.PLAIN_SCORE:.0f} on" in page


def test_the_fields_that_the_scale_asks_are_told_in_the_guide(pages: dict[str, str]) -> None:
    asked = {
        "degraded_mode", "training_origin", "bias_why_not", "bias_gap", "threats", "licence", "model_files",
        "dependencies", "language_model", "larger_model_why", "learning_curve", "learning_why_not", "forecast_why_not",
    }  # fmt: skip
    assert asked <= set(Manifest.model_fields)
    assert [name for name in sorted(asked) if name not in pages["docs/add-a-system.md"]] == []

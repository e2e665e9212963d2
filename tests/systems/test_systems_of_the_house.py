"""Built-in systems on their own samples: measured, small, without a language model, with a footprint.

Each is executed once for its forecast and once for its backtest, for all these tests; in the quick ring, the canteen is, and
the others are those of their examination.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

from beffroi.systems import factors, readability, registry
from beffroi.systems.check import backtest_checks, manifest_checks
from beffroi.systems.check.scale import MAX_CPU_S, MAX_MEMORY_MB
from beffroi.systems.contract import Tables
from beffroi.systems.footprint import UNITS, measure, read_footprint, sum_footprints
from beffroi.systems.forkserver import ForkServer
from beffroi.systems.runner import DEFAULT_LIMITS, Execution, Verb
from rings import representatives
from systems.catalogue import BUILTIN_SYSTEMS
from systems.reports import examined, point_of

pytestmark = pytest.mark.xdist_group("systems_of_the_house")
LANGUAGE_MODELS = {
    "anthropic", "cohere", "ecologits", "google", "huggingface_hub", "langchain", "litellm", "llama_cpp", "mistralai",
    "ollama", "openai", "pydantic_ai", "sentence_transformers", "tokenizers", "torch", "transformers", "vllm",
}  # fmt: skip
JUDGED = representatives(BUILTIN_SYSTEMS, ["canteen"])  # a backtest costs more than a forecast
LINES = ("energy", "co2", "co2_made", "water", "materials", "storage", "storage_energy", "transfer")


@cache
def served(name: str) -> tuple[ForkServer, Tables]:
    """The closed process of a system, and its sample."""
    server = ForkServer(registry.get(name), DEFAULT_LIMITS)
    return server, server.sample(0)


@cache
def executed(name: str, verb: Verb) -> Execution:
    server, sample = served(name)
    return server.execute(verb, sample)


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.requirement("R105")
@pytest.mark.parametrize("name", BUILTIN_SYSTEMS)
def test_a_system_runs_without_any_language_model(name: str) -> None:
    system = registry.get(name)
    assert not system.manifest.language_model
    assert (
        not {module for path in system.folder.rglob("*.py") for module in imports_of(path)} & LANGUAGE_MODELS
    )
    # In its own process it has no network to reach one either, and there it runs on its sample.
    assert examined(name).isolation == "complète"
    assert point_of(name, "runs").ok


@pytest.mark.requirement("R71")
@pytest.mark.parametrize("name", BUILTIN_SYSTEMS)
def test_a_system_runs_on_a_small_processor(name: str) -> None:
    """Its whole sample, for those that are judged here; of the others, what their examination measured."""
    measured = (
        executed(name, "run").footprint if name in JUDGED else read_footprint(examined(name).footprint or {})
    )
    assert 0 < measured.cpu_s < MAX_CPU_S and 0 < measured.memory_mb < MAX_MEMORY_MB


@pytest.mark.requirement("R66")
@pytest.mark.parametrize("name", JUDGED)
def test_the_way_without_ai_is_measured_on_the_same_days(name: str) -> None:
    score = executed(name, "backtest").score
    assert score is not None
    assert score.baseline != score.value and score.gain_interval is not None
    assert score.verdict.startswith(("Recommandé", "Ne pas utiliser"))


@pytest.mark.requirement("R45")
@pytest.mark.parametrize("name", JUDGED)
def test_a_system_measures_its_groups_or_gives_a_reason(name: str) -> None:
    score = executed(name, "backtest").score
    assert score is not None
    point = backtest_checks.check_groups(registry.get(name).manifest, score)
    assert point.ok, point.told


@pytest.mark.requirement("R45")
@pytest.mark.requirement("R49")
@pytest.mark.parametrize("name", BUILTIN_SYSTEMS)
def test_the_card_of_a_system_states_its_training_origin_and_privacy_threats(name: str) -> None:
    system = registry.get(name)
    points = {
        point.key: point
        for point in (*manifest_checks.check_bronze(system), *manifest_checks.check_gold(system.manifest))
    }
    for key in ("origin", "threats", "legal"):
        assert points[key].ok, points[key].told
    assert system.manifest.bias_gap is not None or system.manifest.bias_why_not


@pytest.mark.requirement("R41")
def test_each_proposal_of_the_canteen_has_reasons_in_plain_french() -> None:
    outcome = executed("canteen", "run").outcome
    assert outcome is not None and outcome.proposals
    for proposal in outcome.proposals:
        reading = readability.measure_readability("\n".join(proposal.reasons))
        assert len(proposal.reasons) >= 2
        assert reading.plain and reading.french >= readability.FRENCH_SHARE


@pytest.mark.requirement("R104")
def test_a_run_has_every_line_of_its_footprint_with_its_source() -> None:
    spent = executed("canteen", "run").footprint
    for line in LINES:
        figure = getattr(spent, line)
        assert figure.how in {"mesuré", "estimé"} and figure.source and figure.unit == UNITS[line]
    assert backtest_checks.check_footprint_lines(spent).ok
    assert factors.materials("FRA") is not None


@pytest.mark.requirement("R104")
def test_what_nobody_counted_is_unknown_and_not_zero() -> None:
    spent = measure(duration_s=1, cpu_s=1, peak_mb=100, joules=None, machine_cpu_s=None)
    for line in ("storage", "storage_energy", "transfer"):
        figure = getattr(spent, line)
        assert figure.value is None and figure.how == "inconnu"
    assert "3 « inconnu »" in backtest_checks.check_footprint_lines(spent).told


@pytest.mark.requirement("R68")
def test_energy_carbon_and_water_are_counted_for_each_run_and_each_year() -> None:
    runs = [executed("canteen", verb).footprint for verb in ("backtest", "run")]
    for one in runs:
        assert one.energy_wh > 0 and one.co2.value and one.water.value
    year = sum_footprints(
        read_footprint(one.to_dict()) for one in runs
    )  # as a run is stored, then read again
    for line in ("energy", "co2", "water"):
        figure = getattr(year, line)
        assert figure.value == sum(getattr(one, line).value for one in runs)
        assert figure.how in {"mesuré", "estimé"} and figure.unknown == 0

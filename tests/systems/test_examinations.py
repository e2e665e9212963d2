"""Report of the examination of each built-in system, and what it costs; `test_contract.py` reads its points.

The quick ring examines briefly, on a cut of the sample, at a bounded cost; the long one climbs the whole scale.
"""

import json

import pytest

from beffroi.systems import registry
from beffroi.systems.check import SCALE, TIERS
from rings import LONG
from systems.catalogue import BUILTIN_SYSTEMS
from systems.reports import examined

# Systems whose figure on their sample misses the target of their manifest, which stands as written: docs/roadmap.md says them too.
# drought: 45 was aimed at before any measure; 43.8 on this sample, 37 on average on 24 others (22.9 to 49.8), 35.8 on nineteen rivers.
MISSED_TARGETS = {"drought"}
MOST_CPU_S = 12.0  # six on a quiet processor; what it takes more is the neighbours'


@pytest.mark.parametrize("system", BUILTIN_SYSTEMS)
def test_each_system_has_a_report_of_every_point(system: str) -> None:
    report = examined(system)
    assert [point.key for point in report.points] == [rule.key for rule in SCALE]
    assert report.isolation == "complète"
    assert report.value is not None and report.energy_wh is not None and report.energy_wh > 0
    assert json.loads(json.dumps(report.to_dict(), allow_nan=False))["ok"] is report.ok


@pytest.mark.skipif(LONG, reason="the long ring examines at length")
@pytest.mark.parametrize("system", BUILTIN_SYSTEMS)
def test_a_brief_examination_has_a_bounded_cost_and_sees_what_a_few_executions_show(system: str) -> None:
    report = examined(system)
    assert report.brief and report.tier == ""
    assert report.spent_cpu_s <= MOST_CPU_S
    seen = {point.key for point in report.points if not point.unseen}
    assert seen >= {
        "closed", "sample", "runs", "proposals", "same", "bare", "dropped", "cost", "outputs", "judged", "options", "tiny", "bad", "french",
    }  # fmt: skip
    assert all(point.ok for point in report.points if not point.unseen)


@pytest.mark.long
@pytest.mark.parametrize("system", BUILTIN_SYSTEMS)
def test_each_system_has_a_tier_at_a_bounded_cost(system: str) -> None:
    report = examined(system)
    assert report.tier in TIERS, report.missing("bronze")
    assert report.met is (system not in MISSED_TARGETS) and report.recommended
    # Ninety seconds of processor for the fourteen columns of the first system's first version, no more a column since.
    columns = sum(len(schema.columns) for schema in registry.get(system).manifest.inputs)
    assert report.spent_cpu_s < 90 / 14 * columns

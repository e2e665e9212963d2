"""R49: privacy is guaranteed where the algorithm learns: threats are written, and an attack is tried."""

import pytest

from beffroi.systems import registry
from systems.catalogue import OURS
from systems.reports import canteen_point


def test_r49_every_system_of_the_catalogue_has_its_threat_model() -> None:
    for name in OURS:
        manifest = registry.get(name).manifest
        assert manifest.threats and all(len(threat.split()) >= 5 for threat in manifest.threats), name
        named = [need.name for schema in manifest.inputs for need in schema.columns if need.identifies_person]
        assert manifest.legal.personal_data or not named, name


@pytest.mark.slow
@pytest.mark.xdist_group("canteen_report")
def test_r49_the_attack_was_tried_and_its_figure_is_told() -> None:
    told = canteen_point("membership").told
    assert "AUC" in told and "le hasard vaut 0,5" in told

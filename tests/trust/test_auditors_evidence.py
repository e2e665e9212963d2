"""An auditor takes away, without help, the evidence of every gate: steps, answers, measures, law, committee."""

import json
import zipfile

import pytest

from beffroi.web.platform import evidence
from beffroi.web.workshop.models import SystemUse
from life import carry, somebody
from trust.committee import opined

pytestmark = pytest.mark.django_db


@pytest.mark.requirement("R53")
def test_an_auditor_takes_the_whole_evidence_of_a_systems_life(measured: SystemUse) -> None:
    use = carry(measured, "production")
    opined(use)
    with (
        evidence.pack(use.territory, somebody(use.territory, "auditor")) as pack,
        zipfile.ZipFile(pack) as archive,
    ):
        told = json.loads(archive.read("services-ia/tiny.json"))
        law = json.loads(archive.read("droit/tiny.json"))
        committee = json.loads(archive.read("comite-ethique.json"))
    assert [step["à"] for step in told["étapes franchies"]] == [
        "besoin vérifié",
        "bac à sable",
        "en production",
    ]
    assert any(gate["key"] == "benefit" for gate in told["étapes franchies"][-1]["conditions"])
    assert told["questionnaires"] and told["options comparées"] and told["examens de qualité"]
    assert law["réponses"][0]["réponses"]
    assert committee["avis"][0]["avis"] == "favorable" and len(committee["membres"]) == 5

"""A territory that leaves takes with it all that it decided about its AI: no model of these rooms is forgotten."""

import json
from pathlib import Path

import pytest
from django.apps import apps

from beffroi.web.operations import carrying_ai
from beffroi.web.platform.models import TerritoryOwned
from beffroi.web.workshop.models import SystemUse
from life import carry
from trust.committee import opined
from workshop.conftest import bound, dataset, home, measured, steward, supervisor, territory, tiny, use

__all__ = ["bound", "dataset", "home", "measured", "steward", "supervisor", "territory", "tiny", "use"]
pytestmark = pytest.mark.django_db
# Written by carrying_out itself.
ELSEWHERE = {
    "Proposal",
    "Decision",
    "Contestation",
    "CaseCorrection",
    "Correction",
    "RegressionCase",
    "SystemUse",
    "Run",
}


def test_no_model_of_these_rooms_is_left_behind() -> None:
    owned = {
        model.__name__
        for label in ("workshop", "trust", "decisions")
        for model in apps.get_app_config(label).get_models()
        if issubclass(model, TerritoryOwned)
    }
    carried = {model.__name__ for kinds in carrying_ai.SUBJECTS.values() for model, _ in kinds.values()}
    assert owned - ELSEWHERE == carried


def test_the_files_tell_steps_answers_and_opinions_with_names_instead_of_keys(
    measured: SystemUse, tmp_path: Path
) -> None:
    system = carry(measured, "production")
    opined(system, "favourable")
    carrying_ai.write_all(system.territory, tmp_path)
    lives = json.loads((tmp_path / "vies-ia.json").read_text("utf-8"))
    assert [step["state"] for step in lives["etapes"]] == ["checked", "sandbox", "production"]
    assert lives["etapes"][-1]["system"] == "tiny" and lives["etapes"][-1]["person"]
    assert {sheet["kind"] for sheet in lives["questionnaires"]} >= {"need", "sandbox"}
    committee = json.loads((tmp_path / "comite.json").read_text("utf-8"))
    assert committee["avis"][0]["verdict"] == "favourable"
    assert len(committee["sieges"]) == 5
    assert (
        json.loads((tmp_path / "droit-ia.json").read_text("utf-8"))["reponses"][0]["risk_class"] == "minimal"
    )

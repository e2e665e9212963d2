"""A territory that leaves takes with it what it answered, lists and follows; its registers live again elsewhere."""

import json
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile

from beffroi.guides import Plan, Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import evidence, plans, registers
from beffroi.web.operations import carrying_guides
from beffroi.web.platform.models import TerritoryOwned
from places import a_person, a_territory, elsewhere

pytestmark = pytest.mark.django_db


def test_no_model_of_the_room_is_left_behind() -> None:
    owned = {
        model for model in apps.get_app_config("guides").get_models() if issubclass(model, TerritoryOwned)
    }
    assert owned == {model for kinds in carrying_guides.SUBJECTS.values() for model, _ in kinds.values()}


def test_registers_live_again_and_the_rest_comes_as_it_was(tmp_path: Path) -> None:
    town = a_territory()
    agent = a_person(town, "agent")
    contracts, handover = guide(Register, "contracts"), guide(Plan, "handover")
    entry = registers.save_entry(town, agent, contracts, {"name": "Gaz", "cost": "40"})
    gone = registers.save_entry(town, agent, contracts, {"name": "Fioul"})
    registers.remove_entry(gone, agent, contracts)
    proof = evidence.attach(entry, agent, contracts, SimpleUploadedFile("facture.pdf", b"%PDF"))
    plans.propose_own_actions(town, agent, handover)
    carrying_guides.write_all(town, tmp_path)
    assert (tmp_path / "pieces" / proof.sha256).read_bytes() == b"%PDF"
    assert len(json.loads((tmp_path / "plans.json").read_text("utf-8"))["actions"]) == len(handover.actions)
    there = a_territory("Autreville", code="99T02")
    with elsewhere(there):
        carrying_guides.take_in(there, tmp_path)
        (taken,) = RegisterEntry.objects.of(there)
        assert (taken.values, taken.by, taken.revision) == ({"name": "Gaz", "cost": 40}, None, 1)
        assert taken.revisions.get().values == taken.values
        carrying_guides.take_in(there, tmp_path / "an export of before")

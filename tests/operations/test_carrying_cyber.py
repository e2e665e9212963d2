"""A territory that leaves takes with it what its security room holds; no secret leaves in the open."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.cyber.incidents import calls
from beffroi.web.cyber.inventory import keys
from beffroi.web.cyber.mail import services as mail
from beffroi.web.cyber.models import MachineKey
from beffroi.web.guides.contributions import services as contributions
from beffroi.web.guides.library import guide
from beffroi.web.operations import carrying_cyber, carrying_guides
from beffroi.web.platform.models import TerritoryOwned
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


def test_no_model_of_the_room_is_left_behind_without_a_reason() -> None:
    owned = {
        model for model in apps.get_app_config("cyber").get_models() if issubclass(model, TerritoryOwned)
    }
    carried = {model for kinds in carrying_cyber.SUBJECTS.values() for model, _ in kinds.values()}
    assert carried | carrying_cyber.LEFT_BEHIND.keys() == owned
    assert not carried & carrying_cyber.LEFT_BEHIND.keys()


def test_what_was_declared_leaves_and_no_secret_does(tmp_path: Path) -> None:
    town = a_territory()
    officer = a_person(town, "security_officer")
    mail.answer(town, officer, address="mairie@valbruyere.example", own=True)
    page = calls.renew_address(town, officer)
    key = keys.create(town, MachineKey.Use.INVENTORY, by=officer)
    link, secret = contributions.create_link(
        town, officer, guide(Register, "contracts"), "Dupont", timezone.localdate() + timedelta(7)
    )
    carrying_cyber.write_all(town, tmp_path)
    carrying_guides.write_all(town, tmp_path)
    (domain,) = json.loads((tmp_path / "messagerie.json").read_text("utf-8"))["domaines"]
    assert (domain["name"], domain["by"]) == ("valbruyere.example", officer.name)
    written = "".join(path.read_text("utf-8") for path in sorted(tmp_path.glob("*.json")))
    assert "Dupont" in written
    for hidden in (page.secret, key.key.digest, secret, link.digest):
        assert hidden not in written

"""Téléservices of the public site enter the register by themselves; what a person wrote or removed stays; each leads to its checks."""

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.cyber import teleservices
from beffroi.web.cyber.models import WatchedSite
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory


def rows(territory: Territory) -> dict[str, dict[str, object]]:
    return {
        row.values["name"]: row.values
        for row in registers.entries_of(territory, guide(Register, "teleservices"))
    }


def report_all() -> None:
    with scope.nowhere():
        teleservices.report_all()


def test_a_closed_public_site_enters_nothing(territory: Territory) -> None:
    territory.closed = {"room:portal": "host"}
    territory.save()
    report_all()
    assert rows(territory) == {}


@pytest.mark.requirement("R80")
def test_forms_of_the_public_site_enter_the_register(territory: Territory, client: Client, settings) -> None:
    report_all()
    found = rows(territory)
    assert {"Contester une décision", "Suivre une contestation"} <= found.keys()
    for values in found.values():
        path = str(values["address"]).removeprefix(settings.BASE_URL)
        assert client.get(path).status_code == 200


def test_what_a_person_wrote_or_removed_stays(territory: Territory, officer: Person, settings) -> None:
    report_all()
    register = guide(Register, "teleservices")
    written, removed = registers.entries_of(territory, register)
    registers.save_entry(territory, officer, register, written.values | {"owner": "adjointe"}, entry=written)
    registers.remove_entry(removed, officer, register)
    settings.BASE_URL = "https://donnees.valbruyere.example"
    report_all()
    (row,) = registers.entries_of(territory, register)
    assert row.values["owner"] == "adjointe" and "donnees.valbruyere" not in row.values["address"]


def test_an_entry_leads_to_what_was_seen_of_its_host(
    territory: Territory, officer: Person, client: Client
) -> None:
    register = guide(Register, "teleservices")
    values = {"name": "Cantine", "address": "https://cantine.valbruyere.example/inscription"}
    entry = registers.save_entry(territory, officer, register, values)
    client.force_login(officer)
    there = f"/t/{territory.slug}/guides/registres/teleservices/{entry.pk}/"
    assert "Déclarer ce site" in client.get(there).content.decode()
    WatchedSite.objects.create(
        territory=territory, name="Cantine", address="https://cantine.valbruyere.example", ownership="own", declared_by=officer,
        findings=[{"level": "warn"}, {"level": "good"}], findings_at=timezone.now(),
    )  # fmt: skip
    assert "1 réglage à corriger" in client.get(there).content.decode().replace("\u00a0", " ")
    assert teleservices.site_links(registers.save_entry(
        territory, officer, register, {"name": "Sur place", "address": "guichet de la mairie"})) == []  # fmt: skip

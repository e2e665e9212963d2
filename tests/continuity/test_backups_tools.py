"""Backups that the register of tools speaks of: shown on the board from the same rows, taken over without loss, asked once."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.continuity.backups import board, home_lines, kit_pages
from beffroi.web.continuity.models import BackupCopy
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import EntryRevision, RegisterEntry
from beffroi.web.guides.register_forms import EntryForm, grid_fields
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from places import a_person

pytestmark = pytest.mark.django_db
TOOL = {
    "name": "Disque du secrétariat",
    "kind": "backup",
    "maintained_by": "Prestataire inventé",
    "tested_by": "Secrétaire de mairie",
    "test": "Un dossier rouvert.",
    "copies": 3,
    "outside": "yes",
    "unplugged": "yes",
    "restored_on": "2026-09-13",
    "licence_ends": "2027-09-13",
}
FACTS = {"copies", "outside", "unplugged", "restored_on"}


def tools() -> Register:
    return guide(Register, "security_tools")


@pytest.fixture
def tool(territory: Territory, secretary: Person) -> RegisterEntry:
    registers.save_entry(territory, secretary, tools(), {"name": "Antivirus", "kind": "antivirus"})
    return registers.save_entry(territory, secretary, tools(), TOOL)


def page(client: Client, territory: Territory, person: Person) -> str:
    client.force_login(person)
    return client.get(reverse("backups", args=[territory.slug])).content.decode()


def test_the_board_shows_the_backup_that_the_tools_speak_of(
    territory: Territory, secretary: Person, tool: RegisterEntry, client: Client
) -> None:
    text = page(client, territory, secretary)
    assert "Aucun système à sauvegarder" not in text
    assert "Disque du secrétariat" in text and "13 septembre 2026" in text and "Antivirus" not in text
    assert reverse("backup-take", args=[territory.slug, tool.pk]) in text
    # Nobody has proven it here yet: the home says so, the kit names it.
    lines = list(home_lines.without_proof(secretary, territory))
    assert lines and "Disque du secrétariat" in str(lines[0])
    assert any("Disque du secrétariat" in each.body for each in kit_pages.pages(territory))


def test_a_backup_is_taken_over_with_its_restore_and_nothing_is_lost(
    territory: Territory, secretary: Person, tool: RegisterEntry, client: Client
) -> None:
    client.force_login(secretary)
    address = reverse("backup-take", args=[territory.slug, tool.pk])
    form = client.get(address)
    assert form.context["form"].initial == {"place": "off-site", "offline": True}
    assert client.post(address, {"medium": "usb", "place": "off-site", "offline": "on"}).status_code == 302
    (line,) = board.lines(territory)
    (copy,) = [each.copy for each in line.copies]
    assert (line.system.name, line.system.keeper) == ("Disque du secrétariat", "Prestataire inventé")
    assert (copy.medium, copy.place, copy.offline) == ("usb", "off-site", True)
    assert line.proved_at is not None and timezone.localdate(line.proved_at) == date(2026, 9, 13)
    (proof,) = copy.proofs.all()
    assert (
        "Secrétaire de mairie" in proof.how and "Un dossier rouvert." in proof.how and proof.by == secretary
    )
    # The tool keeps what is its own; what was taken is in its history, and is not shown twice.
    tool.refresh_from_db()
    assert not FACTS & tool.values.keys() and tool.values["licence_ends"] == "2027-09-13"
    assert EntryRevision.objects.get(entry=tool, revision=1).values.keys() >= FACTS
    assert reverse("backup-take", args=[territory.slug, tool.pk]) not in page(client, territory, secretary)
    # A second click takes nothing twice.
    assert client.post(address, {"medium": "usb", "place": "off-site"}).status_code == 404
    assert BackupCopy.objects.of(territory).count() == 1
    # From the tool, one goes to the board.
    entry = client.get(
        reverse("register-entry", args=[territory.slug, "security_tools", tool.pk])
    ).content.decode()
    assert reverse("backup-system", args=[territory.slug, line.system.entry.pk]) in entry


def test_a_tool_joins_the_system_of_its_name(
    territory: Territory, secretary: Person, tool: RegisterEntry, client: Client
) -> None:
    system = registers.save_entry(
        territory, secretary, guide(Register, "backed_up_systems"), {"name": "disque du secretariat"}
    )
    client.force_login(secretary)
    client.post(reverse("backup-take", args=[territory.slug, tool.pk]), {"medium": "usb", "place": "same"})
    (line,) = board.lines(territory)
    assert line.system.entry.pk == system.pk and len(line.copies) == 1


def test_a_tool_without_a_fact_whose_copy_is_known_is_not_shown(
    territory: Territory, secretary: Person, client: Client
) -> None:
    registers.save_entry(territory, secretary, tools(), {"name": "NAS", "kind": "backup"})
    assert "NAS" in page(client, territory, secretary)
    registers.save_entry(territory, secretary, guide(Register, "backed_up_systems"), {"name": "NAS"})
    assert "backup-take" not in page(client, territory, secretary)
    assert "/reprendre/" not in page(client, territory, secretary)


def test_who_may_only_read_takes_nothing_over(
    territory: Territory, tool: RegisterEntry, client: Client
) -> None:
    agent = a_person(territory, "agent")
    client.force_login(agent)
    address = reverse("backup-take", args=[territory.slug, tool.pk])
    assert client.post(address, {"medium": "usb", "place": "same"}).status_code in (403, 404)
    assert not BackupCopy.objects.of(territory).exists()
    with pytest.raises(PermissionDenied):
        from beffroi.web.continuity.backups import tool_backups

        tool_backups.take_over(tool, agent, medium="usb", place="same", offline=False)


def test_the_register_of_tools_asks_nothing_that_the_board_asks(
    territory: Territory, secretary: Person, tool: RegisterEntry, client: Client
) -> None:
    assert not FACTS & set(EntryForm(tools()).fields)
    assert not FACTS & {each.key for each in grid_fields(tools())}
    assert not FACTS & {each.key for each in tools().for_outside().fields}
    # What was said stays through a change of something else.
    client.force_login(secretary)
    address = reverse("register-entry", args=[territory.slug, "security_tools", tool.pk])
    posted = {
        "name": "Disque du secrétariat",
        "kind": "backup",
        "vendor": "Marque",
        "tested_by": "Maire",
        "revision": "1",
    }
    assert client.post(address, posted).status_code == 302
    tool.refresh_from_db()
    assert tool.values["vendor"] == "Marque" and tool.values["restored_on"] == "2026-09-13"
    assert tool.values.keys() >= FACTS

"""Machines at the door: what a key lets in, in whose territory, and what is written of it."""

import base64
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.cyber import overview
from beffroi.web.cyber.inventory import keys, machine_views, register_entries, services
from beffroi.web.cyber.models import MachineKey, ReportedDevice, UnreadReport
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.api.authentication import RateLimit
from beffroi.web.platform.models import AccessEvent, Person, Territory
from places import a_person, a_territory, elsewhere

from .test_inventory_messages import WINDOWS, names_nobody, packed

pytestmark = pytest.mark.django_db
FUSION = (Path(__file__).parent / "files/fusioninventory-2.6-debian.xml").read_bytes()
PROLOG = b"<REQUEST><DEVICEID>%s</DEVICEID><QUERY>PROLOG</QUERY><TOKEN>12345678</TOKEN></REQUEST>"
Use = MachineKey.Use


@pytest.fixture
def administrator(territory: Territory) -> Person:
    return a_person(territory, "administrator")


@pytest.fixture
def key(territory: Territory, administrator: Person) -> str:
    return keys.create(territory, Use.INVENTORY, by=administrator).secret


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"beffroi:{secret}".encode()).decode()}


def push(secret: str, body: bytes, **headers: str) -> Any:
    return Client().generic("POST", "/machines/inventaire", body, headers=basic(secret) | headers)


def sign(secret: str, **data: str) -> Any:
    return Client().post("/machines/signe", data, headers=basic(secret))


def devices(territory: Territory) -> list[ReportedDevice]:
    return list(ReportedDevice.objects.of(territory))


def test_the_exchange_of_a_fusioninventory_agent(territory: Territory, key: str) -> None:
    challenge = Client().generic("POST", "/machines/inventaire", b"")
    assert (challenge.status_code, challenge["WWW-Authenticate"]) == (401, 'Basic realm="Beffroi"')
    prolog = push(key, zlib.compress(PROLOG % b"poste-accueil-2026-11-29-18-05-22"))
    assert prolog.status_code == 200 and "<RESPONSE>SEND</RESPONSE>" in prolog.text
    assert devices(territory) == []
    answer = push(key, zlib.compress(FUSION))
    assert answer.status_code == 200 and "<REPLY></REPLY>" in answer.text
    (device,) = devices(territory)
    assert (device.name, device.kind, device.channel) == ("poste-accueil", "server", "inventory")
    assert device.last_seen == timezone.localdate() and device.known.system.startswith("Debian")


def test_the_exchange_of_a_glpi_agent(territory: Territory, key: str) -> None:
    # It asks in XML at first, with its identifier, whether JSON is understood.
    question = push(key, zlib.compress(PROLOG % b"x"), **{"GLPI-Agent-ID": "0f21"})
    contact = push(key, zlib.compress(packed({"action": "contact", "deviceid": WINDOWS["deviceid"]}))).json()
    assert question.json() == contact and (contact["status"], contact["expiration"]) == ("ok", 24)
    assert "user" in contact["tasks"]["inventory"]["no-category"].split(",")
    assert push(key, zlib.compress(packed(WINDOWS))).json() == {"status": "ok"}
    (device,) = devices(territory)
    assert (device.name, device.kind) == ("ETAT-CIVIL", "workstation")
    assert [one["name"] for one in device.software] == ["LibreOffice 24.2", "KB5034441"]


@pytest.mark.requirement("R13")
def test_no_row_of_any_table_has_a_name_nor_an_address_that_an_agent_sent(
    territory: Territory, key: str
) -> None:
    for body in (FUSION, packed(WINDOWS), FUSION[:2_000], packed(WINDOWS)[:900]):
        push(key, body)
    assert UnreadReport.objects.of(territory).count() == 2
    rows = []
    for model in apps.get_models():
        scoped = scope.host() if getattr(model, "host_reads", False) else scope.inside(territory)
        with scope.nowhere(), scoped:
            rows += list(model._base_manager.values())
    assert any("ETAT-CIVIL" in str(row) for row in rows)
    assert names_nobody(rows) and "192.0.2." not in str(rows) and "4c4c4544" not in str(rows).lower()


def test_a_report_takes_the_place_of_the_one_before_and_writes_one_line_in_all(
    territory: Territory, key: str
) -> None:
    before = ledger.lines_of(territory).count()
    push(key, packed(WINDOWS))
    newer = {
        "full_name": "Microsoft Windows 11 Professionnel",
        "kernel_version": "10.0.26200",
        "version": "25H2",
    }
    content = WINDOWS["content"] | {"operatingsystem": newer}
    push(key, packed(WINDOWS | {"content": content, "deviceid": "reinstalled"}))
    (device,) = devices(territory)
    assert device.known.system_version == "25H2"
    lines = list(ledger.lines_of(territory).order_by("seq"))[before:]
    assert [line.act for line in lines] == ["device.report"]


def test_a_partial_report_changes_what_it_says_only(territory: Territory, key: str) -> None:
    push(key, packed(WINDOWS))
    part = {"hardware": WINDOWS["content"]["hardware"], "bios": WINDOWS["content"]["bios"],
            "antivirus": [{"name": "ESET Security", "enabled": True, "uptodate": True}]}  # fmt: skip
    push(key, packed(WINDOWS | {"partial": True, "content": part}))
    (device,) = devices(territory)
    assert device.known.antivirus_up_to_date is True and device.known.system.startswith("Microsoft")
    assert len(device.software) == 2


def test_the_hour_of_a_workstation_is_not_written(territory: Territory, key: str) -> None:
    push(key, packed(WINDOWS))
    push(key, FUSION)
    hours = {d.kind: timezone.localtime(d.last_contact).time().isoformat() for d in devices(territory)}
    assert hours["workstation"] == "00:00:00" and hours["server"] != "00:00:00"


@pytest.mark.parametrize("secret", ["", "bfm_unknown", "bft_" + "x" * 43, "é\x00"])
def test_a_wrong_key_opens_nothing_and_is_written_in_the_journal(territory: Territory, secret: str) -> None:
    assert push(secret, FUSION).status_code == sign(secret).status_code == 401
    assert devices(territory) == []
    with scope.nowhere(), scope.host():  # of no territory: only the host reads it
        assert AccessEvent.objects.filter(kind=AccessEvent.Kind.TOKEN).count() == 2


def test_another_scheme_than_basic_opens_nothing(key: str) -> None:
    for header in (f"Bearer {key}", f"Basic {key}", "Basic", "Basic %%%"):
        answer = Client().generic("POST", "/machines/inventaire", FUSION, headers={"Authorization": header})
        assert answer.status_code == 401


def test_a_key_serves_for_its_use_only(territory: Territory, administrator: Person, key: str) -> None:
    heartbeat = services.declare(territory, name="srv1", kind="server", by=administrator).secret
    assert push(heartbeat, FUSION).status_code == sign(key).status_code == 401
    assert sign(heartbeat).status_code == 200
    assert Client().get("/machines/signe", headers=basic(heartbeat)).status_code == 200


def test_a_revoked_key_opens_nothing_more(territory: Territory, administrator: Person) -> None:
    issued = keys.create(territory, Use.INVENTORY, by=administrator)
    keys.revoke(issued.key, by=administrator)
    keys.revoke(issued.key, by=administrator)
    assert push(issued.secret, FUSION).status_code == 401
    acts = [line.act for line in ledger.lines_of(territory).order_by("seq")]
    assert acts.count("machine_key.revoke") == 1


def test_a_machine_of_a_territory_does_not_write_in_another(territory: Territory, key: str) -> None:
    other = a_territory("Saint-Mure", code="99T02")
    with elsewhere(other):
        theirs = keys.create(other, Use.INVENTORY, by=a_person(other, "administrator", email="a@example.org"))
    push(key, packed(WINDOWS))
    push(theirs.secret, packed(WINDOWS))
    push(theirs.secret, FUSION)
    (device,) = devices(territory)
    with elsewhere(other):
        found = devices(other)
    assert [one.name for one in found] == ["ETAT-CIVIL", "poste-accueil"]
    assert device.key not in {one.key for one in found}


def test_a_collector_of_a_territory_does_not_speak_for_the_machines_of_another(
    territory: Territory,
    administrator: Person,
) -> None:
    services.declare(territory, name="srv1.mairie.example", kind="server", by=administrator)
    other = a_territory("Saint-Mure", code="99T02")
    with elsewhere(other):
        theirs = keys.create(other, Use.COLLECTOR, by=a_person(other, "administrator", email="a@example.org"))
    assert sign(theirs.secret, machine="srv1").status_code == 404
    ours = keys.create(territory, Use.COLLECTOR, by=administrator).secret
    assert sign(ours, machine="srv2").status_code == 404 and devices(territory)[0].last_seen is None
    assert sign(ours, machine="SRV1").status_code == 200
    assert (devices(territory)[0].channel, devices(territory)[0].last_seen) == (
        "syslog",
        timezone.localdate(),
    )


def test_a_suspended_territory_and_a_closed_room_receive_nothing(territory: Territory, key: str) -> None:
    for field, value in (("closed", {"room:cyber": "host"}), ("suspended_at", timezone.now())):
        Territory.objects.filter(pk=territory.pk).update(closed={})
        Territory.objects.filter(pk=territory.pk).update(**{field: value})
        assert push(key, FUSION).status_code == 403
    assert devices(territory) == []


def test_too_many_requests_are_told_to_wait(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_views, "rate_limit", RateLimit(max_requests=1))
    assert push(key, PROLOG % b"x").status_code == 200
    answer = push(key, PROLOG % b"x")
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0


def test_what_cannot_be_read_is_counted_and_not_written(territory: Territory, key: str) -> None:
    for _ in range(3):
        assert push(key, b"<REQUEST").status_code == 400
    nameless = WINDOWS | {"content": {"bios": {"ssn": "1"}}}
    assert "de quelle machine" in push(key, packed(nameless)).text
    assert push(key, b"\0" * (machine_views.MAX_COMPRESSED + 1)).status_code == 400
    counts = {row.reason: row.count for row in UnreadReport.objects.of(territory)}
    assert counts["Ce XML est mal formé."] == 3 and len(counts) == 3


def test_a_server_that_was_declared_and_whose_agent_speaks_is_one_machine(
    territory: Territory,
    administrator: Person,
    key: str,
) -> None:
    services.declare(territory, name="Poste-Accueil", kind="server", by=administrator)
    push(key, FUSION)
    (device,) = devices(territory)
    assert device.known.system and device.channel == "https"  # the more frequent of its signs is expected


def test_who_may_only_read_makes_no_key(territory: Territory, administrator: Person) -> None:
    reader = a_person(territory, "dpo")
    with pytest.raises(PermissionDenied):
        keys.create(territory, Use.INVENTORY, by=reader)
    with pytest.raises(PermissionDenied):
        services.declare(territory, name="srv", kind="server", by=reader)


def entries(territory: Territory) -> list[RegisterEntry]:
    return registers.entries_of(territory, guide(Register, "devices"))


def test_a_machine_completes_the_entry_that_somebody_typed_and_writes_one_revision(
    territory: Territory, administrator: Person, key: str
) -> None:
    devices_register = guide(Register, "devices")
    typed = {"name": "Poste de Julie", "serial": "7QX1234", "kind": "desktop", "place": "accueil"}
    registers.save_entry(territory, administrator, devices_register, typed)
    registers.save_entry(territory, administrator, devices_register, {"name": "NAS", "kind": "server"})
    for _ in range(3):
        push(key, packed(WINDOWS))
    (device,) = devices(territory)
    other, entry = entries(territory)
    assert (device.entry, entry.revision) == (entry, 2)
    assert entry.values["name"] == "Poste de Julie" and entry.values["kind"] == "desktop"
    assert entry.values["support_ends"] == "2025-11-11" and "last_seen" not in entry.values
    assert list(register_entries.unfollowed(territory)) == [other]
    page = Client()
    page.force_login(administrator)
    shown = page.get(f"/t/{territory.slug}/securite/postes/").text
    assert "1 poste ou serveur du registre ne dit encore rien" in shown
    assert [due.title for due in overview.due_this_month(territory)] == ["Un appareil n'est plus suivi"]


def test_two_machines_of_one_name_have_an_entry_each(
    territory: Territory, administrator: Person, key: str
) -> None:
    copy = WINDOWS["content"] | {
        "bios": {"ssn": "7QX9999"},
        "hardware": {"name": "etat civil", "uuid": "4C4C4544-0000-1051-8058-B4C04F4E9999"},
    }
    for _ in range(2):
        push(key, packed(WINDOWS))
        push(key, packed(WINDOWS | {"content": copy, "deviceid": "copy"}))
    assert [entry.values["name"] for entry in entries(territory)] == ["ETAT-CIVIL", "etat civil (7QX9999)"]
    first, second = devices(territory)
    assert first.entry != second.entry
    # Somebody takes the first out, and writes another line of its name: it is the machine's from then on.
    register = guide(Register, "devices")
    registers.remove_entry(first.entry, administrator, register)
    typed = registers.save_entry(territory, administrator, register, {"name": "État-civil"})
    push(key, packed(WINDOWS))
    assert ReportedDevice.objects.of(territory).get(pk=first.pk).entry == typed
    assert len(entries(territory)) == 2


def test_an_erased_machine_leaves_the_register_unless_somebody_wrote_of_it(
    territory: Territory, administrator: Person, key: str
) -> None:
    push(key, packed(WINDOWS))
    services.remove(devices(territory)[0], by=administrator)
    assert entries(territory) == []
    push(key, packed(WINDOWS))
    (entry,) = entries(territory)
    registers.confirm_entry(entry, administrator, guide(Register, "devices"))
    registers.save_entry(
        territory, administrator, guide(Register, "devices"), entry.values | {"place": "accueil"}, entry=entry
    )
    services.remove(devices(territory)[0], by=administrator)
    assert entries(territory) == [entry]


def test_a_machine_is_never_tied_to_an_entry_of_another_territory(territory: Territory, key: str) -> None:
    push(key, packed(WINDOWS))
    (entry,) = entries(territory)
    other = a_territory("Montclair", code="99T02")
    with elsewhere(other):
        foreign = ReportedDevice(territory=other, key="x", name="x", kind="server", entry_id=entry.pk)
        with pytest.raises(DatabaseError), transaction.atomic():
            foreign.save()

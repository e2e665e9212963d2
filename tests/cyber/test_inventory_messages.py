"""Messages of inventory agents: recorded ones and hostile ones; what is of people is never taken out of them."""

import gzip
import json
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from beffroi.web.cyber.inventory import device_facts
from beffroi.web.cyber.inventory.messages import (
    FIELDS,
    MAX_COMPRESSED,
    MAX_EXPANDED,
    MAX_TEXT,
    Message,
    UnreadableMessage,
    read,
)
from beffroi.web.cyber.inventory.reading import read_message
from beffroi.web.cyber.inventory.support_dates import _table, support_end

FILES = Path(__file__).parent / "files"
RECORDED = sorted(FILES.glob("*-debian.*"))
PERSON = ("vauquelin", "capucine")

# What a GLPI agent says of a Windows computer, field by field of its own list (`Inventory.pm`), invented.
WINDOWS: dict[str, Any] = {
    "action": "inventory",
    "deviceid": "ETAT-CIVIL-2026-11-02-08-12-33",
    "itemtype": "Computer",
    "content": {
        "hardware": {
            "name": "ETAT-CIVIL",
            "uuid": "4C4C4544-0031-3510-8052-B4C04F4D3232",
            "chassis_type": "Laptop",
            "memory": 16_106,
            "lastloggeduser": "cvauquelin",
            "winowner": "Capucine Vauquelin",
            "wincompany": "Capucine Vauquelin",
            "description": "portable de Capucine Vauquelin",
            "vmsystem": "Physical",
        },
        "bios": {"smanufacturer": "Dell Inc.", "smodel": "Latitude 5540", "ssn": "7QX1234", "assettag": "vauquelin"},
        "operatingsystem": {
            "name": "Windows",
            "full_name": "Microsoft Windows 11 Professionnel",
            "version": "23H2",
            "kernel_version": "10.0.22631",
            "install_date": "2024-03-05 10:12:00",
            "boot_time": "2026-11-29 08:02:11",
        },
        "drives": [
            {"letter": "C:", "type": "Local Disk", "filesystem": "NTFS", "total": 488_000, "encrypt_status": "Yes",
             "systemdrive": True, "label": "Disque de Capucine Vauquelin"},
            {"letter": "H:", "type": "Network Drive", "filesystem": "NTFS", "total": 2_000_000, "volumn": "\\\\nas\\vauquelin"},
        ],
        "antivirus": [
            {"name": "Windows Defender", "enabled": False, "uptodate": True},
            {"name": "ESET Security", "version": "17.0", "enabled": True, "uptodate": False},
        ],
        "softwares": [
            {"name": "LibreOffice 24.2", "version": "24.2.5", "publisher": "The Document Foundation",
             "folder": "C:\\Users\\cvauquelin\\AppData", "username": "cvauquelin", "guid": "{1}"},
            {"name": "Zoom de Capucine Vauquelin", "version": "6"},
            {"name": "KB5034441", "installdate": "2026-10-14", "publisher": "Microsoft"},
        ],
        "users": [{"login": "cvauquelin", "domain": "MAIRIE"}],
        "local_users": [{"login": "cvauquelin", "name": "Capucine Vauquelin", "id": "S-1-5-21-1"}],
        "processes": [{"cmd": "outlook.exe", "user": "cvauquelin", "pid": 4}],
        "envs": [{"key": "USERPROFILE", "val": "C:\\Users\\cvauquelin"}],
        "networks": [{"description": "Wi-Fi", "wifi_ssid": "Chez Capucine Vauquelin", "ipaddress": "192.0.2.5"}],
        "printers": [{"name": "Imprimante de Capucine Vauquelin"}],
        "accesslog": {"userid": "cvauquelin", "logdate": "2026-11-29 08:03:00"},
    },
}  # fmt: skip


def packed(content: Any) -> bytes:
    return json.dumps(content).encode()


def windows(**content: Any) -> Message:
    return read(packed(WINDOWS | {"content": WINDOWS["content"] | content}))


def names_nobody(what: object) -> bool:
    return not any(name in repr(what).casefold() for name in PERSON)


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
@pytest.mark.parametrize("pack", [bytes, zlib.compress, gzip.compress], ids=["plain", "zlib", "gzip"])
def test_what_an_agent_sent_is_read_without_a_name(file: Path, pack: Any) -> None:
    sent = file.read_bytes()
    assert not names_nobody(sent.decode())
    message = read(pack(sent))
    assert (message.kind, device_facts.machine_name(message)[:6]) == ("inventory", "poste-")
    known = device_facts.facts(message)
    assert known.system == "Debian GNU/Linux 13 (trixie)" and known.memory_gb == 24
    assert {program["name"] for program in device_facts.software(message)} >= {"adduser"}
    assert names_nobody(message) and names_nobody(known)
    assert "192.0.2." not in repr(message) and "02:00:00" not in repr(message)


def test_a_message_has_nothing_beside_the_allow_list() -> None:
    message = windows()
    assert message.sections.keys() <= FIELDS.keys()
    assert all(entry.keys() <= FIELDS[name] for name, found in message.sections.items() for entry in found)
    assert names_nobody(message)


def test_a_computer_of_windows_gives_its_facts() -> None:
    message = windows()
    known = device_facts.facts(message)
    assert device_facts.identity(message) == "4c4c4544-0031-3510-8052-b4c04f4d3232/7qx1234"
    assert (known.system, known.build, known.installed_on) == (
        "Microsoft Windows 11 Professionnel", "10.0.22631", "2024-03-05",
    )  # fmt: skip
    assert known.support is not None and known.support.end == date(2025, 11, 11)
    assert (known.antivirus, known.antivirus_enabled, known.antivirus_up_to_date) == (
        "ESET Security",
        True,
        False,
    )
    assert [(disk.name, disk.encrypted) for disk in known.disks] == [("C:", True)]
    assert known.updated_on == "2026-10-14"
    assert [program["name"] for program in device_facts.software(message)] == [
        "LibreOffice 24.2",
        "KB5034441",
    ]
    assert device_facts.Facts.from_dict(json.loads(json.dumps(known.to_dict()))) == known
    assert device_facts.device_entry("ETAT-CIVIL", "workstation", known) == {
        "name": "ETAT-CIVIL",
        "kind": "laptop",
        "serial": "7QX1234",
        "system": "Microsoft Windows 11 Professionnel",
        "version": "23H2",
        "model": "Dell Inc. Latitude 5540",
        "support_ends": "2025-11-11",
        "encrypted": "yes",
        "antivirus": "yes",
    }


def test_numbers_that_makers_leave_blank_recognise_nothing() -> None:
    blank = windows(
        hardware={"name": "PC1", "uuid": "00000000-0000-0000-0000-000000000000"},
        bios={"ssn": "To be filled by O.E.M."},
    )
    assert (
        device_facts.identity(blank) == "ETAT-CIVIL-2026-11-02-08-12-33"
        and device_facts.facts(blank).serial == ""
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"operatingsystem": {"full_name": "Microsoft Windows Server 2019 Standard"}}, "server"),
        ({"bios": {"type": "Rack Mount Chassis"}}, "server"),
        (
            {"hardware": {"name": "x", "vmsystem": "KVM"}, "operatingsystem": {"kernel_name": "linux"}},
            "server",
        ),
        ({"hardware": {"name": "x", "vmsystem": "Hyper-V"}}, "workstation"),
        ({}, "workstation"),
    ],
)
def test_a_server_is_told_from_a_workstation(content: dict[str, Any], kind: str) -> None:
    assert device_facts.kind(windows(**content)) == kind


def test_the_mount_point_of_a_volume_is_not_taken() -> None:
    drives = [
        {"type": "/", "filesystem": "ext4", "total": 102_400, "encrypt_status": "Yes"},
        {"type": "/media/cvauquelin/photos", "filesystem": "ext4", "total": 10_240},
        {"type": "/mnt/nas", "filesystem": "nfs4", "total": 10_240},
    ]
    disks = device_facts.facts(windows(drives=drives)).disks
    assert [(disk.name, disk.size_gb, disk.encrypted) for disk in disks] == [
        ("/", 100, True),
        ("autre", 10, None),
    ]


def test_accounts_of_the_system_hide_no_program() -> None:
    accounts = [{"login": "mail", "name": "mail", "id": "8"}, {"login": "cvauquelin", "id": "1000"}]
    softwares = [{"name": "mail"}, {"name": "notes-cvauquelin"}]
    assert device_facts.software(windows(softwares=softwares, local_users=accounts, users=[])) == [
        {"name": "mail", "version": "", "publisher": ""}
    ]


XML = b"<?xml version='1.0' encoding='UTF-8'?><REQUEST><DEVICEID>a</DEVICEID><QUERY>INVENTORY</QUERY>%s</REQUEST>"
LAUGHS = b"<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]><REQUEST>&b;</REQUEST>"
OUTSIDE = b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><REQUEST><DEVICEID>&x;</DEVICEID></REQUEST>"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "ni du XML ni du JSON"),
        (b"PK\x03\x04 a zip", "ni du XML ni du JSON"),
        (LAUGHS, "déclare des entités"),
        (OUTSIDE, "déclare des entités"),
        (b"<!DOCTYPE REQUEST><REQUEST/>", "déclare des entités"),
        (XML % b"<CONTENT><HARDWARE><NAME>x</NAM", "XML est mal formé"),
        (XML.replace(b"UTF-8", b"latin-42") % b"", "mal formé"),
        (b"<REQUEST><QUERY>SNMP</QUERY></REQUEST>", "n'est pas un inventaire"),
        (b"<html><body/></html>", "n'est pas un inventaire"),
        (b"{", "JSON est mal formé"),
        (b'{"a":' * 100_000, "JSON est mal formé"),
        (packed({"action": "netdiscovery"}), "n'est pas un inventaire"),
        (packed({"action": "inventory", "content": []}), "n'est pas un inventaire"),
        (packed({"action": "inventory", "itemtype": "Phone", "content": {}}), "pas celui d'un ordinateur"),
        (zlib.compress(b"<REQUEST/>" * 100)[:20], "coupé avant sa fin"),
        (b"\x1f\x8bnot gzip at all", "compression de ce message est abîmée"),
    ],
)
def test_what_cannot_be_read_says_why_in_french(body: bytes, why: str) -> None:
    with pytest.raises(UnreadableMessage, match=why):
        read(body)


def test_long_and_invisible_texts_are_cut() -> None:
    name = "PC\u202e\x00" + "x" * 5_000
    message = windows(hardware={"name": name, "uuid": "4C4C4544"})
    assert device_facts.machine_name(message) == ("PC" + "x" * 5_000)[:MAX_TEXT]


def test_sections_are_bounded() -> None:
    message = read(XML % (b"<CONTENT>" + b"<SOFTWARES><NAME>n</NAME></SOFTWARES>" * 4_000 + b"</CONTENT>"))
    assert len(message.sections["SOFTWARES"]) == 3_000


@pytest.mark.parametrize("body", ["[]", '"x"', "null", "{}", '{"action": {}, "content": {"hardware": [[]]}}'])
def test_json_of_another_shape_is_refused(body: str) -> None:
    with pytest.raises(UnreadableMessage):
        read(body.encode())


# The child process is what bounds memory and time: these start it.


def test_a_message_is_read_in_a_child_process() -> None:
    message = read_message(zlib.compress(packed(WINDOWS)))
    assert message == windows()


def test_a_bomb_is_refused_within_the_limits_of_the_child() -> None:
    bomb = zlib.compress(b"\0" * (MAX_EXPANDED + 1), 1)
    assert len(bomb) < MAX_COMPRESSED
    with pytest.raises(UnreadableMessage, match="dépasse 50 Mo"):
        read_message(bomb)
    with pytest.raises(UnreadableMessage, match=r"mémoire démesurée|interrompu"):
        read_message(zlib.compress(b'{"a":[' + b"{}," * 12_000_000 + b"0]}", 1))


def test_what_a_compromised_child_says_is_held_to_the_allow_list() -> None:
    answer = {
        "kind": "inventory",
        "syntax": "xml",
        "sections": {"USERS": [{"LOGIN": "x"}], "BIOS": [{"SSN": "1", "ASSETTAG": "x"}]},
    }
    assert Message.from_dict(answer).sections == {"BIOS": [{"SSN": "1"}]}
    with pytest.raises(ValueError, match="kind"):
        Message.from_dict(answer | {"kind": "shell"})


@pytest.mark.parametrize(
    ("system", "version", "build", "end"),
    [
        ("Microsoft Windows 10 Professionnel", "22H2", "10.0.19045", date(2025, 10, 14)),
        ("Microsoft Windows 10 Entreprise LTSC", "1809", "10.0.17763", date(2029, 1, 9)),
        ("Microsoft Windows 11 Éducation", "23H2", "10.0.22631", date(2026, 11, 10)),
        ("Microsoft Windows 7 Professionnel", "", "6.1.7601", date(2020, 1, 14)),
        ("Microsoft Windows 8.1", "", "6.3.9600", date(2023, 1, 10)),
        ("Microsoft Windows Server 2012 R2 Standard", "", "6.3.9600", date(2023, 10, 10)),
        ("Microsoft Windows Server 2022 Datacenter", "", "10.0.20348", date(2031, 10, 14)),
        ("Debian GNU/Linux 12 (bookworm)", "12.4", "6.1.0", date(2028, 6, 30)),
        ("Ubuntu 22.04.5 LTS", "22.04", "5.15", date(2027, 6, 1)),
        ("Microsoft Windows 11 Professionnel", "30H2", "10.0.99999", None),
        ("Microsoft Windows 10 Entreprise LTSC", "22H2", "10.0.19045", None),
        ("Debian GNU/Linux trixie/sid", "trixie/sid", "", None),
        ("macOS 15.1 (Sequoia)", "15.1", "", None),
        ("", "", "", None),
    ],
)
def test_the_end_of_support_is_that_of_the_maker_or_not_known(
    system: str, version: str, build: str, end: date | None
) -> None:
    found = support_end(system, version, build)
    assert (found.end if found else None) == end


def test_every_end_of_support_has_its_source() -> None:
    assert len(_table()) > 60
    for found in _table().values():
        assert found.source.startswith(("https://learn.microsoft.com/", "https://wiki.debian.org/",
                                        "https://ubuntu.com/", "https://techcommunity.microsoft.com/"))  # fmt: skip
        assert found.read_on <= date(2026, 11, 29)

"""Facts about a machine, taken from its inventory: the only words of an agent that are stored.

In: a `Message` with its allow-listed fields. Out: `Facts` for the list of machines, the identity that recognises the machine the next
time, and the entry of the register of devices. Pure functions.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final, Literal, Self

from .messages import Message
from .support_dates import SupportEnd, support_end

YES_NO: Final = {True: "yes", False: "no"}
type Kind = Literal["workstation", "server"]

_NOT_A_NUMBER: Final = re.compile(
    r"to be filled|default string|system serial|serial number|not (specified|applicable|available)|none|unknown|invalid"
    r"|^[0fx.\- ]*$|^123456789|^n/?a$|03000200-0400-0500-0006-000700080009",
    re.IGNORECASE,
)
"""What makers write in place of a serial number or of a UUID: many machines have the same."""
_LAPTOP: Final = re.compile(r"laptop|notebook|portable|convertible|detachable|tablet", re.IGNORECASE)
_SERVER: Final = re.compile(r"rack mount|blade|main server|server chassis", re.IGNORECASE)
_NETWORK_DRIVE: Final = re.compile(r"network|nfs|cifs|smb|removable|cd-rom|compact disc", re.IGNORECASE)


@dataclass(frozen=True)
class Disk:
    """A local volume: its letter, « / », or « autre »: a mount point may bear a name. `encrypted`: None when the agent did not say."""

    name: str
    size_gb: int
    encrypted: bool | None


@dataclass(frozen=True)
class Facts:
    """What is known of a machine; a text is empty, and a day or a truth None, when its agent did not say."""

    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    laptop: bool = False
    system: str = ""
    system_version: str = ""
    build: str = ""
    installed_on: str = ""
    updated_on: str = ""
    memory_gb: int | None = None
    disks: tuple[Disk, ...] = ()
    antivirus: str = ""
    antivirus_version: str = ""
    antivirus_enabled: bool | None = None
    antivirus_up_to_date: bool | None = None

    @property
    def support(self) -> SupportEnd | None:
        return support_end(self.system, self.system_version, self.build)

    @property
    def encrypted(self) -> bool | None:
        """Whether the disk of the system is encrypted."""
        return next((disk.encrypted for disk in self.disks if disk.name in ("C:", "/")), None)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Facts as stored; those that an older version stored and that are no more are left."""
        known = {each.name: values[each.name] for each in fields(cls) if each.name in values}
        return cls(**{**known, "disks": tuple(Disk(**disk) for disk in known.get("disks", ()))})


def machine_name(message: Message) -> str:
    return message.first("HARDWARE").get("NAME", "")


def identity(message: Message) -> str:
    """What recognises the machine from one report to the next: its UUID and serial number, or the name that its agent gave itself."""
    numbers = _number(message.first("HARDWARE").get("UUID", "")), _serial(message)
    return "/".join(numbers).lower() if any(numbers) else message.device


def kind(message: Message) -> Kind:
    """A server, by its system or its chassis; a Linux that is virtual is one too. A person may say otherwise."""
    hardware, system = message.first("HARDWARE"), _system(message)
    chassis = f"{hardware.get('CHASSIS_TYPE', '')} {message.first('BIOS').get('TYPE', '')}"
    is_virtual = hardware.get("VMSYSTEM", "Physical").casefold() not in ("", "physical")
    is_linux = message.first("OPERATINGSYSTEM").get("KERNEL_NAME", "").casefold() == "linux"
    return (
        "server"
        if "Server" in system or _SERVER.search(chassis) or (is_virtual and is_linux)
        else "workstation"
    )


def facts(message: Message) -> Facts:
    system, bios, hardware = (message.first(name) for name in ("OPERATINGSYSTEM", "BIOS", "HARDWARE"))
    antivirus = _antivirus(message.sections.get("ANTIVIRUS", []))
    return Facts(
        manufacturer=bios.get("SMANUFACTURER", ""),
        model=bios.get("SMODEL", ""),
        serial=_serial(message),
        laptop=bool(_LAPTOP.search(f"{hardware.get('CHASSIS_TYPE', '')} {bios.get('TYPE', '')}")),
        system=_system(message),
        system_version=system.get("VERSION", ""),
        build=system.get("KERNEL_VERSION", "") or hardware.get("OSVERSION", ""),
        installed_on=_day(system.get("INSTALL_DATE", "")),
        updated_on=_last_update(message.sections.get("SOFTWARES", [])),
        memory_gb=round(int(memory) / 1024) if (memory := hardware.get("MEMORY", "")).isdecimal() else None,
        disks=tuple(_disks(message.sections.get("DRIVES", []))),
        antivirus=antivirus.get("NAME", ""),
        antivirus_version=antivirus.get("VERSION", ""),
        antivirus_enabled=_truth(antivirus.get("ENABLED", "")),
        antivirus_up_to_date=_truth(antivirus.get("UPTODATE", "")),
    )


def software(message: Message) -> list[dict[str, str]]:
    """Name, version and publisher of each program; its folder, the account that installed it and its keys are left."""
    return [
        {"name": one["NAME"], "version": one.get("VERSION", ""), "publisher": one.get("PUBLISHER", "")}
        for one in message.sections.get("SOFTWARES", [])
        if one.get("NAME")
    ]


def _system(message: Message) -> str:
    system = message.first("OPERATINGSYSTEM")
    return system.get("FULL_NAME") or system.get("NAME") or message.first("HARDWARE").get("OSNAME", "")


def _number(text: str) -> str:
    return "" if _NOT_A_NUMBER.search(text) else text


def _serial(message: Message) -> str:
    return _number(message.first("BIOS").get("SSN", ""))


def _day(text: str) -> str:
    """The day of a moment, in ISO; empty for the zero of the computers' clock."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        french = re.match(r"(\d\d)/(\d\d)/(\d{4})", text)
        try:
            day = date(int(french[3]), int(french[2]), int(french[1])) if french else date(1970, 1, 1)
        except ValueError:
            return ""
    return day.isoformat() if day.year > 1990 else ""


def _last_update(programs: Iterable[Mapping[str, str]]) -> str:
    """The day of the last update of Windows that was installed."""
    days = (_day(p.get("INSTALLDATE", "")) for p in programs if re.search(r"\bKB\d{6,}", p.get("NAME", "")))
    return max(days, default="")


def _truth(text: str) -> bool | None:
    return {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}.get(
        text.casefold()
    )


def _antivirus(found: Iterable[Mapping[str, str]]) -> Mapping[str, str]:
    """The one that works: Windows also names its own when another has taken its place."""
    return max(
        found, key=lambda one: (_truth(one.get("ENABLED", "")) is True, one.get("UPTODATE", "")), default={}
    )


def _disks(drives: Iterable[Mapping[str, str]]) -> Iterable[Disk]:
    for drive in drives:
        place = drive.get("TYPE", "")
        if (
            _NETWORK_DRIVE.search(f"{place} {drive.get('FILESYSTEM', '')}")
            or not drive.get("TOTAL", "").isdecimal()
        ):
            continue
        letter = drive.get("LETTER", "").upper()
        name = letter if re.fullmatch(r"[A-Z]:", letter) else "/" if place == "/" else "autre"
        yield Disk(name, round(int(drive["TOTAL"]) / 1024), _truth(drive.get("ENCRYPT_STATUS", "")))


def device_entry(name: str, kind: str, known: Facts) -> dict[str, Any]:
    """Answers for an entry of the register `devices` (`guides/content/cyber`); a field of which the agent said nothing is not there.

    Never the day of a contact: the revisions of a register would make it a history of who was there.
    """
    support, active = known.support, known.antivirus_enabled
    values: dict[str, Any] = {
        "name": name,
        "kind": "server" if kind == "server" else "laptop" if known.laptop else "desktop",
        "serial": known.serial,
        "system": known.system,
        "version": known.system_version or known.build,
        "model": " ".join(filter(None, (known.manufacturer, known.model))),
        "support_ends": support.end.isoformat() if support else "",
        "encrypted": YES_NO.get(known.encrypted),
        "antivirus": YES_NO.get(active if known.antivirus else None),
    }
    return {key: value for key, value in values.items() if value}

"""End of support of an operating system, from its name and version: dated content with its sources (`support_dates.toml`)."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

_SERVER = re.compile(r"Windows Server (\d{4}(?: R2)?)")
_CLIENT = re.compile(r"Windows (XP|7|8\.1|8|10|11)\b")


@dataclass(frozen=True)
class SupportEnd:
    """The last day of free security updates, the page that says so, and the day on which that was read."""

    end: date
    source: str
    read_on: date


@cache
def _table() -> dict[tuple[str, str], SupportEnd]:
    """By name and version (the build and edition of Windows 10 and 11, the version of Debian and Ubuntu, else nothing)."""
    content = tomllib.loads((files(__package__) / "support_dates.toml").read_text("utf-8"))
    found = {}
    for row in content["systems"]:
        version = (
            f"{row['build']} {row.get('edition', '')}".strip() if "build" in row else row.get("version", "")
        )
        found[row["name"], version] = SupportEnd(row["end"], row["source"], content["read_on"])
    return found


def support_end(system: str, version: str = "", build: str = "") -> SupportEnd | None:
    """The end of support of « Microsoft Windows 11 Professionnel » 10.0.22631, or None when it is not known.

    >>> support_end("Debian GNU/Linux 12 (bookworm)", "12.4").end
    datetime.date(2028, 6, 30)
    >>> support_end("macOS 15.1") is None
    True
    """
    table = _table()
    if server := _SERVER.search(system):
        return table.get((f"Windows Server {server[1]}", ""))
    if client := _CLIENT.search(system):
        name = f"Windows {client[1]}"
        if client[1] not in ("10", "11"):
            return table.get((name, ""))
        number = next((part for part in build.split(".") if len(part) >= 5), "")
        edition = _edition(system)
        return table.get((name, f"{number} {edition}".strip())) or (
            table.get((name, number)) if edition != "ltsc" else None
        )
    if "Debian" in system:
        return table.get(("Debian", version.partition(".")[0]))
    if "Ubuntu" in system:
        return table.get(("Ubuntu", ".".join(version.split()[0].split(".")[:2]) if version else ""))
    return None


def _edition(system: str) -> str:
    if re.search(r"\bLTS[CB]\b", system):
        return "ltsc"
    return (
        "enterprise" if re.search(r"entreprise|enterprise|education|éducation", system, re.IGNORECASE) else ""
    )

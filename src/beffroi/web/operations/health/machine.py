"""The machine under the instance: disk, memory, clock, encryption of the disk, versions."""

import ctypes
import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from beffroi import __version__
from beffroi.home import Home
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.storage import disk_space
from beffroi.web.ui.formats import size

from .. import integrity
from .report import State, Verdict

LITTLE_MEMORY: Final = 256 << 20
"""Bytes that can still be had, under which a piece of work may be ended by the kernel."""
DISK_SHARE: Final = 0.1
AHEAD: Final = timedelta(minutes=5)
_MEMINFO = Path("/proc/meminfo")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_SIZE_OF_TIMEX = 256  # bytes: more than the structure has on any Linux


def disk(home: Home) -> Verdict:
    found, usage = Verdict(), shutil.disk_usage(home.path)
    free, reserve = disk_space.free(), settings.RESERVE
    room = f"{size(free)} libres sur {size(usage.total)}."
    advice = "Libérez de la place : de vieilles sauvegardes, d'autres programmes ; ou agrandissez le disque."
    if free < reserve:
        found.add(State.BAD, f"{room} Plus rien n'est enregistré sous {size(reserve)}.", advice)
    elif free < 2 * reserve or free < DISK_SHARE * usage.total:
        found.add(State.WATCH, f"{room} Sous {size(reserve)}, plus rien ne sera enregistré.", advice)
    else:
        found.add(State.GOOD, room)
    return found


def memory(home: Home) -> Verdict:
    found = Verdict()
    numbers = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
    available, total = (1024 * int(numbers[name].split()[0]) for name in ("MemAvailable", "MemTotal"))
    available, total = min(available, _of_group(available)), min(total, _of_group(total))
    message = f"{size(available)} disponibles sur {size(total)}."
    if available < LITTLE_MEMORY:
        found.add(State.WATCH, message, "Arrêtez un autre programme, ou donnez plus de mémoire à la machine.")
    else:
        found.add(State.GOOD, message)
    return found


def _of_group(absent: int) -> int:
    """The limit of the control group of this process (cgroup v2), where it has one."""
    try:
        path = Path("/proc/self/cgroup").read_text().strip().rpartition(":")[2].lstrip("/")
        limit = (Path("/sys/fs/cgroup") / path / "memory.max").read_text().strip()
    except OSError:
        return absent
    return int(limit) if limit.isdigit() else absent


def clock(home: Home) -> Verdict:
    """The machine's time: against the last line of the ledger, the program's own files, and what the kernel says."""
    found, now = Verdict(), datetime.now(UTC)
    advice = "Remettez la machine à l'heure (« timedatectl set-ntp true »), puis redémarrez Beffroi."
    with scope.host():
        last = ledger.lines_of(None).last()
    if last is not None and datetime.fromisoformat(last.at) > now + AHEAD:
        found.add(
            State.BAD,
            f"L'heure de la machine est avant le dernier acte du registre ({last.at[:16]}).",
            advice,
        )
    program = datetime.fromtimestamp(Path(sys.modules["beffroi"].__file__ or __file__).stat().st_mtime, UTC)
    if program > now + AHEAD:
        found.add(State.BAD, "L'heure de la machine est avant l'installation de ce programme.", advice)
    if not found.texts and not _is_synchronised():
        found.add(
            State.WATCH,
            f"Il est {now.astimezone():%H h %M} pour cette machine, que rien ne tient à l'heure.",
            "Activez la mise à l'heure (« timedatectl set-ntp true ») : le registre et les échéances en dépendent.",
        )
    if not found.texts:
        found.add(State.GOOD, f"Il est {now.astimezone():%H h %M}, heure synchronisée.")
    return found


def _is_synchronised() -> bool:
    """What the kernel says (adjtimex(2)); true where it cannot be asked."""
    try:
        return ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_SIZE_OF_TIMEX)) != _TIME_ERROR
    except (OSError, AttributeError):
        return True


def encryption(home: Home) -> Verdict:
    """Whether a layer of the disk under the home is encrypted (dm-crypt); what a host encrypts below cannot be seen."""
    found = Verdict()
    if _is_encrypted(home.path.stat().st_dev):
        found.add(State.GOOD, "Le disque est chiffré (dm-crypt).")
    else:
        found.add(
            State.WATCH,
            "Rien ne montre que le disque est chiffré.",
            "Chiffrez-le (LUKS), ou demandez à votre hébergeur s'il l'est sous la machine : volé, il livre tout.",
        )
    return found


def _is_encrypted(device: int) -> bool:
    waiting = [Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")]
    while waiting:
        block = waiting.pop()
        try:
            if (block / "dm/uuid").read_text().startswith("CRYPT-"):
                return True
        except OSError:
            pass
        below = block / "slaves"
        waiting += list(below.iterdir()) if below.is_dir() else []
        parent = block.resolve().parent
        if (block / "partition").is_file() and (parent / "dm/uuid").is_file():
            waiting.append(parent)
    return False


def versions(home: Home) -> Verdict:
    found = Verdict()
    if not integrity.is_upgraded():
        found.add(
            State.BAD,
            "La base attend une mise à niveau.",
            "Arrêtez le service, lancez « beffroi upgrade », puis redémarrez-le.",
        )
    python = ".".join(map(str, sys.version_info[:3]))
    found.add(State.GOOD, f"Beffroi {__version__}, Python {python}.")
    return found

"""Programs of Debian run on a repository, closed in and bounded (`lake.sandboxed_programs`); why one had to be ended, in French.

In: a command, where it works. Out: how it ended and what it wrote. Raises Unreachable, and Damaged for a repository that gives more
than it announced.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from django.conf import settings

from beffroi.lake.sandboxed_programs import program_runner
from beffroi.lake.sandboxed_programs.program_runner import Bounds, Finished, Stopped, Taken, Workplace
from beffroi.lake.sources.network import Network, format_size
from beffroi.web.platform.restic_output import retried_call

from .addresses import Address
from .damage_messages import KEEP, unanswered
from .readable_repository import Damaged, ReadingError, Sink, Unreachable
from .secrets import CopyAccess

__all__ = ["LONG", "SHORT", "Bounds", "Finished", "Taken", "Workplace", "run", "workplace"]
PACKAGES: Final = {"restic": "restic", "borg": "borgbackup"}
SHORT: Final = Bounds(seconds=120.0, cpu_seconds=60)
LONG: Final = Bounds()
LOOK_SECONDS: Final = 7200.0
"""For all the commands of one look at a copy: a server that drips keeps no worker for longer."""
_REPORTED_INSTEAD: Final = "Faites rapporter cette copie par la machine qui la tient."


def workplace(
    address: Address,
    access: CopyAccess,
    scratch: Path,
    environment: Mapping[str, str],
    network: Network | None,
) -> Workplace:
    """Where the programs of one copy work. `network`: the operator's policy, for a copy that is on a server."""
    both = f"{access.user}:{access.user_secret}" if access.user_secret else ""
    return Workplace(
        scratch,
        (address.folder,) if address.folder else (),
        environment,
        replace(network, max_bytes=LONG.network_bytes) if network is not None and address.host else None,
        address.host,
        address.usual,
        (access.password, access.user_secret, both, access.ssh_key),
        reserve=settings.RESERVE,
        until=time.monotonic() + LOOK_SECONDS,
    )


def run(
    command: Sequence[str],
    place: Workplace,
    bounds: Bounds = SHORT,
    *,
    at: Path | None = None,
    sink: Sink | None = None,
) -> Finished:
    """Run a command to its end. `sink`: takes what it writes piece by piece, in the place of `output`."""
    try:
        return program_runner.run(command, place, bounds, at=at, sink=sink)
    except Stopped as stopped:
        if stopped.reason == "time" and place.host and (again := retried_call(stopped.messages)):
            raise unanswered(*again) from stopped
        raise _explained(stopped, command[0], bounds) from stopped


def _explained(stopped: Stopped, program: str, bounds: Bounds) -> ReadingError:
    if stopped.reason == "folder":
        return Damaged(
            f"Ce dépôt écrit plus que ce qu'il annonce : la lecture a été arrêtée avant {format_size(bounds.folder_bytes)}. Ses listes "
            f"sont fausses, ou il est hostile. Ne le restaurez pas sans l'avoir fait examiner. {KEEP}"
        )
    return Unreachable(
        {
            "kernel": "Le noyau de cette machine ne sait pas enfermer les programmes qui lisent les sauvegardes (Landlock 4, Linux 6.7) : "
            "rien n'a été lu. Demandez à l'exploitant un noyau plus récent, ou faites rapporter cette copie.",
            "absent": f"Le programme {program} manque sur le serveur de Beffroi. Demandez à l'exploitant : "
            f"apt install {PACKAGES.get(program, program)}.",
            "time": f"{program} n'a pas fini dans le temps permis ({bounds.seconds / 60:.0f} minutes). La lecture recommencera "
            f"demain. Si cela dure, rapprochez la copie. {_REPORTED_INSTEAD}",
            "cpu": f"{program} a demandé plus de calcul que permis. Rien n'est prouvé, pour ou contre cette copie. {_REPORTED_INSTEAD}",
            "memory": f"{program} a demandé plus de mémoire que permis ({format_size(bounds.memory_bytes)}) : ce dépôt est trop grand "
            f"pour être lu ici, ou hostile. Rien n'est prouvé. {_REPORTED_INSTEAD}",
            "files": f"{program} a écrit trop de fichiers et de dossiers : la lecture a été arrêtée. {_REPORTED_INSTEAD}",
            "output": f"Ce dépôt contient trop de fichiers pour être lu ici. {_REPORTED_INSTEAD}",
            "disk": "Le disque de Beffroi n'a plus la place d'essayer une restauration. Demandez à l'exploitant d'en libérer. La copie "
            "n'est pas en cause.",
            "address": f"Le serveur de cette copie a voulu mener ailleurs. {stopped.detail} Rien d'autre n'a été lu. Demandez à qui le "
            "tient ce qui a changé.",
        }.get(
            stopped.reason,
            f"{program} s'est arrêté sans finir. La lecture recommencera plus tard. Si cela dure, prévenez l'exploitant.",
        )
    )

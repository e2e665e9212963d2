"""Sandbox probe: a tiny built-in system, run in the sandbox of another one, that tries to escape it.

In come a port of this machine and the paths of secrets; out goes one row a try: what, and whether it was blocked.
"""

import io
import json
import os
import socket
from pathlib import Path
from typing import Any

from pyarrow.json import read_json

from beffroi.systems.contract import Outcome, Tables

_ALLOWED_VARIABLES = {"HOME", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH", "TMPDIR"}


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Try each wall once."""
    blocked = {
        "réseau": not _connects(int(settings["port"])),
        "fichiers de la machine": not _reads(str(settings["secret"])) and not _reads("/etc/passwd"),
        "dossier de l’instance": not settings["home"] or not _reads(str(settings["home"])),
        "variables d’environnement": set(os.environ) <= _ALLOWED_VARIABLES,
        "code en lecture seule": not _writes(Path(__file__)),
    }
    # Read as JSON lines: a table made of Python values would import pandas, which takes longer than all the tries.
    rows = "\n".join(json.dumps({"wall": wall, "held": stopped}) for wall, stopped in blocked.items())
    return Outcome(read_json(io.BytesIO(rows.encode())), ())


def _connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
        return True
    except OSError:
        return False


def _reads(path: str) -> bool:
    try:
        return bool(Path(path).read_bytes())
    except OSError:
        return False


def _writes(path: Path) -> bool:
    try:
        with path.open("ab"):
            return True
    except OSError:
        return False

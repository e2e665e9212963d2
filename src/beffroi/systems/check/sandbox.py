"""Sandbox check on this machine, tried from inside, with the examined system's own code around.

In comes the bench of a system; out goes the point « Isolement du calcul ».
"""

import secrets
import socket
import tempfile
from dataclasses import replace
from pathlib import Path

from beffroi.systems.check.bench import Bench
from beffroi.systems.check.report import Point, build_point
from beffroi.systems.manifest import LegalAnswers, Manifest, Measure
from beffroi.systems.runner import instance_home

_PROBE = Manifest(
    id="probe",
    version="1",
    title="Essai des murs",
    purpose="Essayer de sortir.",
    helps="L’examen des systèmes.",
    inputs=(),
    level="informs",
    supervisor_role="L’exploitant.",
    baseline="Aucune.",
    measure=Measure(metric="held", label="Murs tenus", unit="", better="higher", target=1),
    legal=LegalAnswers(
        risk="minimal",
        risk_why="Aucun.",
        legal_basis="Aucune.",
        personal_data=False,
        individual_decision=False,
    ),
    limits=("Ne sert qu’à l’examen.",),
    contest="À l’exploitant.",
    hosting="Sur place.",
    settings={"port": 0, "secret": "", "home": ""},
)


def examine_sandbox(bench: Bench) -> Point:
    """Network, files, home, environment, code: each tried once from a process like the system's."""
    system = replace(bench.system, manifest=_PROBE, module="beffroi.systems.probe")
    inside = replace(bench, system=system, sample={})
    with (
        tempfile.TemporaryDirectory(prefix="beffroi-walls-") as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        secret = Path(folder) / "secret.key"
        secret.write_text(secrets.token_hex(16), encoding="utf-8")
        tried = inside.attempt(
            "run",
            {},
            {"port": server.getsockname()[1], "secret": str(secret), "home": _instance_file()},
            apart=True,
        )
    bench.spent_cpu_s += inside.spent_cpu_s
    if tried.outcome is None:
        return build_point("closed", False, str(tried.failure))
    results = dict(zip(*tried.outcome.table.to_pydict().values(), strict=True))
    open_walls = [wall for wall, stopped in results.items() if not stopped]
    if tried.isolation != "complète" or open_walls:
        message = tried.isolation + (f" ; passé au travers : {', '.join(open_walls)}" if open_walls else "")
        return build_point("closed", False, message)
    return build_point("closed", True, f"complète, essayée de l’intérieur : {', '.join(results)}.")


def _instance_file() -> str:
    """A file of this instance's home, where there is one."""
    home = instance_home()
    if home is None or not home.is_dir():
        return ""
    return next((str(path) for path in sorted(home.iterdir()) if path.is_file()), "")

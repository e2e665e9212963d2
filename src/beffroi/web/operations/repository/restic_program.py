"""The distribution's restic on the instance's own repository, run under the supervisor and behind the egress proxy.

In: its arguments and its environment. Out: how it ended. Raises `Stopped`. The repository is the operator's: restic reads and writes the
files of the instance, and what it restores has no bound but the disk's. It ends with its parent, and calls its own server alone.
"""

import shlex
import tempfile
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from beffroi.home import HomeError
from beffroi.lake.sandboxed_programs import program_runner
from beffroi.lake.sandboxed_programs.program_runner import SSH_CONNECT, Bounds, Finished, Workplace
from beffroi.lake.sources import proxies
from beffroi.lake.sources.network import Network
from beffroi.web import environment as settings_of
from beffroi.web.platform.restic_output import as_called, host_of

MEMORY: Final = "BEFFROI_BACKUP_MEMORY"
USUAL_MEMORY_MB: Final = 4096
GRACE_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 0.25
_NEVER: Final = 1e7
_NO_BOUND: Final = 1 << 62
_SSH: Final = ("BatchMode=yes", "ConnectTimeout=20", "StrictHostKeyChecking=yes")


def run(
    arguments: Sequence[str],
    address: str,
    environment: Mapping[str, str],
    *,
    ssh_config: str,
    at: Path | None,
    patience: float | None,
) -> Finished:
    """Run restic to its end, or for `patience` seconds. Raises Stopped, and HomeError for a proxy that cannot be used."""
    memory = settings_of.number(MEMORY, USUAL_MEMORY_MB) << 20
    bounds = Bounds(
        seconds=patience or _NEVER,
        cpu_seconds=int(_NEVER),
        memory_bytes=memory,
        folder_bytes=_NO_BOUND,
        file_bytes=_NO_BOUND,
        files=1 << 30,
        processes=64,
        output=1 << 30,
        network_bytes=_NO_BOUND,
        grace_seconds=GRACE_SECONDS,
        look_seconds=LOOK_SECONDS,
    )
    with tempfile.TemporaryDirectory(prefix="beffroi-restic-") as scratch:
        place = Workplace(
            Path(scratch),
            environment={
                **environment,
                "RESTIC_REPOSITORY": as_called(address, host_of(address) or ""),
                "GOMEMLIMIT": str(memory // 2),
            },
            secrets=(environment.get("AWS_SECRET_ACCESS_KEY", ""),),
            closed=False,
        )
        options: list[str] = []
        if address.startswith("sftp:"):
            place, options = _by_ssh(place, address, ssh_config)
        elif address.startswith("s3:"):
            place = _by_https(place, address)
        return program_runner.run(["restic", *options, *arguments], place, bounds, at=at)


def _by_https(place: Workplace, address: str) -> Workplace:
    parts = urlsplit(address.removeprefix("s3:"))
    host, usual = parts.hostname or "", 80 if parts.scheme == "http" else 443
    through = ""
    if not urllib.request.proxy_bypass_environment(host):
        through = urllib.request.getproxies_environment().get(parts.scheme, "")
    if through and proxies.parse_proxy(through) is None:
        raise HomeError(
            f"Le mandataire (proxy) de {parts.scheme.upper()}_PROXY doit être écrit http://hôte:port. Rien n'a été modifié."
        )
    return _towards(place, host, parts.port or usual, usual, through)


def _by_ssh(place: Workplace, address: str, config: str) -> tuple[Workplace, list[str]]:
    """Where ssh really goes, once its settings are read; a jump or a command that they name is the operator's own way out."""
    named = ["-F", config] if config else []
    if address.startswith("sftp://"):
        parts = urlsplit(address)
        account = parts.netloc.removesuffix(f":{parts.port}")
        port = ["-p", str(parts.port)] if parts.port else []
    else:
        account, port = address.removeprefix("sftp:").rpartition(":")[0], []
    answer = program_runner.run(["ssh", "-G", *named, *port, account], place, Bounds(seconds=20.0))
    found = dict(line.partition(" ")[::2] for line in answer.output.decode("utf-8", "replace").splitlines())
    host, number = found.get("hostname", host_of(address) or ""), int(found.get("port", "22"))
    words = [*named, *(word for each in _SSH for word in ("-o", each))]
    if any(found.get(way, "none") != "none" for way in ("proxyjump", "proxycommand")):
        place = replace(place, own_way=True)
    else:
        place = _towards(place, host, number, 22, "")
        words += ["-o", f"ProxyCommand={shlex.join(SSH_CONNECT)}", "-o", "ProxyUseFdpass=yes"]
    return place, ["-o", f"sftp.args={shlex.join(words)}"]


def _towards(place: Workplace, host: str, port: int, usual: int, through: str) -> Workplace:
    own = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    network = Network(
        (own, *settings_of.hosts("BEFFROI_ALLOWED_HOSTS_OUT")),
        max_bytes=_NO_BOUND,
        seconds=_NEVER,
        private=True,
        proxy=through,
    )
    return replace(place, network=network, host=host, usual=usual)

"""The ssh client that restic and borg call: the key and the server's identity that the town gave, nothing of the instance's own; through the
egress proxy."""

import shlex
from pathlib import Path

from beffroi.lake.sandboxed_programs.program_runner import SSH_CONNECT

from .readable_repository import Unreachable


def client(scratch: Path, key: str, known_hosts: str) -> list[str]:
    """Options of ssh, with the key and the known server in files of the scratch folder. Raises Unreachable."""
    if not key.strip() or not known_hosts.strip():
        raise Unreachable(
            "Il manque la clé SSH, ou l'identité du serveur (sa ligne de known_hosts). Donnez les deux dans « Changer le secret »."
        )
    identity, known = scratch / "identity", scratch / "known_hosts"
    for path, text in ((identity, key), (known, known_hosts)):
        path.touch(mode=0o600)
        path.write_text(text.replace("\r", "").strip() + "\n", "utf-8")
    options = (
        "IdentitiesOnly=yes",
        "BatchMode=yes",
        "ConnectTimeout=20",
        "StrictHostKeyChecking=yes",
        f"UserKnownHostsFile={known}",
        "GlobalKnownHostsFile=/dev/null",
        # Whatever the server says or the program asks: the one connection that the egress proxy gave, nothing else of this machine.
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "UpdateHostKeys=no",
        f"ProxyCommand={shlex.join(SSH_CONNECT)}",
        "ProxyUseFdpass=yes",
    )
    return ["-F", "/dev/null", "-i", str(identity), *(word for each in options for word in ("-o", each))]

"""The distribution's OpenSSH on loopback: SFTP for the account of the tests, by key. Out: its port and a private key."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers import NotHere, answers, free_port, running


@dataclass(frozen=True)
class Sftp:
    folder: Path
    port: int
    user: str
    key: str


def _made(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@contextmanager
def serving(port: int = 0) -> Iterator[Sftp]:
    server = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
    if server is None or shutil.which("ssh-keygen") is None:
        raise NotHere("apt install openssh-server")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="beffroi-sftp-", dir="/tmp"))
    try:
        folder.chmod(0o700)
        host, own = _made(folder / "host"), _made(folder / "own")
        shutil.copy(own.with_suffix(".pub"), folder / "authorized")
        port = port or free_port()
        (folder / "config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nPidFile {folder}/pid\nUsePAM no\n"
            f"AuthorizedKeysFile {folder}/authorized\nStrictModes no\nPasswordAuthentication no\n"
            "PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\nMaxStartups 50\n"
        )
        command = [server, "-D", "-e", "-f", str(folder / "config")]
        with running(command, folder / "log", lambda: answers(port)):
            yield Sftp(folder, port, getpass.getuser(), own.read_text())
    finally:
        shutil.rmtree(folder, ignore_errors=True)

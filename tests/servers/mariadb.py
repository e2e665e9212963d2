"""The distribution's MariaDB on loopback. Out: its port, and a way to run statements as its root."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers import NotHere, answers, as_user, free_port, running
from servers.certificates import certified

READER, PASSWORD = "lecteur", "mot-de-passe-du-lecteur"


@dataclass(frozen=True)
class MariaDB:
    folder: Path
    port: int
    authority: str
    """The file of who vouches for its certificate, which names 127.0.0.1."""

    def sql(self, statement: str, database: str = "") -> str:
        done = subprocess.run(
            ["mariadb", "--no-defaults", "-uroot", f"--socket={self.folder}/s", "-N", "-B", database],
            input=statement,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()


@contextmanager
def listening() -> Iterator[MariaDB]:
    server = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
    if server is None or shutil.which("mariadb-install-db") is None:
        raise NotHere("apt install mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="beffroi-maria-", dir="/tmp"))
    temporary = folder / "tmp"  # a server that starts removes the temporary tables of every other one there
    temporary.mkdir()
    user = as_user("mysql")
    if user:
        shutil.chown(folder, "mysql")
        shutil.chown(temporary, "mysql")
    folder.chmod(0o755)
    try:
        subprocess.run(
            [
                *user,
                "mariadb-install-db",
                "--no-defaults",
                f"--datadir={folder}/data",
                f"--tmpdir={temporary}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
            cwd="/",
        )
        port = free_port()
        _, authority = certified(folder / "certificate", "127.0.0.1")
        for each in (folder / "certificate").iterdir():
            each.chmod(0o644)
        command = [*user, server, "--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/s"]
        command += [
            f"--tmpdir={temporary}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--pid-file={folder}/pid",
        ]
        command += [f"--ssl-cert={authority}", f"--ssl-key={folder}/certificate/key.pem"]
        command += ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"]
        with running(command, folder / "log", lambda: answers(port)):
            served = MariaDB(folder, port, authority)
            served.sql(f"CREATE USER '{READER}'@'%' IDENTIFIED BY '{PASSWORD}'; CREATE DATABASE metier")
            yield served
    finally:
        shutil.rmtree(folder, ignore_errors=True)

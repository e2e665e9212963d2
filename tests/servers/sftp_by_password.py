"""An SFTP server that asks for a password, on loopback (paramiko's own): OpenSSH needs an account of the machine for that."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko

USER, PASSWORD = "depot", "mot-de-passe-du-depot"


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The port of a server that shows this folder as its root."""
    key = paramiko.ECDSAKey.generate()

    class Files(paramiko.SFTPServerInterface):
        def _real(self, path: str) -> Path:
            return folder / path.lstrip("/")

        def list_folder(self, path: str) -> Any:
            found = []
            for file in sorted(self._real(path).iterdir()):
                entry = paramiko.SFTPAttributes.from_stat(file.lstat())
                entry.filename = file.name
                found.append(entry)
            return found

        def stat(self, path: str) -> Any:
            try:
                return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

        lstat = stat

        def open(self, path: str, flags: int, attributes: Any) -> Any:
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = self._real(path).open("rb")  # type: ignore[attr-defined]
            return handle

    class Door(paramiko.ServerInterface):
        def check_auth_password(self, username: str, password: str) -> int:
            known = (username, password) == (USER, PASSWORD)
            return paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED

        def check_channel_request(self, kind: str, chanid: int) -> int:
            return paramiko.OPEN_SUCCEEDED

    listening = socket.create_server(("127.0.0.1", 0))
    opened: list[paramiko.Transport] = []

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
            opened.append(transport)
            try:
                transport.start_server(server=Door())
            except (paramiko.SSHException, EOFError):
                continue

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for transport in opened:
            transport.close()

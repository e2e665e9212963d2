"""Processes that read bytes from outside open no file and call nobody, even when what reads them was taken over."""

import socket
import subprocess
import sys

import pytest

from beffroi.lake import landlock, processes

TAKEN_OVER = """
import socket, sys
from {package} import {module} as process
def taken_over(*_):
    for attempt in (lambda: open(sys.argv[1]), lambda: socket.create_connection(("127.0.0.1", int(sys.argv[2])), 5)):
        try:
            attempt()
        except PermissionError:
            print("refused", file=sys.stderr)
        else:
            print("opened", file=sys.stderr)
    raise process.{refusal}("fin")
process.{reading} = taken_over
process.main()
"""


@pytest.mark.skipif(
    landlock.version() < landlock.WITH_NETWORK, reason="this kernel has no Landlock with network rules"
)
@pytest.mark.parametrize(
    ("package", "module", "reading", "refusal"),
    [
        ("beffroi.web.cyber.inventory", "message_process", "read", "UnreadableMessage"),
        ("beffroi.web.continuity.rekeying", "scan_process", "pages_of", "UnreadableScan"),
    ],
    ids=["messages of agents", "scans"],
)
def test_a_reader_that_was_taken_over_opens_no_file_and_calls_nobody(
    package, module, reading, refusal, tmp_path
):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    code = TAKEN_OVER.format(package=package, module=module, reading=reading, refusal=refusal)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        command = [sys.executable, "-c", code, str(secret), port]
        done = subprocess.run(
            command, input=b"x", capture_output=True, env=processes.environment(), timeout=60
        )
    assert done.stderr.decode().split() == ["refused", "refused"]
    assert b"fin" in done.stdout

"""NSD, the authoritative DNS server of the distribution, on loopback with zones made by the tests.

It answers for the root too: a name that no zone has does not exist. `broken` zones have no file: the server fails on them (SERVFAIL).
"""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

ADDRESS = "127.0.0.1"
_HEAD = "$TTL 60\n@ IN SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 60\n@ IN NS ns.invalid.\n"


def text(value: str | bytes, size: int = 255) -> str:
    """A TXT record's data: quoted pieces of `size` bytes at most, each odd byte escaped."""
    data = value.encode() if isinstance(value, str) else value
    pieces = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    return " ".join(
        '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03d}" for b in piece) + '"'
        for piece in pieces
    )


@contextmanager
def serving(
    folder: Path, zones: Mapping[str, Sequence[str]], broken: Sequence[str] = (), *, root: Sequence[str] = ()
) -> Iterator[int]:
    """The port of a server of these zones: name → lines of a zone file; `root`: lines of the root's."""
    program = shutil.which("nsd") or shutil.which("nsd", path="/usr/sbin")
    assert program, "install nsd (deploy/setup-tests)"
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    clauses = []
    for number, (name, lines) in enumerate({"": root, **zones}.items()):
        file = folder / f"{number}.zone"
        file.write_text(_HEAD + "\n".join(lines) + "\n", "latin-1")
        clauses.append(f'zone:\n  name: "{name or "."}"\n  zonefile: "{file}"\n')
    clauses += [f'zone:\n  name: "{name}"\n  zonefile: "{folder}/missing.zone"\n' for name in broken]
    configuration = folder / "nsd.conf"
    configuration.write_text(
        f'server:\n  ip-address: {ADDRESS}@{port}\n  server-count: 1\n  username: ""\n  chroot: ""\n  zonesdir: "{folder}"\n'
        f'  pidfile: ""\n  xfrdfile: ""\n  zonelistfile: "{folder}/zone.list"\n  xfrdir: "{folder}"\n'
        f'  logfile: "{folder}/nsd.log"\n  database: ""\n  rrl-ratelimit: 0\n  rrl-whitelist-ratelimit: 0\nremote-control:\n  control-enable: no\n'
        + "".join(clauses)
    )
    process = subprocess.Popen(
        [program, "-d", "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port, process, folder)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _free_port() -> int:
    """A port that is free for UDP and TCP."""
    while True:
        with closing(socket.socket()) as tcp, closing(socket.socket(type=socket.SOCK_DGRAM)) as udp:
            tcp.bind((ADDRESS, 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return int(tcp.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    question = b"\0\1\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1"  # the root's NS
    with closing(socket.socket(type=socket.SOCK_DGRAM)) as asking:
        asking.settimeout(0.05)
        asking.connect((ADDRESS, port))
        for _ in range(200):
            assert process.poll() is None, (folder / "nsd.log").read_text()
            try:
                asking.send(question)
                asking.recv(512)
            except OSError:
                time.sleep(0.02)
            else:
                return
    raise AssertionError((folder / "nsd.log").read_text())


@contextmanager
def dropping(port: int, names: Sequence[str], *, whole: bool = False) -> Iterator[int]:
    """A forwarder (UDP) to that server which never answers about these labels, or about these `whole` names: a timeout."""
    parts = [b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) for name in names]
    with (
        closing(socket.socket(type=socket.SOCK_DGRAM)) as front,
        closing(socket.socket(type=socket.SOCK_DGRAM)) as back,
    ):
        front.bind((ADDRESS, 0))
        back.connect((ADDRESS, port))
        back.settimeout(2)

        def forward() -> None:
            while True:
                question, who = front.recvfrom(4096)
                if not question:
                    return
                name = question[12:].lower()
                if not any(name.startswith(part + b"\0") if whole else part in name for part in parts):
                    back.send(question)
                    front.sendto(back.recv(65535), who)

        thread = threading.Thread(target=forward, daemon=True)
        thread.start()
        yield front.getsockname()[1]
        with closing(socket.socket(type=socket.SOCK_DGRAM)) as ending:
            ending.sendto(b"", front.getsockname())
        thread.join(5)

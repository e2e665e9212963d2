"""Programs run under the supervisor: no shell, nothing but what they are given, bounded in all that they take.

In: a command, where it works, its bounds. Out: how it ended and what it wrote; raises `Stopped` for one that had to be ended. Secrets
go in by the environment, never on the command line, and are blotted out of what comes back.
"""

import base64
import json
import math
import os
import re
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from beffroi.lake import landlock, processes
from beffroi.lake.sources.network import Network

from .egress_proxy import EgressProxy

SSH_CONNECT: Final = (sys.executable, "-I", "-S", str(Path(__file__).with_name("ssh_connect.py")), "%h", "%p")
"""ProxyCommand by which ssh, called by a program, goes through the egress proxy (with `ProxyUseFdpass=yes`)."""
PIECE: Final = 1 << 16
LONGEST_MESSAGES: Final = 1 << 20
LONGEST_LINE: Final = 1 << 20
LONGEST_ADDRESS: Final = 100
SHORTEST_SECRET: Final = 6
_SUPERVISOR: Final = f"{__package__}.program_supervisor"
_REFUSED_BY_KERNEL: Final = re.compile(rb"dial tcp (\S+): connect: permission denied")
_MARK: Final = "PROGRAM_RUN"
_BLOT: Final = b"[secret]"
# A thread needs a stack: past the bound the kernel refuses it as « temporarily unavailable » (cgo, Go, Python).
_OUT_OF_MEMORY: Final = (
    b"out of memory",
    b"cannot allocate memory",
    b"memoryerror",
    b"pthread_create failed",
    b"failed to create new os thread",
    b"can't start new thread",
)

type Sink = Callable[[bytes], object]


@dataclass(frozen=True)
class Bounds:
    """What one command may take, with all that it starts: seconds of the clock and of CPU, memory, files and bytes in its scratch
    folder (of one file), bytes that it writes out, bytes that come from the network. It is ended before it passes one.
    """

    seconds: float = 3600.0
    cpu_seconds: int = 1800
    memory_bytes: int = 512 << 20
    folder_bytes: int = 256 << 20
    file_bytes: int = 192 << 20
    files: int = 20_000
    processes: int = 16
    output: int = 32 << 20
    network_bytes: int = 24 << 30
    grace_seconds: float = 0.0
    """Between asking a program to end and ending it, where its own bounds are not passed."""
    look_seconds: float = 0.02


@dataclass(frozen=True)
class Workplace:
    """Where commands work: `scratch`, a folder that goes away; what they read; their environment; `secrets`, blotted out of their messages.

    `network`: the hosts that they may reach, none without it; `host`: the one that they are for, which alone may be inside;
    `usual`: the port of an entry of the list that names none. `reserve`: bytes of the disk that must stay free.
    `until`: moment of the monotonic clock at which every command is ended. `closed`: kept from every other file, and not started
    where the kernel cannot; else only from calling past the proxy, where the kernel can. `own_way`: not even that, for a way
    out that the operator wrote.
    """

    scratch: Path
    readable: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    network: Network | None = None
    host: str = ""
    usual: int = 443
    secrets: tuple[str, ...] = field(default=(), repr=False)
    reserve: int = 0
    until: float = math.inf
    closed: bool = True
    own_way: bool = False


@dataclass(frozen=True)
class Taken:
    """The most memory and room on the disk that a command took, in bytes; connections refused to it."""

    memory: int = 0
    folder: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Finished:
    """`messages`: the end of what it wrote on its error output."""

    code: int
    output: bytes
    messages: bytes
    taken: Taken = Taken()


class Stopped(Exception):
    """A program that was not started, or was ended. `reason`: absent, kernel, time, cpu, memory, folder, files, processes, disk,
    output, killed (the supervisor itself was) or address; `detail`: for an address, the refusal in French; `messages`: the end of
    what it wrote on its error output.
    """

    def __init__(self, reason: str, detail: str = "", taken: Taken = Taken(), messages: bytes = b"") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason, self.detail, self.taken, self.messages = reason, detail, taken, messages


def is_enforced() -> bool:
    """Whether this kernel closes both files and network (Landlock 4, Linux 6.7)."""
    return landlock.version() >= landlock.WITH_NETWORK


def run(
    command: Sequence[str],
    place: Workplace,
    bounds: Bounds,
    *,
    at: Path | None = None,
    sink: Sink | None = None,
) -> Finished:
    """Run a command to its end. `sink` takes what it writes piece by piece, in the place of `output`. Raises Stopped."""
    if place.closed and not is_enforced():
        raise Stopped("kernel")
    if shutil.which(command[0]) is None:
        raise Stopped("absent", command[0])
    seconds = min(bounds.seconds, place.until - time.monotonic())
    if seconds <= 0:
        raise Stopped("time")
    with ExitStack() as stack:
        messages = stack.enter_context(tempfile.TemporaryFile(dir=place.scratch))
        run_ = _Run()
        mark = secrets.token_hex(16)
        environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            **place.environment,
            _MARK: mark,
        }
        ports: tuple[int, ...] = ()
        if place.network is not None:
            proxy = EgressProxy(
                place.network,
                own_host=place.host,
                usual=place.usual,
                seconds=seconds,
                most_bytes=bounds.network_bytes,
                on_refusal=lambda why: run_.stop("address", why),
            )
            stack.enter_context(proxy)
            environment |= proxy.environment
            ports, run_.proxy = (proxy.port,), proxy
        spec = {
            "command": list(command),
            "environment": environment,
            "scratch": str(place.scratch),
            "readable": [str(path) for path in place.readable],
            "ports": ports,
            "closed": place.closed,
            "own_way": place.own_way,
            "reserve": place.reserve,
            **vars(bounds),
        }
        process, report = stack.enter_context(_supervised(spec, mark, at or place.scratch, messages))
        run_.process = process
        timer = threading.Timer(seconds, run_.stop, ("time",))
        timer.daemon = True
        timer.start()
        stack.callback(timer.cancel)
        output = _drain(process, mark, bounds.output, sink)
        found = _reported(report)
        process.wait()
        taken = Taken(found.get("peak_memory", 0), found.get("peak_folder", 0), run_.refusals())
        reason, code = run_.reason or found.get("reason", ""), int(found.get("code", 1))
        length = messages.seek(0, os.SEEK_END)
        messages.seek(max(0, length - LONGEST_MESSAGES))
        text = messages.read()
        text = blot(text, place.secrets)
        if not run_.reason and (refused := _REFUSED_BY_KERNEL.search(text)):
            # A program in Go calls the loopback without its proxy: the kernel refuses.
            where = refused[1].decode("ascii", "replace")[:LONGEST_ADDRESS]
            reason, run_.detail = (
                "address",
                f"Il mène à {where}, une adresse de cette machine : l'appel est refusé.",
            )
        reason = reason or _kernel_stop(code, text)
        if code and not reason and length >= bounds.file_bytes:
            reason = "folder"  # no room was left to say so
        if reason or not found:
            raise Stopped(reason or "killed", run_.detail, taken, text)
        return Finished(code, output, text, taken)


class _Run:
    """A program at work, and why it is being ended."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.proxy: EgressProxy | None = None
        self.reason = self.detail = ""

    def stop(self, reason: str, detail: str = "") -> None:
        """The supervisor ends the family on this signal, then itself; from any thread."""
        if not self.reason:
            self.reason, self.detail = reason, detail
        if self.process is not None:
            self.process.terminate()

    def refusals(self) -> int:
        return self.proxy.refusals if self.proxy is not None else 0


@contextmanager
def _supervised(
    spec: Mapping[str, Any], mark: str, at: Path, messages: IO[bytes]
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    reader, writer = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", _SUPERVISOR, str(writer)],
            env=processes.environment(),
            cwd=at,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            pass_fds=(writer,),
            start_new_session=True,
        )
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    try:
        if process.stdin is not None:
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps(spec).encode() + b"\n")
                process.stdin.flush()
        yield process, reader
    finally:
        # Left in order, both are gone. Else the supervisor ends its family; one that was itself killed leaves it to us.
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.wait():
            _kill_marked(mark)
        os.close(reader)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


def _line(descriptor: int) -> bytes:
    text = b""
    while not text.endswith(b"\n") and (piece := os.read(descriptor, 1)):
        text += piece
    return text


def _reported(descriptor: int) -> dict[str, Any]:
    """What the supervisor tells at the end; nothing where it was killed."""
    line = _line(descriptor)
    return dict(json.loads(line)) if line else {}


def _kernel_stop(code: int, messages: bytes) -> str:
    """The bound by which the kernel ended a program, where the supervisor had not seen it yet."""
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "cpu"
    if code == -signal.SIGXFSZ or (code and b"file too large" in messages.lower()):
        return "folder"
    return "memory" if code and any(sign in messages.lower() for sign in _OUT_OF_MEMORY) else ""


def _drain(process: "subprocess.Popen[bytes]", mark: str, most: int, sink: Sink | None) -> bytes:
    pieces: list[bytes] = []
    received = 0
    for piece in _pieces(process, mark):
        if sink is not None:
            sink(piece)
            continue
        received += len(piece)
        if received > most:
            raise Stopped("output")
        pieces.append(piece)
    return b"".join(pieces)


def _pieces(process: "subprocess.Popen[bytes]", mark: str) -> Iterator[bytes]:
    """What is written out, until nobody is left to write. A supervisor that was killed left its program to us."""
    if process.stdout is None:
        return
    stream, ended = process.stdout.fileno(), os.pidfd_open(process.pid)
    try:
        while True:
            if stream not in select.select([stream, ended], [], [])[0]:
                _kill_marked(mark)
            elif piece := os.read(stream, PIECE):
                yield piece
            else:
                return
    finally:
        os.close(ended)


def _kill_marked(mark: str) -> None:
    """End every process that was started in the environment of this run, wherever it hid."""
    wanted = f"{_MARK}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if wanted in path.read_bytes().split(b"\0"):
                os.kill(int(path.parent.name), signal.SIGKILL)


def lines_to(take: Sink) -> Sink:
    """A sink that gives whole lines to `take`; one longer than any honest line is left out."""
    pending, too_long = b"", False

    def split(piece: bytes) -> None:
        nonlocal pending, too_long
        *whole, pending = (pending + piece).split(b"\n")
        for line in whole:
            if not too_long:
                take(line)
            too_long = False
        if len(pending) > LONGEST_LINE:
            pending, too_long = b"", True

    return split


def blot(text: bytes, words: Sequence[str]) -> bytes:
    """A text without these secrets, which a server may send back in its errors, as they are or in base64."""
    for secret in sorted(filter(None, words), key=len, reverse=True):
        plain = secret.strip().encode()
        if len(plain) >= SHORTEST_SECRET:
            for form in (plain, base64.b64encode(plain)):
                text = text.replace(form, _BLOT)
    return text

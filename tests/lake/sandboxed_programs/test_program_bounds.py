"""Programs under their supervisor: what they may take, and that nothing of them is left. Each test starts processes."""

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from beffroi.lake import process_family
from beffroi.lake.sandboxed_programs import program_runner
from beffroi.lake.sandboxed_programs.program_runner import Bounds, Stopped, Workplace, blot, lines_to
from beffroi.lake.sources.network import Network

closed_in = pytest.mark.skipif(
    not program_runner.is_enforced(), reason="this kernel has no Landlock with network rules"
)
PYTHON = shutil.which("python3", path="/usr/bin") or sys.executable
MIB = 1 << 20
SMALL = Bounds(seconds=60, memory_bytes=160 * MIB, folder_bytes=128 * MIB, file_bytes=100 * MIB, files=200)


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Workplace(scratch)


def python(code: str) -> list[str]:
    return [PYTHON, "-I", "-S", "-c", code]


def stopped(command: list[str], place: Workplace, bounds: Bounds = SMALL) -> Stopped:
    with pytest.raises(Stopped) as caught:
        program_runner.run(command, place, bounds)
    return caught.value


def alive(mark: str) -> list[str]:
    """Processes whose command line has this word."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if mark.encode() in words and path.parent.name != str(os.getpid()):
            found.append(path.parent.name)
    return found


def wait_until_gone(mark: str) -> list[str]:
    for _ in range(200):
        if not alive(mark):
            break
        time.sleep(0.1)
    return alive(mark)


@closed_in
@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("memory", "x = [bytearray(1 << 20) for _ in range(4000)]"),
        ("memory", "import os\nfor n in range(2):\n os.fork()\nx = [bytes([n]) * (1 << 20) for n in range(30)]\nimport time; time.sleep(30)"),
        ("memory", "import threading, time\nfor n in range(100):\n threading.Thread(target=time.sleep, args=(2,)).start()"),
        ("folder", "import time\nfor n in range(60):\n open(str(n), 'wb').write(bytes(2 << 20))\ntime.sleep(30)"),
        ("folder", "f = open('one', 'wb')\nwhile True: f.write(bytes(1 << 20))"),
        ("folder", "import sys\nwhile True: sys.stderr.buffer.write(bytes(1 << 20))"),
        ("files", "import os\np = 'd'\nwhile True:\n os.mkdir(p); p += '/d'\n if len(p) > 3000: p = p[:-6] + 'e'"),
        ("processes", "import os, time\nwhile True:\n if not os.fork(): time.sleep(60); os._exit(0)\n time.sleep(.01)"),
    ],
    ids=["one process", "together", "threads", "files", "one file", "messages", "many folders", "processes"],
)  # fmt: skip
def test_a_program_that_takes_too_much_is_ended_before_it_passes_its_bound(reason, code, place):
    ended = stopped(python(code), place)
    assert ended.reason == reason
    assert ended.taken.memory <= SMALL.memory_bytes and ended.taken.folder <= SMALL.folder_bytes


@closed_in
def test_messages_that_filled_their_file_between_two_looks_are_named_too(place):
    """The kernel refused to write more: the program cannot say so either, since its messages are full."""
    rarely = dataclasses.replace(SMALL, file_bytes=4 * MIB, look_seconds=30)
    endless = python("import sys\nwhile True: sys.stderr.buffer.write(bytes(1 << 20))")
    assert stopped(endless, place, rarely).reason == "folder"


@closed_in
def test_a_full_disk_is_seen_before_it_is_full(place):
    free = shutil.disk_usage(place.scratch).free
    kept = Workplace(place.scratch, reserve=free + (1 << 40))
    assert stopped(["sleep", "30"], kept).reason == "disk"


@closed_in
def test_what_a_program_left_behind_ends_with_it(place):
    mark = f"left-{os.urandom(4).hex()}"
    hide = f"import os, time\nif not os.fork():\n os.setsid()\n if os.fork(): os._exit(0)\n time.sleep(600) # {mark}"
    assert program_runner.run(python(hide), place, SMALL).code == 0
    assert wait_until_gone(mark) == []


@closed_in
@pytest.mark.parametrize("killed", ["parent", "supervisor"])
def test_nothing_outlives_a_parent_or_a_supervisor_that_is_killed(killed, place):
    mark = f"outlives-{os.urandom(4).hex()}"
    inside = f"import os, time\nif os.fork() == 0: os.setsid()\nopen('begun', 'w')\ntime.sleep(600) # {mark}"
    call = (
        "import sys; from pathlib import Path; from beffroi.lake.sandboxed_programs.program_runner import *\n"
        f"run([{PYTHON!r}, '-I', '-S', '-c', sys.argv[1]], Workplace(Path(sys.argv[2])), Bounds(seconds=500))"
    )
    proc = process_family.open_proc()
    with subprocess.Popen(
        [sys.executable, "-c", call, inside, str(place.scratch)], stderr=subprocess.PIPE
    ) as parent:
        for _ in range(300):
            if (place.scratch / "begun").exists():
                break
            time.sleep(0.1)
        time.sleep(0.2)
        family = process_family.members(parent.pid, proc)
        assert len(family) == 4, "the parent, the supervisor, the program and its own child"
        os.kill(family[0 if killed == "parent" else 1], signal.SIGKILL)
        parent.wait(30)
    os.close(proc)
    assert wait_until_gone(mark) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="root mounts a small disk")
@closed_in
def test_a_disk_that_fills_up_is_named_though_no_message_could_be_written(place):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place.scratch)], check=True)
    try:
        assert stopped(python("open('a', 'wb').write(bytes(8 << 20))"), place).reason == "disk"
    finally:
        subprocess.run(["umount", "-l", str(place.scratch)], check=True)


def test_a_kernel_that_cannot_close_the_network_runs_nothing(tmp_path):
    """In a process to which the kernel answers as one without Landlock: a filter of system calls refuses it."""
    code = """
import ctypes, struct, sys
from pathlib import Path
libc = ctypes.CDLL(None)
rules = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (6, 0, 0, 0x00050026), (6, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
class Filter(ctypes.Structure):
    _fields_ = [("count", ctypes.c_ushort), ("rules", ctypes.c_void_p)]
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, ctypes.byref(Filter(len(rules), ctypes.addressof(code)))) == 0
from beffroi.lake.sandboxed_programs.program_runner import *
try:
    run(["touch", "made"], Workplace(Path(sys.argv[1])), Bounds(seconds=10))
except Stopped as stopped:
    print(stopped.reason)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "kernel\n", done.stderr
    assert list(tmp_path.iterdir()) == []


@closed_in
def test_the_parents_environment_and_keys_do_not_reach_a_program(place, monkeypatch):
    monkeypatch.setenv("BEFFROI_SECRET", "secret-de-l-instance")
    done = program_runner.run(["env"], place, SMALL)
    assert b"secret-de-l-instance" not in done.output


def test_secrets_that_come_back_are_blotted_out_as_they_are_and_in_base64():
    text = b"401 jeton-secret-42; Basic Y29tcHRlOmpldG9uLXNlY3JldC00Mg=="
    shown = blot(text, ("jeton-secret-42", "compte:jeton-secret-42", "", "ab"))
    assert b"jeton" not in shown and b"Y29tcHRl" not in shown and shown.count(b"[secret]") == 2


def test_lines_are_given_whole_and_an_endless_one_is_left_out():
    lines: list[bytes] = []
    split = lines_to(lines.append)
    for piece in (b"un\nde", b"ux\n", b"x" * (2 << 20), b"x\ntrois\n"):
        split(piece)
    assert lines == [b"un", b"deux", b"trois"]


@closed_in
def test_a_program_is_told_no_proxy_without_a_network_and_one_with_it(place):
    assert b"PROXY" not in program_runner.run(["env"], place, SMALL).output
    with_network = Workplace(place.scratch, network=Network(["127.0.0.1:9"]), host="127.0.0.1")
    assert b"HTTPS_PROXY=socks5h://beffroi:" in program_runner.run(["env"], with_network, SMALL).output

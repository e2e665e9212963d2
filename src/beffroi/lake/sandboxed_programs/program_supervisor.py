"""Supervisor of one program: starts it closed in, bounds it while it runs with all that it starts, and ends with its parent.

Started by `program_runner` only. On its standard input come the specification (one line of JSON), then nothing: its end means that the
parent is gone. The program inherits the standard and error outputs. On the descriptor of its argument goes, at the
end, a line of JSON: how it ended and what it took. Only the standard library and the sandbox are imported.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

from beffroi.lake import landlock, process_family
from beffroi.lake.processes import Limits, set_limits

_SHARE = 3 / 4
"""Share of a bound at which all are ended: what they take until they are gone stays below the bound."""
_LEAST_FREE = 1 << 20
_SYSTEM = ("/bin", "/sbin", "/etc", "/dev/null", "/dev/zero", "/dev/random", "/proc", "/run/systemd/resolve")
"""What resolvers, certificates, accounts and the clients of ssh are read from."""
_REFUSED_BY_KERNEL = b"connect: permission denied"
"""What a program in Go says of a call that Landlock refused; it would try again for minutes."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    report = int(sys.argv[1])
    os.set_inheritable(report, False)
    # A pipe that another child of the parent holds too would not end with it: the kernel tells as well.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    signalled, signalling = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(signalling)
    signal.signal(signal.SIGTERM, lambda *_: None)
    spec = json.loads(_line(0))
    # What the program starts and leaves behind becomes our child, wherever it hid: nobody is lost.
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    proc = process_family.open_proc()
    messages = os.dup(2)
    supervisor = os.getpid()
    program = os.fork()
    if not program:
        _become(spec, supervisor)
    for descriptor in (1, 2):
        os.close(descriptor)
    ended = os.pidfd_open(program)
    bounds = _Bounds(spec, proc, messages)
    reason, wait = "", spec["look_seconds"]
    while not reason:
        ready = select.select([ended, 0, signalled], [], [], wait)[0]
        if ended in ready:
            break
        began = time.monotonic()
        reason = "parent" if ready else bounds.passed()
        # Between two looks; four times what a look costs where that is more.
        wait = max(spec["look_seconds"], 4 * (time.monotonic() - began))
    if reason == "parent" and spec["grace_seconds"]:
        os.kill(program, signal.SIGTERM)  # so that it takes its locks away
        select.select([ended], [], [], spec["grace_seconds"])
    _kill_all(proc)
    bounds.look_at_folder()  # what was written between the last look and the end
    code = _reap(program)
    if code and not reason and bounds.is_disk_full():
        reason = "disk"
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = max(bounds.peak_kib, usage.ru_maxrss) << 10
    found = {"code": code, "reason": reason, "peak_memory": peak, "peak_folder": bounds.peak_folder}
    with contextlib.suppress(OSError):
        os.write(report, json.dumps(found).encode() + b"\n")


def _line(descriptor: int) -> bytes:
    """One line, and nothing of what follows."""
    text = b""
    while not text.endswith(b"\n"):
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            sys.exit(1)
        text += piece
    return text


def _become(spec: dict[str, Any], supervisor: int) -> None:
    """The forked child: its own session, its limits, its sandbox, then the program. Never returns."""
    try:
        os.setsid()
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:
            os._exit(1)
        for each in (signal.SIGTERM, signal.SIGPIPE):
            signal.signal(each, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000")
        mebibytes = int(spec["memory_bytes"] * (1 + _SHARE) / 2) >> 20
        limits = Limits(mebibytes, spec["cpu_seconds"], disk_mb=spec["file_bytes"] >> 20, open_files=1024)
        set_limits(limits, memory=resource.RLIMIT_DATA)
        if spec["closed"]:
            os.nice(15)  # the supervisor is served first
        everything = [] if spec["closed"] else [Path("/")]
        if not spec["own_way"]:
            landlock.restrict(
                readable=[*map(Path, _SYSTEM), *map(Path, spec["readable"])],
                scratch=[Path(spec["scratch"]), *everything],
                ports=spec["ports"],
            )
        os.execvpe(spec["command"][0], spec["command"], spec["environment"])  # noqa: S606  no shell
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(127)


class _Bounds:
    """What a family of processes may take, and the most that it took."""

    def __init__(self, spec: dict[str, Any], proc: int, messages: int) -> None:
        self._spec, self._proc, self._messages = spec, proc, messages
        self.peak_kib = self.peak_folder = 0
        self._read = 0

    def passed(self) -> str:
        """The bound that was passed, "" while none is."""
        if self.is_refused():
            return "address"
        family = _family(self._proc)
        most = int(self._spec["memory_bytes"] * _SHARE) >> 10
        taken = sum(process_family.resident(pid, self._proc) for pid in family)
        if taken > most:  # pages that they share are counted once
            taken = sum(process_family.memory(pid, self._proc) for pid in family)
        self.peak_kib = max(self.peak_kib, taken)
        if taken > most:
            return "memory"
        if len(family) > self._spec["processes"]:
            return "processes"
        if sum(process_family.cpu_seconds(pid, self._proc) for pid in family) > self._spec["cpu_seconds"]:
            return "cpu"
        files = self.look_at_folder()
        if self.peak_folder > self._spec["folder_bytes"] * _SHARE:
            return "folder"
        if files > self._spec["files"]:
            return "files"
        return "disk" if self.is_disk_full() else ""

    def is_disk_full(self) -> bool:
        """Whether less is free than must stay so; a program on a full disk has no room for its messages either."""
        disk = os.statvfs(self._spec["scratch"])
        return disk.f_bavail * disk.f_frsize < max(self._spec["reserve"], _LEAST_FREE)

    def is_refused(self) -> bool:
        """Whether its new messages tell of a call that the kernel refused."""
        size = os.fstat(self._messages).st_size
        if size == self._read:
            return False
        # What the last look may have cut is read again; the offset is the program's own, hence `pread`.
        first = max(0, self._read - len(_REFUSED_BY_KERNEL), size - (1 << 16))
        self._read = size
        return _REFUSED_BY_KERNEL in os.pread(self._messages, size - first, first)

    def look_at_folder(self) -> int:
        """How many files and folders the scratch folder has; what it takes on the disk goes in `peak_folder`."""
        count, taken, waiting = 0, os.fstat(self._messages).st_blocks * 512, [self._spec["scratch"]]
        while waiting and count <= self._spec["files"]:
            with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    with contextlib.suppress(OSError):
                        taken += entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
        self.peak_folder = max(self.peak_folder, taken)
        return count


def _family(proc: int) -> list[int]:
    """All that is below this process; what is left behind by a program that ended is here too."""
    return [pid for pid in process_family.members(os.getpid(), proc) if pid != os.getpid()]


def _kill_all(proc: int) -> None:
    """End everything below this process, what is being forked meanwhile included."""
    while family := _family(proc):
        for pid in family:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if all(process_family.has_ended(pid, proc) for pid in family):
            return


def _reap(program: int) -> int:
    code = 1
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.wait()
            if pid == program:
                code = os.waitstatus_to_exitcode(status)
    return code


if __name__ == "__main__":
    main()

"""Landlock sandbox: from `restrict` on, a process opens only the given files, and connects only to the given ports.

Linux's Landlock (kernel 5.13, TCP since 6.7): needs no privilege, is inherited by children, and cannot be undone. Files already
open stay open. Source: https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import beffroi

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every machine
WITH_NETWORK = 4
"""First version that closes the network: connections by TCP to ports that were not given are refused."""
_VERSION = 1  # flag of _CREATE_RULESET: which version the kernel speaks
_PATH_BENEATH, _NET_PORT = 1, 2
_PR_SET_NO_NEW_PRIVS = 38

# Rights on files, in the order of the kernel's bits; each version of Landlock added some.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << n for n in range(6))
_MAKE_FOLDER, _MAKE_REGULAR, _MAKE_LINK, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 12, 1 << 13, 1 << 14
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # version: how many rights it knows
_CONNECT_TCP = 1 << 1
_TCP_RIGHTS = 0b11  # bind, connect
_SCOPES = 0b11  # sockets without a path and signals of processes outside

_READ = _EXECUTE | _READ_FILE | _READ_DIR
_CHANGE = _READ_FILE | _READ_DIR | _WRITE_FILE | _MAKE_REGULAR | _REMOVE_FILE | _TRUNCATE
_BUILD = _CHANGE | _EXECUTE | _MAKE_FOLDER | _REMOVE_DIR | _MAKE_LINK | _REFER
_ON_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

# What a Python program reads besides its own code: shared libraries, the linker's cache, time zones, and about itself and
# its share of the machine (DuckDB ends the process where it may not read that).
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom"),
    *("/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/sys/fs/cgroup"),
)
_DEVICES = ("/dev/null",)

_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "tcp", "scopes")]


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("folder", ctypes.c_int32)]


class _PortRule(ctypes.Structure):
    _fields_ = [("rights", ctypes.c_uint64), ("port", ctypes.c_uint64)]


def version() -> int:
    """Landlock version of this kernel; 0 where it has none or refuses it."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, 0, _VERSION)))


def restrict(
    *,
    readable: Iterable[Path] = (),
    writable: Iterable[Path] = (),
    scratch: Iterable[Path] = (),
    ports: Iterable[int] = (),
) -> bool:
    """Sandbox this process: its own code and `readable` to read, `writable` to change, `scratch` to make folders and links in
    too, `ports` to connect to by TCP.

    A path includes everything below it; a missing one is ignored. Running threads are not restricted: call it while
    there is only one. False where the kernel cannot. Raises OSError.
    """
    spoken = version()
    if not spoken:
        return False
    known = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= spoken)) - 1
    wanted = _Ruleset(known, _TCP_RIGHTS if spoken >= WITH_NETWORK else 0, _SCOPES if spoken >= 6 else 0)
    size = ctypes.sizeof(_Ruleset) if spoken >= 6 else 16 if spoken >= WITH_NETWORK else 8
    ruleset = _called(_CREATE_RULESET, ctypes.byref(wanted), size, 0)
    try:
        for path in (*_own_code(), *map(Path, _SYSTEM), *readable):
            _open(ruleset, path, _READ & known)
        for path in (*map(Path, _DEVICES), *writable):
            _open(ruleset, path, _CHANGE & known)
        for path in scratch:
            _open(ruleset, path, _BUILD & known)
        for port in ports if spoken >= WITH_NETWORK else ():
            rule = _PortRule(_CONNECT_TCP, port)
            _called(_ADD_RULE, ruleset, _NET_PORT, ctypes.byref(rule), 0)
        if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            _refused()
        _called(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _own_code() -> set[Path]:
    roots = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(beffroi.__file__).parents[1])}
    return {Path(root) for root in roots}


def _open(ruleset: int, path: Path, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        rule = _PathRule(rights if path.is_dir() else rights & _ON_A_FILE, opened)
        _called(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(opened)


def _called(number: int, *arguments: object) -> int:
    answered = int(_libc.syscall(number, *arguments))
    if answered < 0:
        _refused()
    return answered


def _refused() -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))

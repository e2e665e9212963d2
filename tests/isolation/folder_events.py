"""What was written below a folder, by whichever process, as the kernel reports it (inotify).

A folder is read through only after an attempt that wrote there. Where there is no inotify (macOS), every attempt may have written.
"""

import ctypes
import os
import struct
import sys
from pathlib import Path

# A reader's marks beside a database are not its content.
NOT_CONTENT = ("-wal", "-shm", ".lock")

_MODIFY, _ATTRIB, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x2, 0x4, 0x40, 0x80, 0x100, 0x200
_WRITES = _MODIFY | _ATTRIB | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_HEADER = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows
_BUFFER = 1 << 16


class FolderEvents:
    """The kernel's watch on a folder and on all the folders below it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kernel = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
        self._queue: int | None = None
        self.begin()

    def begin(self) -> None:
        """Watch the folder as it is now; what was written before is forgotten."""
        if self._kernel is None:
            return
        if self._queue is not None:
            os.close(self._queue)
        self._queue = self._kernel.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for path, _, _ in os.walk(self.folder):
            if self._queue < 0 or self._kernel.inotify_add_watch(self._queue, os.fsencode(path), _WRITES) < 0:
                raise OSError(ctypes.get_errno(), "inotify cannot watch", path)

    def something_written(self) -> bool:
        """Whether anything may have changed since the last call or since `begin`."""
        if self._queue is None:
            return True
        written = False
        while events := self._read(self._queue):
            written = written or any(not name.endswith(NOT_CONTENT) for name in _names(events))
        return written

    @staticmethod
    def _read(queue: int) -> bytes:
        try:
            return os.read(queue, _BUFFER)
        except BlockingIOError:
            return b""


def _names(events: bytes) -> list[str]:
    """The file that each event is about; empty when it is about the folder itself, or when events were lost."""
    names, at = [], 0
    while at < len(events):
        length = _HEADER.unpack_from(events, at)[3]
        at += _HEADER.size
        names.append(os.fsdecode(events[at : at + length].rstrip(b"\0")))
        at += length
    return names

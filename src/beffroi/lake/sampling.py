"""Sample of files whose bytes are read again: another part each day, so that each is read at least once a month.

In: the day and the bytes there are. Out: for each file whether it is read today, and the share of all bytes that was.
"""

import math
import zlib
from dataclasses import dataclass
from datetime import date
from typing import Final

DAILY: Final = 512 << 20
"""Bytes read a day, as long as that reads everything within `LONGEST`."""
LONGEST: Final = 30
"""Days in which every file is read at least once, however many bytes that takes a day."""


@dataclass
class Sample:
    """Files to read again on one day, one in `cycle`. `total`, `read`: bytes of the files asked about, and of those chosen."""

    day: date
    cycle: int
    total: int = 0
    read: int = 0

    @classmethod
    def of(cls, day: date, size: int) -> "Sample":
        """The sample of a day where there are so many bytes in all: everything, where they are few."""
        return cls(day, min(LONGEST, max(1, math.ceil(size / DAILY))))

    def chooses(self, name: str, size: int) -> bool:
        """Whether this file is read again. Each file is asked about once; `size` in bytes."""
        self.total += size
        if (zlib.crc32(name.encode()) + self.day.toordinal()) % self.cycle:
            return False
        self.read += size
        return True

    @property
    def share(self) -> float:
        """Share of the bytes that were read, from 0 to 1; 1 where there is nothing to read."""
        return self.read / self.total if self.total else 1.0

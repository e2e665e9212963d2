"""Child process that reads one message of an agent, within limits, opening no file and calling nobody: bytes on its input, one line
of JSON on its output.

Started by `reading` only, as `python -m beffroi.web.cyber.inventory.message_process`.
"""

import json
import sys

from beffroi.lake import landlock
from beffroi.lake.processes import Limits, set_limits

from .messages import UnreadableMessage, read

# An honest message takes 0.1 s and 40 MB; JSON of 50 MB takes ten times its size, and is refused.
LIMITS = Limits(memory_mb=512, cpu_seconds=10, wall_seconds=30.0, disk_mb=0, open_files=16)


def main() -> None:
    landlock.restrict()
    set_limits(LIMITS)
    try:
        answer = read(sys.stdin.buffer.read()).to_dict()
    except UnreadableMessage as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "Ce message demande une mémoire démesurée."}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()

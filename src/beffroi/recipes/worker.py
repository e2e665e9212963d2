"""One query process: its parent hands it a caller's connection, it answers, says that it is free, and ends with its parent.

Started by `pool` only, as `python -m beffroi.recipes.worker CHANNEL_FD LIMITS`. A query that outlives its interruption
takes the process with it, and the parent starts another.
"""

import json
import signal
import socket
import sys
import traceback

from beffroi.recipes import wire
from beffroi.recipes.engine import Engine, Limits
from beffroi.recipes.requests import parse

GRACE = 10.0
"""Seconds left to a query to stop by itself once interrupted."""
PATIENCE = 10.0
"""Seconds left to a client to say what it wants."""


def main() -> None:
    channel, limits = socket.socket(fileno=int(sys.argv[1])), Limits(**json.loads(sys.argv[2]))
    with channel, Engine(limits) as engine:
        while True:
            try:
                channel.sendall(b".")  # free
                told, handed, _, _ = socket.recv_fds(channel, 1, 1)
            except OSError:
                return
            if not told:  # the parent went away, and its end of the channel with it
                return
            for number in handed:
                with socket.socket(fileno=number) as connection:
                    _serve(connection, engine)


def _serve(connection: socket.socket, engine: Engine) -> None:
    connection.settimeout(PATIENCE)
    # The default action of the alarm ends the process: nothing that hangs, hangs for ever.
    signal.setitimer(signal.ITIMER_REAL, PATIENCE + engine.limits.seconds + GRACE)
    try:
        try:
            found = engine.answer(parse(wire.receive(connection)))
        except (EOFError, TimeoutError):
            return
        except Exception as error:
            if not isinstance(error, wire.EXPECTED):
                traceback.print_exc()
            wire.send_error(connection, error)
        else:
            wire.send_answer(connection, found)
    except OSError:
        # The client went away before its answer: there is nobody to tell.
        return
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main()

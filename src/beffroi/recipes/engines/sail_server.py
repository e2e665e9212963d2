"""Sail server in a subprocess, so that a query that ignores its interruption ends with it.

Writes its port on 127.0.0.1, one line on the standard output, and runs until its standard input is closed, so that it
never outlives its parent.
"""

import os
import sys


def main() -> None:
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    sys.stdout.write(f"{server.listening_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)  # its threads may be busy: their results are discarded


if __name__ == "__main__":
    main()

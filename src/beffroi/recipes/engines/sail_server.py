"""Sail on this machine, in a process of its own: a query that does not listen any more ends with it.

In: nothing. Out: the port on 127.0.0.1, one line on the standard output. It lives as long as its standard input is held
open, so that it does not outlive who started it, however that ends.
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
    os._exit(0)  # its threads may be at work: nothing of theirs is to be kept


if __name__ == "__main__":
    main()

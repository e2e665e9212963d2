"""ProxyCommand of ssh: asks the egress proxy for a connection, and hands it over to ssh (`ProxyUseFdpass`, OpenSSH 6.5).

Run by its path as `python -I -S ssh_connect.py host port`, inside the sandbox of the program that called ssh. Only the standard
library is imported. The proxy and its password are in the environment.
"""

import os
import socket
import struct
import sys

_VARIABLE = "EGRESS_PROXY"
_REFUSALS = {2: "connection not allowed", 4: "host unreachable"}


def main(host: str, port: int) -> str:
    """Why there is no connection, "" when it was handed over."""
    proxy, _, password = os.environ[_VARIABLE].partition(":")
    with socket.create_connection(("127.0.0.1", int(proxy)), 10) as through:
        through.settimeout(None)  # a command has its own time limit
        user, secret, name = b"beffroi", password.encode(), host.encode("ascii")
        through.sendall(b"\x05\x01\x02")
        if through.recv(2, socket.MSG_WAITALL) != b"\x05\x02":
            return "the proxy refused"
        through.sendall(bytes((1, len(user))) + user + bytes((len(secret),)) + secret)
        if through.recv(2, socket.MSG_WAITALL) != b"\x01\x00":
            return "the proxy refused the password"
        through.sendall(b"\x05\x01\x00\x03" + bytes((len(name),)) + name + struct.pack("!H", port))
        answer = through.recv(10, socket.MSG_WAITALL)
        if len(answer) < 10 or answer[1]:
            return _REFUSALS.get(answer[1] if len(answer) > 1 else 1, "connection closed")
        with socket.socket(fileno=os.dup(1)) as ssh:
            socket.send_fds(ssh, [b"\0"], [through.fileno()])
    return ""


if __name__ == "__main__":
    if why := main(sys.argv[1], int(sys.argv[2])):
        sys.exit(f"ssh: connect to host {sys.argv[1]} port {sys.argv[2]}: {why}")

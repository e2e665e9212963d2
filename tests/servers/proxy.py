"""An outgoing proxy of the tests: CONNECT to the names it knows, and nothing else. Out: its address, what it was asked."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Proxy:
    port: int
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://nom:mot@127.0.0.1:{self.port}"


@contextmanager
def serving(known: Mapping[str, int]) -> Iterator[Proxy]:
    """`known`: host → port of loopback where it really is."""
    listening = socket.create_server(("127.0.0.1", 0))
    served = Proxy(listening.getsockname()[1])

    def relay(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(1 << 16):
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)

    def answer(client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(1)
            served.asked.append(head.decode())
            host = head.split()[1].decode().rpartition(":")[0]
            if host not in known or b"Proxy-Authorization: Basic bm9tOm1vdA==" not in head:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", known[host])) as there:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=relay, args=(there, client), daemon=True)
                back.start()
                relay(client, there)
                back.join(10)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=answer, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield served
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()

"""A DNS server of the tests that changes its mind: each question takes the next answer (RFC 1035, A records, no cache)."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Dns:
    port: int
    answers: list[str]
    questions: list[str] = field(default_factory=list)

    def resolver(self) -> Callable[[str, int], list[str]]:
        """Asks this server, as the system's resolver would."""

        def resolve(host: str, port: int) -> list[str]:
            name = b"".join(bytes([len(part)]) + part.encode() for part in host.split(".")) + b"\0"
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.settimeout(5)
                asking.sendto(
                    struct.pack(">6H", 1, 0x100, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1),
                    ("127.0.0.1", self.port),
                )
                answer = asking.recv(512)
            return [socket.inet_ntoa(answer[-4:])]

        return resolve


@contextmanager
def serving(answers: list[str]) -> Iterator[Dns]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        served = Dns(listening.getsockname()[1], answers)

        def answer() -> None:
            while True:
                try:
                    question, who = listening.recvfrom(512)
                except OSError:
                    return
                if not question:
                    return
                served.questions.append(question[12:-4].decode("latin-1"))
                address = served.answers[min(len(served.questions), len(served.answers)) - 1]
                header = question[:2] + struct.pack(">5H", 0x8180, 1, 1, 0, 0)
                record = struct.pack(">3HIH", 0xC00C, 1, 1, 0, 4) + socket.inet_aton(address)
                listening.sendto(header + question[12:] + record, who)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield served
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"", ("127.0.0.1", served.port))
        thread.join(5)

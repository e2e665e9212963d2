"""An answer that is given before the body is read reaches its client: against a served instance, on a socket."""

import socket
import time
from typing import Any
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.xdist_group("house")
_SIZE = 3 << 20  # bytes: more than the sockets hold


def _sent_slowly(url: str, path: str, *headers: str) -> tuple[bytes, int]:
    """The status line of what the server answered, read to its end, and how many bytes of the body it let go."""
    address = urlsplit(url)
    assert address.hostname and address.port
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {address.netloc}",
        "Connection: close",
        "Content-Type: application/octet-stream",
        f"Content-Length: {_SIZE}",
        *headers,
    ]
    sent, answer = 0, b""
    with socket.create_connection((address.hostname, address.port), timeout=30) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        if not headers:
            for _ in range(3):
                time.sleep(0.2)  # by now the server knows its answer
                client.sendall(b"x" * (_SIZE // 3))
                sent += _SIZE // 3
        while part := client.recv(1 << 16):
            answer += part
    return answer.partition(b"\r\n")[0], sent


def test_an_answer_is_not_lost_with_the_body_that_nobody_read(towns: Any) -> None:
    town = next(towns)
    url = town.house.url
    for path, status in (
        ("/machines/inventaire", b"401"),
        (f"/api/v1/t/{town.slug}/deposits", b"401"),
        (f"/t/{town.slug}/donnees/deposer/", b"403"),
        ("/nulle-part/", b"404"),
    ):
        line, sent = _sent_slowly(url, path)
        assert line.split()[1] == status, (path, line)
        assert sent == _SIZE
    # Who asks before sending is answered at once.
    line, sent = _sent_slowly(url, "/machines/inventaire", "Expect: 100-continue")
    assert line.split()[1] == b"401" and sent == 0

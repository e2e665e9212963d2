"""A small HTTP server of the tests on loopback that answers what it is told and keeps what it was asked."""

import gzip
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """`cut`: promise more than is sent, then close; `drip`: seconds between two bytes."""

    body: bytes | str | dict[str, Any] | list[Any] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    packed: bool = False
    cut: bool = False
    drip: float = 0.0


@dataclass
class Web:
    port: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.host}{path}"


@contextmanager
def serving(
    answer: Callable[[Asked], Reply],
    address: str = "127.0.0.1",
    port: int = 0,
    encrypted: ssl.SSLContext | None = None,
) -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(
                self.command,
                parts.path,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            web.asked.append(asked)
            reply = answer(asked)
            body = reply.body
            kind = "text/plain"
            if isinstance(body, dict | list):
                body, kind = json.dumps(body), "application/json"
            data = body.encode() if isinstance(body, str) else body
            headers = {"Content-Type": kind, **reply.headers}
            if reply.packed:
                data, headers["Content-Encoding"] = gzip.compress(data), "gzip"
            self.send_response(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data) * (2 if reply.cut else 1)))
            self.end_headers()
            if reply.drip:
                for place in range(len(data)):
                    self.wfile.write(data[place : place + 1])
                    time.sleep(reply.drip)
            else:
                self.wfile.write(data)
            self.close_connection = reply.cut

        do_GET = do_POST = do_PUT = do_HEAD = _answer

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            pass

    server = Quiet((address, port), Handler)
    if encrypted:
        server.socket = encrypted.wrap_socket(server.socket, server_side=True)
    web = Web(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()

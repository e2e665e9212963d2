"""Servers of repositories that mean harm: HTTP that redirects, never ends, drips or repeats secrets; listeners that must not be called."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Listener:
    """A machine that the operator did not allow: it counts who calls."""

    address: str
    port: int
    calls: int = 0


@contextmanager
def listening(
    address: str = "127.0.0.1", port: int = 0, talk: Callable[[socket.socket], None] | None = None
) -> Iterator[Listener]:
    """`talk`: what it does with who calls; closed at once without it."""
    with socket.create_server((address, port)) as server:
        found = Listener(address, server.getsockname()[1])

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    found.calls += 1
                    threading.Thread(target=answer, args=(client,), daemon=True).start()

        def answer(client: socket.socket) -> None:
            with client, suppress(OSError):
                if talk is not None:
                    talk(client)

        threading.Thread(target=serve, daemon=True).start()
        yield found
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


type Answer = Callable[["RestHandler"], bool]


class RestHandler(BaseHTTPRequestHandler):
    """The REST protocol of restic, reading only; `answer` may take a request first. https://restic.readthedocs.io/en/stable/100_references.html"""

    protocol_version = "HTTP/1.1"
    folder: Path
    answer: Answer

    def do_GET(self) -> None:
        if type(self).answer(self):
            return
        path = self.folder / self.path.strip("/")
        if self.path.endswith("/") and path.is_dir():
            names = [
                f'{{"name":"{each.name}","size":{each.stat().st_size}}}'
                for each in path.rglob("*")
                if each.is_file()
            ]
            self.give(f"[{','.join(names)}]".encode())
        elif (
            self.path.startswith("/data/")
            and (path := self.folder / "data" / self.path[6:8] / self.path[6:]).is_file()
        ) or path.is_file():
            self.give_file(path)
        else:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_HEAD = do_GET

    def give_file(self, path: Path) -> None:
        content = path.read_bytes()
        if asked := self.headers.get("Range"):
            first, _, last = asked.removeprefix("bytes=").partition("-")
            content = content[int(first) : int(last or len(content)) + 1]
            self.give(content, 206)
        else:
            self.give(content)

    def give(self, content: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.x.restic.rest.v2")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def rest(folder: Path, answer: Answer) -> Iterator[int]:
    handler = type("Handler", (RestHandler,), {"folder": folder, "answer": staticmethod(answer)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def honest(handler: RestHandler) -> bool:
    return False


def redirect(where: str, status: int = 307, only: str = "/") -> Answer:
    def answer(handler: RestHandler) -> bool:
        if not handler.path.startswith(only):
            return False
        handler.send_response(status)
        handler.send_header("Location", where)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    return answer


def endless(first: bytes, piece: bytes, only: str = "/") -> Answer:
    def answer(handler: RestHandler) -> bool:
        if not handler.path.startswith(only) or handler.command != "GET":
            return False
        handler.send_response(200)
        handler.send_header("Content-Type", "application/vnd.x.restic.rest.v2")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        with suppress(OSError):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(first), first))
            while True:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        return True

    return answer


def dripping(handler: RestHandler) -> bool:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    with suppress(OSError):
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.5)
    return True


def short(handler: RestHandler) -> bool:
    """Says a length, gives less, closes."""
    if not handler.path.startswith("/data/") or handler.command != "GET":
        return False
    handler.send_response(206 if handler.headers.get("Range") else 200)
    handler.send_header("Content-Length", str(1 << 40))
    handler.end_headers()
    with suppress(OSError):
        handler.wfile.write(b"x" * 1000)
    handler.close_connection = True
    return True


def repeating(*words: str) -> Answer:
    """An error whose words are secrets and signs of control."""

    def answer(handler: RestHandler) -> bool:
        said = " ".join((*words, handler.headers.get("Authorization") or ""))
        handler.send_response_only(403, f"\x1b[31m{said}\x07")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return True

    return answer


def page(handler: RestHandler) -> bool:
    """The home page of another service, whatever is asked for."""
    handler.give(b"<!doctype html><title>Bienvenue</title>")
    return True


def out_of_order(handler: RestHandler) -> bool:
    handler.give(b"", 503)
    return True

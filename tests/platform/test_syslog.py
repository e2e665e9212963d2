"""The journal of access leaves for a real TLS server: whole, verified, without anyone waiting for it."""

import json
import logging
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from beffroi.home import HomeError
from beffroi.web import syslog
from commands import environment
from servers import free_port
from servers.certificates import certified

AS_THE_SERVER_DOES = """
import logging, multiprocessing, sys
from beffroi.web.syslog import TlsHandler
def work():
    logging.getLogger("a").warning("a line")
logging.getLogger("a").addHandler(TlsHandler("localhost", int(sys.argv[1])))
child = multiprocessing.get_context("fork").Process(target=work)
child.start()
child.join()
"""


class Receiver:
    """A syslog server that listens on this machine and keeps the lines that it receives."""

    def __init__(self, context: ssl.SSLContext, port: int = 0) -> None:
        self._context, self.received = context, b""
        self._listening = socket.create_server(("127.0.0.1", port))
        self.port = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
                stream = self._context.wrap_socket(plain, server_side=True)
            except OSError:
                if self._listening.fileno() < 0:
                    return
                continue
            self._open.append(stream)
            threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: ssl.SSLSocket) -> None:
        try:
            while part := stream.recv(4096):
                self.received += part
        except OSError:
            pass

    def stop(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for stream in self._open:
            with suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)
            stream.close()

    def lines(self) -> list[str]:
        """The text of each whole message, its header checked."""
        found, rest = [], self.received
        while rest:
            length, _, rest = rest.partition(b" ")
            message, rest = rest[: int(length)].decode(), rest[int(length) :]
            header = re.fullmatch(
                r"<86>1 \d{4}-\d\d-\d\dT[\d:.]+\+00:00 \S+ beffroi \d+ access - (.*)", message
            )
            assert header, message
            found.append(header[1])
        return found

    def wait_for(self, count: int) -> list[str]:
        end = time.monotonic() + 20
        while len(self.lines()) < count:
            assert time.monotonic() < end, self.received
            time.sleep(0.01)
        return self.lines()


@contextmanager
def sending(port: int) -> Iterator[logging.Logger]:
    logger = logging.Logger("beffroi.access")
    handler = syslog.TlsHandler("localhost", port)
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        handler.close()


@pytest.fixture
def trusted(tmp_path, monkeypatch) -> ssl.SSLContext:
    context, authority = certified(tmp_path / "certificate", "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    return context


def test_each_line_leaves_whole_and_encrypted(trusted):
    receiver = Receiver(trusted)
    with sending(receiver.port) as logger:
        for n in range(3):
            logger.info(json.dumps({"event": "failed", "detail": f"clé d'accès {n}"}, ensure_ascii=False))
    assert [json.loads(line)["detail"] for line in receiver.wait_for(3)] == [
        f"clé d'accès {n}" for n in range(3)
    ]


@pytest.mark.parametrize("name", ["autre.exemple.fr", None])
def test_nothing_is_sent_to_a_server_that_cannot_prove_its_name(tmp_path, monkeypatch, caplog, name):
    context, authority = certified(tmp_path / "certificate", name or "localhost")
    if name:  # else: an authority that nobody here knows
        monkeypatch.setenv("SSL_CERT_FILE", authority)
    receiver = Receiver(context)
    with sending(receiver.port) as logger:
        logger.info("secret")
        end = time.monotonic() + 20
        while "certificate verify failed" not in caplog.text and time.monotonic() < end:
            time.sleep(0.01)
    assert (
        "certificate verify failed" in caplog.text
        and "1 lines of the journal of access were not sent" in caplog.text
    )
    assert receiver.received == b""


def test_nobody_waits_for_a_server_that_is_not_there_and_lost_lines_are_counted(trusted, monkeypatch):
    monkeypatch.setattr(syslog, "MOST_WAITING", 5)
    monkeypatch.setattr(syslog, "LONGEST_REST", 0.1)
    absent = socket.create_server(("127.0.0.1", 0))
    port = absent.getsockname()[1]
    absent.close()
    with sending(port) as logger:
        for n in range(30):
            logger.info(str(n))  # until the server is there, which begins after the last one
        receiver = Receiver(trusted, port)
        lines = receiver.wait_for(2)
        while not lines[-1].isdecimal() and len(lines) < 7:
            lines = receiver.wait_for(len(lines) + 1)
    message = [json.loads(line) for line in lines if not line.isdecimal()]
    assert message[0]["event"] == "lost_lines" and 24 <= message[0]["count"] <= 25


def test_a_process_that_ends_as_those_of_the_server_do_counts_what_it_did_not_send():
    done = subprocess.run(
        [sys.executable, "-c", AS_THE_SERVER_DOES, str(free_port())],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        check=True,
    )
    assert "1 lines of the journal of access were not sent" in done.stderr, done.stderr


def test_a_server_that_restarts_receives_what_comes_after(trusted):
    receiver = Receiver(trusted)
    with sending(receiver.port) as logger:
        logger.info("before")
        receiver.wait_for(1)
        receiver.stop()
        again = Receiver(trusted, receiver.port)
        logger.info("after")
        assert again.wait_for(1) == ["after"]


@pytest.mark.parametrize(
    "address",
    ["journal.exemple.fr:514", "udp://192.0.2.1:514", "tls://journal.exemple.fr", "tls://:6514", "tls://x:y"],
)
def test_nothing_goes_in_clear_to_another_machine(address):
    with pytest.raises(HomeError, match="tls://hôte:6514"):
        syslog.handler(address)


def test_a_relay_of_this_machine_may_receive_lines_in_clear():
    assert syslog.handler("udp://127.0.0.1:514")["address"] == ("127.0.0.1", 514)
    assert syslog.handler("tls://journal.exemple.fr:6514")["host"] == "journal.exemple.fr"
